#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# All lines are down when the daemon starts: it starts all the same, the LAN reaches the gateway
# and the services on it, and what would go out is told so at once. Then a line comes.
. "$(dirname "$0")/lab.sh"
lab_up 2
line_cut 0
line_cut 1
n gw ip address add 10.1.1.1/32 dev lan0
serve gw gw 8080

config "" "" <<'END'
services = ( { name = "www"; listen = [ "tcp/10.1.1.1:80" ]; servers = ( { address = "172.16.0.2:80"; } ); } );
END
daemon_start
expect "lines" "down down" "$(line 0 state) $(line 1 state)"
expect "the gateway" "gw 172.16.0.10" "$(ask client 172.16.0.1 8080)"
expect "the gateway, IPv6" "gw fd00::10" "$(ask client fd00::1 8080)"
expect "the gateway by its outer address" "gw 172.16.0.10" "$(ask client 203.0.113.5 8080)"
expect "a service" web1 "$(ask client 10.1.1.1 80 | cut -d' ' -f1)"
expect "outside" "error: unreachable" "$(ask client -t 5 $inet4 80)"
expect "outside, IPv6" "error: unreachable" "$(ask client -t 5 $inet6 80)"

line_mend 1
wait_for 20 line_is 1 up
expect "a line came" "dsl1:4" "$(ask client -n 4 $inet4 80 | via | tally 2)"
line_mend 0
wait_for 20 line_is 0 up
expect "the other came" "dsl0:4 dsl1:4" "$(ask client -n 8 $inet4 80 | via | tally 2)"
line_cut 0
line_cut 1
wait_for 20 line_is 1 down
expect "gone again: the gateway" "gw 172.16.0.10" "$(ask client 172.16.0.1 8080)"
line_mend 0
line_mend 1
wait_for 20 line_is 0 up
wait_for 20 line_is 1 up
expect "back again" "dsl0:4 dsl1:4" "$(ask client -n 8 $inet4 80 | via | tally 2)"
