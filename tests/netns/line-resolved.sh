#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The DNS servers of the lines and a real systemd-resolved: it has each line's servers on its link,
# asks for all names on the best lines alone, follows the death and return of lines, and is told
# again when it is new. While it is not there the servers are in the file.
. "$(dirname "$0")/lab.sh"
resolved=$(command -v systemd-resolved) || skip "systemd-resolved is neither installed nor unpacked"
# shellcheck source-path=SCRIPTDIR/../helpers source=bus.sh
. "$helpers/bus.sh"

bus_conf "$bus_open"
# It wants a user of its own, whom the bus must know too.
for file in passwd group; do
	grep -v ^systemd-resolve: /etc/$file >"$tmp/$file"
done
echo systemd-resolve:x:64990:64990::/:/bin/false >>"$tmp/passwd"
echo systemd-resolve:x:64990: >>"$tmp/group"

# with_user COMMAND...: in the gateway, where that user exists and /run/systemd is empty
with_user() {
	# shellcheck disable=SC2016 # for that shell to expand
	start gw unshare -m sh -c 'mount --make-rprivate / &&
		mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/group" /etc/group &&
		mkdir -p /run/systemd && mount -t tmpfs none /run/systemd && chmod 755 /run/systemd &&
		exec "$@"' "$tmp" "$@"
}

lab_up 3
with_user dbus-daemon --config-file="$tmp/bus.conf" --nofork --nopidfile 2>"$tmp/bus.log"
bus_use
server() {
	echo "198.18.$1.2"
}
for line in 0 1; do
	n "p$line" "$helpers/dns.py" serve "$(server $line)"
done
config "dns = [ \"$(server 0)\" ];" "tier = 2; dns = [ \"$(server 1)\" ];" "" <<<''
daemon_start

resolved_start() {
	with_user "$resolved" 2>>"$tmp/resolved.log"
	resolver=$!
	wait_for 20 busctl --system status org.freedesktop.resolve1
}
has_file() {
	grep -q "^nameserver $(server 0)" "$tmp/run/resolv.conf"
}

# link LINE PROPERTY: of resolved's link of that line
link() {
	local index path

	index=$(n gw cat "/sys/class/net/dsl$1/ifindex" 2>/dev/null || n gw ip -j link show "dsl$1" | jq '.[0].ifindex')
	path=$(busctl --system -j call org.freedesktop.resolve1 /org/freedesktop/resolve1 \
		org.freedesktop.resolve1.Manager GetLink i "$index" | jq -r '.data[0]')
	busctl --system -j get-property org.freedesktop.resolve1 "$path" \
		org.freedesktop.resolve1.Link "$2" | jq -c .data
}
link_is() {
	[ "$(link "$1" "$2")" = "$3" ]
}

# resolves: what it answers, the source address of its question
resolves() {
	busctl --system -j call org.freedesktop.resolve1 /org/freedesktop/resolve1 \
		org.freedesktop.resolve1.Manager ResolveHostname isit 0 "q${EPOCHREALTIME/./}.example.org" 2 0 |
		jq -r '.data[0][0][2] | join(".")'
}

wait_for 20 has_file
echo "- the file, while it is not there"
resolved_start
wait_for 20 link_is 0 DNS '[[2,[198,18,0,2]]]'
wait_for 20 link_is 1 DNS '[[2,[198,18,1,2]]]'
wait_for 20 link_is 0 DefaultRoute true
wait_for 20 link_is 1 DefaultRoute false
expect "a line without servers" "[]" "$(link 2 DNS)"
wait_for 20 not test -e "$tmp/run/resolv.conf"
echo "- each line's servers on its link, and no file"
expect "asked by the best line" "${address4[0]}" "$(resolves)"

line_cut 0
wait_for 20 link_is 1 DefaultRoute true
wait_for 20 link_is 0 DNS '[]'
expect "asked by the other" "${address4[1]}" "$(resolves)"
line_mend 0
wait_for 20 link_is 0 DNS '[[2,[198,18,0,2]]]'
wait_for 20 link_is 1 DefaultRoute false
expect "back" "${address4[0]}" "$(resolves)"

stop "$resolver" || true
wait_for 20 has_file
echo "- the file again"
resolved_start
wait_for 20 link_is 0 DNS '[[2,[198,18,0,2]]]'
wait_for 20 link_is 1 DefaultRoute false
echo "- told again"
expect "and asked" "${address4[0]}" "$(resolves)"

daemon_kill
line_cut 0
daemon_start
wait_for 20 link_is 0 DNS '[]'
wait_for 20 link_is 1 DefaultRoute true
echo "- what a daemon told before us of a line that is dead now is taken back"
line_mend 0
wait_for 20 link_is 0 DNS '[[2,[198,18,0,2]]]'

config "dns = \"off\";" "" "" <<<''
check "reload" ctl reload
wait_for 20 link_is 0 DNS '[]'
wait_for 20 link_is 1 DNS '[]'
echo "- reverted"
