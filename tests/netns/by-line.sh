#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Real servers by line: those that serve requests of some lines only, or weigh otherwise for them;
# and those that are themselves reached over a line, by a router beyond it or on its own net. There
# requests of one line leave by another, and the replies by the line of the request. Such a server
# is unusable while its line is down.
. "$(dirname "$0")/lab.sh"
lab_up 2
neighbour 1
serve nb nb 80 53

config "" "" <<'END'
services = (
  { name = "tied"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80" ]; scheduler = "rr";
    servers = ( { address = "172.16.0.2:80"; uplinks = [ "dsl0" ]; }, { address = "172.16.0.3:8000"; },
                { address = "[fd00::2]:80"; uplinks = [ "dsl0" ]; }, { address = "[fd00::3]:8000"; } ); },
  { name = "weighed"; listen = [ "tcp/dsl0:81", "tcp/dsl1:81" ];
    servers = ( { address = "172.16.0.2:80"; weight = 1; weights = ( { uplink = "dsl1"; weight = 3; } ); },
                { address = "172.16.0.3:8000"; } ); },
  { name = "least"; listen = [ "tcp/dsl0:82", "tcp/dsl1:82" ]; scheduler = "wlc";
    servers = ( { address = "172.16.0.2:80"; weights = ( { uplink = "dsl1"; weight = 0; } ); },
                { address = "172.16.0.3:8000"; } ); },
  { name = "over"; listen = [ "tcp/dsl0:83", "tcp/dsl1:83", "udp/dsl0:53" ]; scheduler = "rr";
    servers = ( { address = "198.51.100.11"; via = "dsl1"; }, { address = "[2001:db8:f::11]"; via = "dsl1"; } ); },
  { name = "next"; listen = [ "tcp/dsl0:84", "tcp/dsl1:84", "udp/dsl0:84" ]; scheduler = "fo";
    servers = ( { address = "192.0.2.77:80"; weight = 2; }, { address = "172.16.0.3:8000"; },
                { address = "[2001:db8:b::77]:80"; weight = 2; }, { address = "[fd00::3]:8000"; } ); }
);
END
serve inet far 83
daemon_start

expect "of line 0" "web1:3 web2:3" "$(ask inet -n 6 203.0.113.5 80 | tally 1)"
expect "of line 1" "web2:6" "$(ask inet -n 6 192.0.2.5 80 | tally 1)"
expect "of line 0, IPv6" "web1:3 web2:3" "$(ask inet -n 6 2001:db8:a::5 80 | tally 1)"
expect "of line 1, IPv6" "web2:6" "$(ask inet -n 6 2001:db8:b::5 80 | tally 1)"
expect "of none" "web1:3 web2:3" "$(ask client -n 6 192.0.2.5 80 | tally 1)"
# picks SERVICE: of its servers, in their order
picks() {
	ctl services --json | jq -c --arg name "$1" '.[] | select(.name == $name) |
		[.servers[].by_line | map({ (.uplink): .picks }) | add]'
}
expect "picks by line" \
	'[{"":3,"dsl0":3},{"":3,"dsl0":3,"dsl1":6},{"dsl0":3},{"dsl0":3,"dsl1":6}]' "$(picks tied)"
expect "weighed, of line 0" "web1:4 web2:4" "$(ask inet -n 8 203.0.113.5 81 | tally 1)"
expect "weighed, of line 1" "web1:6 web2:2" "$(ask inet -n 8 192.0.2.5 81 | tally 1)"
hold least0 inet -n 4 203.0.113.5 82
hold least1 inet -n 4 192.0.2.5 82
expect "least loaded, of line 0" "web1:2 web2:2" "$(held least0 | tally 1)"
expect "least loaded, of line 1" "web2:4" "$(held least1 | tally 1)"
wait_for 20 counts_are least active "2 6"
wait_for 20 caught_up
hold least2 inet -n 4 203.0.113.5 82
expect "least loaded, of line 0 again" "web1:4" "$(held least2 | tally 1)"

# Over line 1, whose address the server sees; the client sees who it asked.
for line in 0 1; do
	expect "far, asked on line $line" "far 192.0.2.5" "$(ask inet "${address4[line]}" 83)"
	expect "far, asked on line $line, IPv6" "far 2001:db8:b::5" "$(ask inet "${address6[line]}" 83)"
	expect "next to line 1, asked on line $line" "nb 192.0.2.5" "$(ask inet "${address4[line]}" 84)"
	expect "next to line 1, asked on line $line, IPv6" "nb 2001:db8:b::5" "$(ask inet "${address6[line]}" 84)"
done
expect "far, by UDP" "inet 192.0.2.5" "$(ask inet -u 203.0.113.5 53)"
expect "far, from the LAN" "far 192.0.2.5" "$(ask client 203.0.113.5 83)"
expect "next to line 1, from the LAN" "nb 192.0.2.5" "$(ask client 203.0.113.5 84)"
flow far inet tcp 203.0.113.5 83
flow next inet tcp 203.0.113.5 84
flow next6 inet tcp 2001:db8:a::5 84
expect "far, often" "far:50" "$(ask inet -n 50 203.0.113.5 83 | tally 1)"
for name in far next next6; do
	expect_unbroken $name
done

hold gone inet 203.0.113.5 84
expect "it is there" "nb 192.0.2.5" "$(held gone)"
line_cut 1
wait_for 20 server_is next 192.0.2.77:80 unusable
expect "the reason" "its line is not up" "$(server next 192.0.2.77:80 reason)"
expect "far, with its line cut" "error: connection refused" "$(ask inet 203.0.113.5 83)"
expect "the next best" "web2:3" "$(ask inet -n 3 203.0.113.5 84 | tally 1)"
expect "the next best, IPv6" "web2:3" "$(ask inet -n 3 2001:db8:a::5 84 | tally 1)"
wait_for 20 grep -q reset "$tmp/held.gone"
line_mend 1
wait_for 20 server_is next 192.0.2.77:80 up
wait_for 20 n gw ping -qc1 -W1 -I dsl1 192.0.2.77
expect "and back" "nb:3" "$(ask inet -n 3 203.0.113.5 84 | tally 1)"
expect "far, and back" "far 192.0.2.5" "$(ask inet 203.0.113.5 83)"
