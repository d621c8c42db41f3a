#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The DNS servers of the lines, in a file for libc: those of the lines that may be used, the best
# line's first, and gone with their line. What the box asks a line's server goes by that line, and
# by another while it is dead; nothing else to the same address does. PPP's servers are known from
# its hooks. Libc itself reads the file.
. "$(dirname "$0")/lab.sh"
lab_up 3

# server LINE: where a provider's DNS server is, to which every provider knows a way
server() {
	echo "198.18.$1.2"
}
server6() {
	echo "2001:db8:18:$([ "$1" = 0 ] || echo "$1:"):2"
}
for line in 0 1; do
	n "p$line" "$helpers/dns.py" serve "$(server $line)" "$(server6 $line)"
	serve "p$line" "p$line" 80
done

# config_with RESOLVER
config_with() {
	config "dns = [ \"$(server 0)\", \"$(server6 0)\" ];" "dns = [ \"$(server 1)\", \"$(server6 1)\" ];" "tier = 2;" <<<''
	sed -i "s/^gateway = {/& resolver = \"$1\";/" "$conf"
}

servers() {
	sed -n 's/^nameserver //p' "$tmp/run/resolv.conf" | paste -sd' '
}
servers_are() {
	[ "$(servers)" = "$1" ]
}

# asks SERVER: the source that it saw
asks() {
	n gw "$helpers/dns.py" ask "$1"
}

config_with file
daemon_start
both="$(server 0) $(server6 0) $(server 1) $(server6 1)"
expect "both lines" "$both" "$(servers)"
check "everybody may read it" setpriv --reuid 65534 --regid 65534 --clear-groups \
	cat "$tmp/run/resolv.conf"
for line in 0 1; do
	expect "by its line" "${address4[line]}" "$(asks "$(server $line)")"
	expect "by its line, IPv6" "${address6[line]}" "$(asks "$(server6 $line)")"
	expect "anything else by the best" "p$line ${address4[0]}" "$(ask gw "$(server $line)" 80)"
done
check "nothing to do" nothing_to_do

# libc: what libc learns by the file
libc() {
	# shellcheck disable=SC2016 # for that shell to expand
	n gw unshare -m sh -c 'mount --make-rprivate / && mount --bind "$0" /etc/resolv.conf &&
		exec getent ahostsv4 q.example' "$tmp/run/resolv.conf" | awk 'NR == 1 { print $1 }'
}
expect "libc" "${address4[0]}" "$(libc)"
rm "$tmp/run/resolv.conf"
check "look again" ctl reload
expect "somebody took the file away" "$both" "$(servers)"

line_cut 0
wait_for 20 servers_are "$(server 1) $(server6 1)"
echo "- a dead line's servers go"
expect "libc" "${address4[1]}" "$(libc)"
expect "a dead line's server, by the other" "${address4[1]}" "$(asks "$(server 0)")"
line_cut 1
wait_for 20 servers_are ""
echo "- nobody to ask"
line_mend 1
wait_for 20 servers_are "$(server 1) $(server6 1)"
line_mend 0
wait_for 20 servers_are "$both"
expect "by its line again" "${address4[0]}" "$(asks "$(server 0)")"

check "PPP says" ctl ppp-event ip-up dsl2 "dns1=$(server 2)" dns2=198.18.2.9
wait_for 20 servers_are "$both $(server 2) 198.18.2.9"
echo "- PPP's servers, last for their tier"

config_with off
check "reload" ctl reload
check "no file" test ! -e "$tmp/run/resolv.conf"
