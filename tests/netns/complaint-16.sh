#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "networkd, Docker or nft flush ruleset delete the rules." They may: all is there again at once,
# however often that happens, connections go on, and none goes by a wrong line meanwhile.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "" "" <<'END'
policies = ( { name = "one"; from = [ "172.16.0.11" ]; use = [ "dsl1" ]; },
             { name = "rest"; use = [ "dsl0", "dsl1" ]; } );
services = ( { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80" ];
               servers = ( { address = "172.16.0.2:80"; }, { address = "[fd00::2]:80"; } ); } );
END
daemon_start
dump >"$tmp/before"

as_before() {
	diff "$tmp/before" <(dump)
}

# survives WHAT COMMAND...: connections stand all the while.
survives() {
	local name

	hold stands client $inet4 80
	hold stands6 client $inet6 80
	hold comes inet "${address4[1]}" 80
	check "$1" "${@:2}"
	wait_for 20 as_before
	wait_for 20 nothing_to_do
	for name in stands stands6 comes; do
		expect "connections that broke" "" "$(ends $name)"
		let_go $name
	done
	expect "by the policy" "dsl1:3" "$(ask client -n 3 --bind 172.16.0.11 $inet4 80 | via | tally 2)"
	expect "by turns" "dsl0:3 dsl1:3" "$(ask client -n 6 $inet4 80 | via | tally 2)"
	expect "in" "web1 $inet4" "$(ask inet "${address4[1]}" 80)"
}

# As systemd-networkd does when it starts: rules and routes that it has not put there, one by one.
networkd() {
	local f priority table

	for f in -4 -6; do
		n gw ip $f rule | awk -F: '$1 > 0 && $1 < 32766 { print $1 }' | while read -r priority; do
			n gw ip $f rule delete priority "$priority"
		done
		for table in 201 202; do
			n gw ip $f route show table $table | while read -r route; do
				# shellcheck disable=SC2086 # words of a route
				n gw ip $f route delete table $table ${route%% expires*} || true
			done
		done
	done
}
# What Docker's and other iptables scripts begin with.
tables() {
	local table

	for table in nat mangle filter; do
		n gw nft add table ip $table
		n gw nft flush table ip $table
		n gw nft delete table ip $table
	done
	n gw nft list tables | while read -r _ table; do
		# shellcheck disable=SC2086 # family and name
		n gw nft delete table $table
	done
}
often() {
	local i

	for i in {1..20}; do
		n gw nft flush ruleset
		n gw ip rule flush
		n gw ip rule add lookup main priority 32766
		n gw ip rule add lookup default priority 32767
		n gw ip route flush table 201
	done
}
unheard() {
	kill -STOP "$daemon"
	often
	kill -CONT "$daemon"
}

survives "nft flush ruleset" n gw nft flush ruleset
flow out client tcp $inet4 80
flow out6 client tcp $inet6 80
flow in inet tcp "${address4[1]}" 80
survives "networkd starts" networkd
for name in out out6 in; do
	expect_unbroken $name
done
survives "all tables are deleted" tables
survives "all that, 20 times" often
survives "and with a daemon that is stopped meanwhile" unheard
check "what is shipped for networkd keeps it from that" \
	grep -q -x -e 'ManageForeignRoutingPolicyRules=no' "$top/units/networkd.conf"
check "and for its routes" grep -q -x -e 'ManageForeignRoutes=no' "$top/units/networkd.conf"
