#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A line is cut in the middle of everything: what runs on the other line loses nothing, new
# connections use that one at once, flows of the dead line are told by a reset (never carried over
# with an address that is not theirs), and no connection tracking entry of it is left. Then the
# line returns and takes its share again, leaving what runs alone.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "" "" <<'END'
policies = (
  { name = "first"; from = [ "172.16.0.10" ]; use = [ "dsl0" ]; otherwise = "any"; },
  { name = "second"; from = [ "172.16.0.11" ]; use = [ "dsl1" ]; }
);
services = (
  { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80" ];
    servers = ( { address = "172.16.0.2:80"; }, { address = "[fd00::2]:80"; } ); }
);
END
daemon_start

flow out0 client tcp $inet4 80
flow udp0 client udp $inet4 5060
flow box0 gw tcp $inet4 80
n client ip route change default via 172.16.0.1 src 172.16.0.11
flow out1 client tcp $inet4 80
flow udp1 client udp $inet4 5060
n client ip route change default via 172.16.0.1 src 172.16.0.10
flow in0 inet tcp "${address4[0]}" 80
flow in1 inet tcp "${address4[1]}" 80
flow in1v6 inet tcp "${address6[1]}" 80
for name in out0 udp0 box0; do
	expect_match "$name" "*sees ${address4[0]}" "$(flow_log $name)"
done
for name in out1 udp1; do
	expect_match "$name" "*sees ${address4[1]}" "$(flow_log $name)"
done

line_cut 0
expect "a connection opened at this moment" "inet dsl1" "$(ask client $inet4 80 | via)"
wait_for 20 flow_said out0 broken
wait_for 20 flow_said box0 broken
wait_for 20 flow_said udp0 "sees ${address4[1]}"
echo "- the dead line's TCP is told, its UDP goes by the other line"
expect "new connections" "dsl1:10" "$(ask client -n 10 $inet4 80 | via | tally 2)"
expect "new connections, IPv6" "dsl1:10" "$(ask client -n 10 $inet6 80 | via | tally 2)"
expect "the box itself" "inet dsl1" "$(ask gw $inet4 80 | via)"
expect "the service over the other line" "web1 $inet4" "$(ask inet "${address4[1]}" 80)"
expect_match "a reset, not a time-out" "*broken: connection reset by peer*" "$(flow_log out0)"
expect_match "a reset for the box itself" "*broken: connection reset by peer*" "$(flow_log box0)"
expect "entries left of the dead line" "" "$(n gw conntrack -L 2>/dev/null | grep -F "${address4[0]}")"

line_mend 0
wait_for 20 line_is 0 up
wait_for 20 n gw ping -qc1 -W1 -I dsl0 203.0.113.1
expect "the line is back" "dsl0:10" "$(ask client -n 10 $inet4 80 | via | tally 2)"
expect "for the box itself" "inet dsl0" "$(ask gw $inet4 80 | via)"
expect "for the service" "web1 $inet4" "$(ask inet "${address4[0]}" 80)"

for name in out1 udp1 in1 in1v6; do
	expect_unbroken $name
done
expect "what moved stays where it is" "${address4[1]}" "$(flow_log udp0 | awk '/sees/ { a = $NF } END { print a }')"
