#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# probe-unsent: a probe that cannot be sent says nothing of the line, only of itself: the line stays
# what it is, and status says why nothing is known.
. "$(dirname "$0")/lab.sh"
lab_up 2
n gw ip -6 address flush dev dsl1 scope global

fast='interval = "200ms"; timeout = "1s";'
config "tier = 1; pass = 2; probes = ( { kind = \"icmp\"; targets = [ \"198.51.100.11\" ]; $fast } );" \
	"tier = 2; pass = 2; probes = ( { kind = \"icmp\"; targets = [ \"2001:db8:f::11\" ]; $fast },
		{ kind = \"nd\"; $fast } );" <<'END'
policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; } );
END
daemon_start

health_is() {
	[ "$(line "$1" health)" = "$2" ]
}

wait_for 20 health_is 0 good
wait_for 20 health_is 1 unsent
expect "a line without an address to ask from" up "$(line 1 state)"
expect_match "and why nothing is known" "*probes cannot be sent: no IPv6 address" "$(line 1 reason)"

# Somebody's firewall on the box itself.
n gw nft -f - <<-NFT
	table inet wall {
		chain out {
			type filter hook output priority 0
			icmp type echo-request drop
		}
	}
NFT
wait_for 20 health_is 0 unsent
expect "a line whose probes the box itself refuses" up "$(line 0 state)"
expect_match "and why" "*probes cannot be sent: operation not permitted" "$(line 0 reason)"
expect "new connections" "inet dsl0" "$(ask client $inet4 80 | via)"
n gw nft delete table inet wall
wait_for 20 health_is 0 good
expect "again" up "$(line 0 state)"

line_address 1 2001:db8:b::5/64
wait_for 20 health_is 1 good
expect "with an address" up "$(line 1 state)"
expect "outages" 0 "$(grep -c -e '-> down' "$log" || true)"
