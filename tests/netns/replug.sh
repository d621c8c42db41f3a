#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An interface vanishes and comes back under a new index (a PPP daemon, a USB modem): the line is
# absent meanwhile, then up again with all that belongs to it. Nobody has to poke the daemon.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "" "" <<'END'
policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; scheduler = "rr"; } );
services = ( { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80" ];
               servers = ( { address = "172.16.0.2:80"; } ); } );
END
daemon_start
index_now() {
	n gw ip -j link show dsl0 | jq '.[0].ifindex'
}
# Its addresses come one after the other, and with the first of them it is up.
has_both() {
	[ "$(line 0 reason)" = "IPv4 and IPv6" ]
}
before=$(line 0 table)
index=$(index_now)

for try in first second; do
	flow other inet tcp "${address4[1]}" 80
	line_unplug 0
	wait_for 20 line_is 0 absent
	expect "$try time: without it" "dsl1:4" "$(ask client -n 4 $inet4 80 | via | tally 2)"
	expect "rules and routes without it" "" "$(n gw ip route show table "$before" | grep -v blackhole)"
	# An unrelated interface takes the index that would be next.
	n gw ip link add "spare$try" type bridge
	line_plug 0
	wait_for 20 line_is 0 up
	wait_for 20 has_both
	expect "with it" "dsl0:4 dsl1:4" "$(ask client -n 8 $inet4 80 | via | tally 2)"
	expect "with it, IPv6" "dsl0:4 dsl1:4" "$(ask client -n 8 $inet6 80 | via | tally 2)"
	expect "the service on it" "web1 $inet4" "$(ask inet "${address4[0]}" 80)"
	expect "its table" "$before" "$(line 0 table)"
	expect_unbroken other
done
check "the index is another" [ "$(index_now)" != "$index" ]
check "nothing to do" nothing_to_do
