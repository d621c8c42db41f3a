#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A client on the servers' own net asks for the service by its outer address, and so does a server
# itself: the replies have to pass the gateway, though server and client could talk directly.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "" "" <<'END'
services = (
  { name = "www"; listen = [ "tcp/dsl0:80", "tcp/203.0.113.200:80", "udp/dsl0:53" ]; scheduler = "rr";
    servers = ( { address = "172.16.0.2"; }, { address = "[fd00::2]"; } ); },
  { name = "mapped"; listen = [ "tcp/dsl1:80" ]; scheduler = "rr";
    servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.3:8000"; } ); }
);
END
daemon_start

expect "a client" "web1:5" "$(ask client -n 5 203.0.113.5 80 | tally 1)"
expect "a client, IPv6" "web1:5" "$(ask client -n 5 2001:db8:a::5 80 | tally 1)"
expect "a client, UDP" "web1 172.16.0.1" "$(ask client -u 203.0.113.5 53)"
expect "a client, both servers" "web1:5 web2:5" "$(ask client -n 10 192.0.2.5 80 | tally 1)"
expect "the server itself" "web1:3" "$(ask web1 -n 3 203.0.113.5 80 | tally 1)"
expect "the other server" "web1:3" "$(ask web2 -n 3 203.0.113.5 80 | tally 1)"
expect "an address that no interface has" "web1:3" "$(ask client -n 3 203.0.113.200 80 | tally 1)"
line_cut 0
line_cut 1
wait_for 20 line_is 1 down
expect "with every line cut" "web1:3" "$(ask client -n 3 203.0.113.5 80 | tally 1)"
