#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "Probes follow the routes they are testing." Whatever the routing table says of a target, it is
# asked over the line that is tried: a line whose provider swallows the probes is down although the
# target could be had by the other one, for which there is even a route of its own.
. "$(dirname "$0")/lab.sh"
lab_up 2

probes='pass = 2; probes = ( { kind = "icmp"; targets = [ "198.51.100.11" ]; interval = "200ms"; },
	{ kind = "tcp"; targets = [ "198.51.100.12:80" ]; interval = "200ms"; } );'
config "tier = 1; $probes" "tier = 2;" <<'END'
policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; } );
END

for i in 0 1; do
	n "p$i" nft -f - <<-NFT
		table netdev asked {
			counter probes { }
			chain in {
				type filter hook ingress device "customer" priority -2
				ip daddr { 198.51.100.11, 198.51.100.12 } counter name probes
			}
			chain swallow { type filter hook ingress device "customer" priority -1; }
		}
	NFT
done

asked() {
	n "p$1" nft list counter netdev asked probes | awk '$1 == "packets" { print $2 }'
}

asked_more() {
	[ "$(asked "$1")" -gt "$2" ]
}

health_is() {
	[ "$(line 0 health)" = "$1" ]
}

# Everything leads over dsl1, says the table of the system.
n gw ip route add default via "${gateway4[1]}"
n gw ip route add 198.51.100.11 via "${gateway4[1]}"
n gw ip route add 198.51.100.12 via "${gateway4[1]}"
daemon_start
wait_for 20 asked_more 0 20
wait_for 20 health_is good
expect "asked over the other line" 0 "$(asked 1)"

n p0 nft add rule netdev asked swallow ip daddr '{ 198.51.100.11, 198.51.100.12 }' drop
wait_for 20 line_is 0 down
before=$(asked 0)
wait_for 20 asked_more 0 $((before + 10))
expect "the line" down "$(line 0 state)"
expect "asked over the other line" 0 "$(asked 1)"
expect "what could be had all the while" "inet dsl1" "$(ask gw 198.51.100.13 80 | via)"

n p0 nft flush chain netdev asked swallow
wait_for 20 line_is 0 up
expect "asked over the other line" 0 "$(asked 1)"

# That counter counts: what is not bound goes there.
n gw ping -qc 1 -W 1 198.51.100.11 >"$tmp/ping" || true
wait_for 20 asked_more 1 0
