#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packets that come from a line with a source address of the inside are dropped, though the loose
# reverse path filter that several lines need would let them in. What is not for us is not served.
. "$(dirname "$0")/lab.sh"
lab_up 2
neighbour 0
n nb ip address add 172.16.0.99 dev lo
n nb ip address add fd00::99 dev lo
n nb ip route add 172.16.0.0/24 via 203.0.113.5
n nb ip route add fd00::/64 via 2001:db8:a::5

config "" "" <<'END'
services = ( { name = "names"; listen = [ "udp/dsl0:53" ];
               servers = ( { address = "172.16.0.2:53"; }, { address = "[fd00::2]:53"; } ); } );
END
daemon_start
n web1 nft -f - <<'END'
table inet seen {
	counter spoofed { }
	chain in {
		type filter hook input priority 0
		ip saddr 172.16.0.99 counter name spoofed
		ip6 saddr fd00::99 counter name spoofed
	}
}
END

expect "honest" "web1 203.0.113.77" "$(ask nb -u 203.0.113.5 53)"
for target in 203.0.113.5 172.16.0.2; do
	expect "spoofed, to $target" "error: timed out" "$(ask nb -u -t 0.3 --bind 172.16.0.99 $target 53)"
done
for target in 2001:db8:a::5 fd00::2; do
	expect "spoofed, to $target" "error: timed out" "$(ask nb -u -t 0.3 --bind fd00::99 $target 53)"
done
expect "what the server saw of it" 0 "$(n web1 nft list counter inet seen spoofed | awk '$1 == "packets" { print $2 }')"
