#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The gateway itself as a client: of its own services, and of the Internet, unbound, bound to an
# address, to an interface, or with a mark of its own that names a line.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "" "" <<'END'
services = (
  { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80", "tcp/203.0.113.200:80", "udp/dsl0:53" ];
    scheduler = "rr";
    servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.3:8000"; }, { address = "[fd00::2]:80"; } ); }
);
END
daemon_start

expect "its service" "web1:3 web2:3" "$(ask gw -n 6 203.0.113.5 80 | tally 1)"
expect "its service on the other line" "web1:3 web2:3" "$(ask gw -n 6 192.0.2.5 80 | tally 1)"
expect "its service, IPv6" "web1:3" "$(ask gw -n 3 2001:db8:a::5 80 | tally 1)"
expect "an address that no interface has" "web1:2 web2:2" "$(ask gw -n 4 203.0.113.200 80 | tally 1)"

for line in 0 1; do
	mark=$(line $line mark)
	expect "bound to an address" "inet dsl$line" "$(ask gw --bind "${address4[line]}" $inet4 80 | via)"
	expect "bound to an address, IPv6" "inet dsl$line" "$(ask gw --bind "${address6[line]}" $inet6 80 | via)"
	expect "bound to an interface" "inet dsl$line" "$(ask gw --device dsl$line $inet4 80 | via)"
	expect "bound to an interface, IPv6" "inet dsl$line" "$(ask gw --device dsl$line $inet6 80 | via)"
	expect "with a mark" "inet dsl$line" "$(ask gw --mark "$mark" $inet4 80 | via)"
	expect "ping by an interface" 0 "$(n gw ping -qc1 -W10 -I dsl$line $inet4 >/dev/null; echo $?)"
	expect "ping by an address" 0 "$(n gw ping -qc1 -W10 -I "${address4[line]}" $inet4 >/dev/null; echo $?)"
done
expect "unbound" "dsl0:4" "$(ask gw -n 4 $inet4 80 | via | tally 2)"
expect "unbound, IPv6" "dsl0:4" "$(ask gw -n 4 $inet6 80 | via | tally 2)"
line_cut 0
wait_for 20 line_is 0 down
expect "unbound, the line is cut" "dsl1:4" "$(ask gw -n 4 $inet4 80 | via | tally 2)"
expect "unbound, UDP" "inet dsl1" "$(ask gw -u $inet4 53 | via)"
