# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # lab.sh has the variables
#
# Part of tests/netns/lab.sh: the daemon in the gateway, its file, its command, and what it does to
# the kernel.

# config [EXTRAS-OF-LINE...] <REST: writes the file: the gateway, a line for each argument with
# these extra settings, and what is read.
config() {
	local i=0 extras separator=

	{
		echo 'gateway = { inside = [ "lan0" ]; };'
		echo 'uplinks = ('
		for extras; do
			printf '%s  { name = "dsl%d"; interface = "dsl%d"; %s %s }' "$separator" $i $i \
				"gateway = [ \"${gateway4[i]}\", \"${gateway6[i]}\" ];" "$extras"
			separator=$',\n'
			i=$((i + 1))
		done
		printf '\n);\n'
		cat
	} >"$conf.new"
	mv "$conf.new" "$conf"
}

daemon_start() {
	[ -x "$build/src/uplinkd" ] || fail "$build/src/uplinkd is not built"
	start gw "${daemon_prefix[@]}" "$build/src/uplinkd" -c "$conf" --runtime-dir "$tmp/run" --hooks-dir "$hooks" \
		"${daemon_options[@]}" >>"$log" 2>&1
	daemon=$!
	wait_for 20 daemon_answers
	kill -0 "$daemon" || fail "uplinkd ended by itself"
}

# Succeeds also when the daemon is gone, so that nobody waits for the dead.
daemon_answers() {
	ctl status || not kill -0 "$daemon"
}

daemon_stop() {
	local pid=$daemon

	daemon=
	stop "$pid"
}

daemon_kill() {
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null || true
	daemon=
}

# Hundredths of a second of processor time that the daemon has had.
daemon_busy() {
	awk '{ print $14 + $15 }' "/proc/$daemon/stat"
}

# Nobody asks for anything: at times the daemon has a little to do, but not all the time.
idle() {
	local before

	before=$(daemon_busy)
	sleep 1 # what is looked at is the daemon in this time
	[ $(($(daemon_busy) - before)) -lt 15 ]
}

# hook NAME <BODY: a shell script that is told of events
hook() {
	mkdir -p "$hooks"
	{
		echo '#!/bin/sh'
		cat
	} >"$tmp/new-hook"
	chmod 755 "$tmp/new-hook"
	mv "$tmp/new-hook" "$hooks/$1"
}

ctl() {
	n gw "$build/src/ctl/uplinkctl" --runtime-dir "$tmp/run" "$@"
}

# line LINE FIELD: of `uplinkctl status --json`
line() {
	ctl status --json | jq -r --arg name "dsl$1" ".uplinks[] | select(.name == \$name).$2"
}

line_is() {
	[ "$(line "$1" state)" = "$2" ]
}

# server SERVICE SERVER FIELD: of `uplinkctl services --json`
server() {
	ctl services --json | jq -r --arg name "$1" --arg server "$2" \
		".[] | select(.name == \$name).servers[] | select(.address == \$server).$3"
}

server_is() {
	[ "$(server "$1" "$2" state)" = "$3" ]
}

# counts SERVICE FIELD: of all its servers, in their order
counts() {
	ctl services --json | jq -r --arg name "$1" \
		".[] | select(.name == \$name) | [.servers[].$2] | join(\" \")"
}

counts_are() {
	[ "$(counts "$1" "$2")" = "$3" ]
}

nothing_to_do() {
	ctl plan | tee "$tmp/plan"
	[ "$(cat "$tmp/plan")" = "nothing to do" ]
}

# caught_up: rings have been turned by all that is known of loads. The first plan makes the daemon
# look at everything, the second one comes after that.
caught_up() {
	nothing_to_do && nothing_to_do
}

# Everything that uplinkd may change in the gateway, in a form that can be compared.
dump() {
	# shellcheck disable=SC2016 # for that shell to expand
	n gw sh -c 'for f in -4 -6; do
			ip $f rule
			ip $f route show table all | grep -v "^\(local\|broadcast\|multicast\|anycast\) " | sort
		done
		ip -o address | sed "s/ valid_lft.*//"
		nft -s list ruleset
		cd /proc/sys/net
		grep -H . ipv4/ip_forward ipv6/conf/*/forwarding ipv6/conf/*/accept_ra \
			ipv4/conf/*/rp_filter ipv4/conf/*/arp_ignore ipv4/conf/*/arp_announce \
			ipv4/conf/*/send_redirects ipv4/conf/*/promote_secondaries'
}

# watch: changes of nftables and routing are recorded from here on; watched prints those so far.
# A change of our own at either end shows that the monitors listen and have said all.
watch() {
	start gw nft monitor >"$tmp/watch.nft" 2>&1
	start gw ip monitor link address route rule >"$tmp/watch.ip" 2>&1
	wait_for 20 watch_mark begin
}

watched() {
	wait_for 20 watch_mark end
	sed -e '1,/watcher begin/d' -e '/watcher end/,$d' "$tmp/watch.nft" | grep -v -e '^# new gen' -e watcher || true
	sed -e '1,/10.99.1.1/d' -e '/10.99.1.2/,$d' "$tmp/watch.ip" | grep -vF 10.99.1. || true
}

# watch_destroyed: entries of connection tracking that end are recorded from here on; destroyed prints
# those so far. An entry of our own at either end shows the same.
watch_destroyed() {
	start gw conntrack -E -e DESTROY >"$tmp/destroyed" 2>"$tmp/destroyed.log"
	wait_for 20 destroyed_mark 1
}

destroyed() {
	wait_for 20 destroyed_mark 2
	grep -v 'src=10\.99\.1\.' "$tmp/destroyed" || true
}

destroyed_mark() {
	local entry=(-p tcp -s "10.99.1.$1" -d 10.99.1.3 --sport 1 --dport 1)

	n gw conntrack -I "${entry[@]}" --state SYN_SENT -t 60
	n gw conntrack -D "${entry[@]}"
	grep -qF "src=10.99.1.$1 " "$tmp/destroyed"
}

watch_mark() {
	local table="watcher $1" source=10.99.1.1

	[ "$1" = begin ] || source=10.99.1.2
	n gw nft "add table ip watcher; add chain ip $table; delete table ip watcher"
	n gw ip rule add from $source lookup 99 priority 32000
	n gw ip rule delete from $source lookup 99 priority 32000
	grep -q "$table" "$tmp/watch.nft" && grep -q $source "$tmp/watch.ip"
}
