#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A request comes in over each line, to a server behind NAT with another port, and its reply goes
# back over the same line (the other provider would drop it). TCP and UDP, IPv4 and IPv6, an
# address that is written down and "the address of this line now".
. "$(dirname "$0")/lab.sh"
lab_up 2

provider_gives 1 192.0.2.6
n gw ip address add 192.0.2.6/24 dev dsl1
config "" "" <<'END'
services = (
  { name = "www"; listen = [ "tcp/203.0.113.5:80", "tcp/dsl1:80", "tcp/[2001:db8:a::5]:80" ];
    scheduler = "rr";
    servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.3:8000"; },
                { address = "[fd00::2]:80"; }, { address = "[fd00::3]:8000"; } ); },
  { name = "names"; listen = [ "udp/dsl0:53", "udp/dsl1:53" ];
    servers = ( { address = "172.16.0.2:53"; }, { address = "[fd00::2]:53"; } ); },
  { name = "port"; listen = [ "tcp/dsl0:8053", "tcp/dsl1:8053" ];
    servers = ( { address = "172.16.0.3"; } ); },
  { name = "second"; listen = [ "tcp/192.0.2.6:8080" ];
    servers = ( { address = "172.16.0.2:80"; } ); }
);
END
daemon_start

for line in 0 1; do
	expect "pages over dsl$line" "web1:2 web2:2" "$(ask inet -n 4 "${address4[line]}" 80 | tally 1)"
	expect "pages over dsl$line, IPv6" "web1:2 web2:2" "$(ask inet -n 4 "${address6[line]}" 80 | tally 1)"
	expect "the server sees the client" 198.51.100.13 \
		"$(ask inet --bind 198.51.100.13 "${address4[line]}" 80 | cut -d' ' -f2)"
	expect "names over dsl$line" "web1 $inet4" "$(ask inet -u "${address4[line]}" 53)"
	expect "names over dsl$line, IPv6" "web1 $inet6" "$(ask inet -u "${address6[line]}" 53)"
	expect "a server without a port of its own" "web2 $inet4" "$(ask inet "${address4[line]}" 8053)"
	expect_match "no service there" "error: connection refused" "$(ask inet "${address4[line]}" 81)"
done
expect "another address of the line" "web1 $inet4" "$(ask inet 192.0.2.6 8080)"

flow first inet tcp "${address4[0]}" 80
flow second inet tcp "${address4[1]}" 80
flow third inet udp "${address6[1]}" 53
expect "40 at a time" "web1:100 web2:100" "$(ask inet -n 200 -w 40 "${address4[1]}" 80 | tally 1)"
expect_unbroken first
expect_unbroken second
expect_unbroken third
