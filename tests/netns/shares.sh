#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Weights are kept exactly over whole cycles: lines for what goes out, servers for what comes in,
# IPv4 and IPv6 each with their own count.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "weight = 3;" "weight = 2;" <<'END'
services = (
  { name = "wrr"; listen = [ "tcp/dsl0:80" ]; scheduler = "wrr";
    servers = ( { address = "172.16.0.2:80"; weight = 5; }, { address = "172.16.0.3:8000"; weight = 2; },
                { address = "[fd00::2]:80"; weight = 1; }, { address = "[fd00::3]:8000"; weight = 4; } ); },
  { name = "rr"; listen = [ "tcp/dsl0:81", "udp/dsl0:81" ]; scheduler = "rr";
    servers = ( { address = "172.16.0.2:80"; weight = 5; }, { address = "172.16.0.3:8000"; } ); },
  { name = "drained"; listen = [ "tcp/dsl0:82" ];
    servers = ( { address = "172.16.0.2:80"; weight = 0; }, { address = "172.16.0.3:8000"; } ); },
  { name = "nobody"; listen = [ "tcp/dsl0:83" ]; servers = ( { address = "172.16.0.2:80"; weight = 0; } ); }
);
END
daemon_start

expect "lines, no policy" "dsl0:30 dsl1:20" "$(ask client -n 50 $inet4 80 | via | tally 2)"
expect "lines, IPv6" "dsl0:9 dsl1:6" "$(ask client -n 15 $inet6 80 | via | tally 2)"
expect "lines, UDP" "dsl0:6 dsl1:4" "$(ask client -u -n 10 $inet4 53 | via | tally 2)"
expect "servers by wrr" "web1:25 web2:10" "$(ask inet -n 35 203.0.113.5 80 | tally 1)"
expect "servers by wrr, IPv6" "web1:4 web2:16" "$(ask inet -n 20 2001:db8:a::5 80 | tally 1)"
expect "servers by rr" "web1:20 web2:20" "$(ask inet -n 40 203.0.113.5 81 | tally 1)"
expect "servers by rr, UDP" "web1:5 web2:5" "$(ask inet -u -n 10 203.0.113.5 81 | tally 1)"
expect "weight 0 takes nothing" "web2:10" "$(ask inet -n 10 203.0.113.5 82 | tally 1)"
expect "no server, told at once" "error: connection refused:1" "$(ask inet 203.0.113.5 83 | tally 1)"

config "weight = 3;" "weight = 2;" <<'END'
policies = (
  { name = "even"; from = [ "172.16.0.11" ]; use = [ "dsl0", "dsl1" ]; scheduler = "rr"; },
  { name = "uneven"; use = [ "dsl1", "dsl0" ]; scheduler = "wrr"; }
);
END
check "reload" ctl reload
expect "lines by rr" "dsl0:20 dsl1:20" "$(ask client -n 40 --bind 172.16.0.11 $inet4 80 | via | tally 2)"
expect "lines by wrr" "dsl0:30 dsl1:20" "$(ask client -n 50 $inet4 80 | via | tally 2)"
expect "the box itself" "dsl0:3 dsl1:2" "$(ask gw -n 5 $inet4 80 | via | tally 2)"
