#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "The monitor dies with the address." Whatever becomes of the address and the interface of a line,
# when they are there again the line is asked again, from the address that it has now.
. "$(dirname "$0")/lab.sh"
lab_up 2

config 'failback = "at-once"; tier = 1; pass = 2;
	probes = ( { kind = "icmp"; targets = [ "198.51.100.11" ]; interval = "200ms"; } );' \
	"tier = 2;" <<'END'
policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; } );
END

# watch_cable: the provider's end of it came anew
watch_cable() {
	n p0 nft -f - <<-NFT
		table netdev asked
		delete table netdev asked
		table netdev asked {
			set from { type ipv4_addr; size 16; flags dynamic; }
			chain swallow { type filter hook ingress device "customer" priority -2; }
			chain in {
				type filter hook ingress device "customer" priority -1
				ip daddr 198.51.100.11 icmp type echo-request update @from { ip saddr counter }
			}
		}
	NFT
}

# asked_from ADDRESS: often
asked_from() {
	n p0 nft -j list set netdev asked from |
		jq -e --arg from "$1" '[.. | .elem? // empty | objects | select(.val == $from).counter.packets] | add >= 5'
}

health_is() {
	[ "$(line 0 health)" = "$1" ]
}

watch_cable
daemon_start
wait_for 20 asked_from 203.0.113.5
wait_for 20 health_is good

for i in 21 22 23; do
	n gw ip -4 address flush dev dsl0 scope global
	wait_for 20 health_is unsent
	line_address 0 203.0.113.$i/24
	wait_for 20 asked_from 203.0.113.$i
	wait_for 20 health_is good
	wait_for 20 line_is 0 up
	echo "- asked from 203.0.113.$i"
done

echo "- no address of any family"
n gw ip address flush dev dsl0 scope global
wait_for 20 line_is 0 down
expect "what is known" unknown "$(line 0 health)"
line_address 0 203.0.113.26/24
wait_for 20 asked_from 203.0.113.26
wait_for 20 line_is 0 up

echo "- another interface"
line_unplug 0
wait_for 20 line_is 0 absent
line_connect 0
watch_cable
line_address 0 203.0.113.24/24
wait_for 20 asked_from 203.0.113.24
wait_for 20 line_is 0 up
expect "new connections" "inet 203.0.113.24" "$(ask client $inet4 80)"

# From one to the next without a pause; a silence after all that is still found.
n gw sysctl -qw net.ipv4.conf.dsl0.promote_secondaries=1
line_address 0 203.0.113.25/24
n gw ip address delete 203.0.113.24/24 dev dsl0
wait_for 20 asked_from 203.0.113.25
n p0 nft add rule netdev asked swallow ip saddr 203.0.113.25 drop
wait_for 20 line_is 0 down
expect "a silence" "no answer from 198.51.100.11" "$(line 0 reason)"
