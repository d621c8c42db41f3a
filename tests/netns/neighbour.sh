#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A host on the provider's own net, next to the gateway. It reaches the service on that line
# directly, and the one on the other line all the way round; both replies go where the request
# came from. The LAN reaches it, too.
. "$(dirname "$0")/lab.sh"
lab_up 2
neighbour 1
serve nb nb 80

config "" "" <<'END'
services = ( { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80", "udp/dsl0:53", "udp/dsl1:53" ];
               servers = ( { address = "172.16.0.2"; }, { address = "[fd00::2]"; } ); } );
END
daemon_start

for line in 0 1; do
	expect "page over dsl$line" "web1:5" "$(ask nb -n 5 "${address4[line]}" 80 | tally 1)"
	expect "page over dsl$line, IPv6" "web1:5" "$(ask nb -n 5 "${address6[line]}" 80 | tally 1)"
	expect "name over dsl$line" "web1 192.0.2.77" "$(ask nb -u "${address4[line]}" 53)"
	expect "ping over dsl$line" 0 "$(n nb ping -qc1 -W10 "${address4[line]}" >/dev/null; echo $?)"
done
expect "the LAN goes to it" "nb:6" "$(ask client -n 6 192.0.2.77 80 | tally 1)"
expect "the LAN goes to it, IPv6" "nb:6" "$(ask client -n 6 2001:db8:b::77 80 | tally 1)"
expect "so does the box" "nb 192.0.2.5" "$(ask gw 192.0.2.77 80)"
expect "so does the box, bound to the other line" "nb 203.0.113.5" \
	"$(ask gw --bind 203.0.113.5 192.0.2.77 80)"
