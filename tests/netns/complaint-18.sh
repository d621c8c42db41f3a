#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "IPv6: prefix changes are not followed, router advertisements are marked." Neighbour discovery
# leaves by its own interface, whatever policies and the state of the line say: of the best line's
# neighbours, of another line's and of a dead line's, asked for one by one (unicast). And a line
# whose prefix changes is used with the new one at once.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "" "" <<'END'
policies = (
  { name = "ours"; user = "0"; use = [ "dsl1" ]; },
  { name = "rest"; use = [ "dsl0" ]; }
);
END
daemon_start

# What each provider hears: solicitations and advertisements sent to a global address, by address.
for i in 0 1; do
	n "p$i" nft -f - <<-NFT
		table netdev heard {
			set heard { type ipv6_addr; size 64; flags dynamic; counter; }
			chain heard {
				type filter hook ingress device "customer" priority -10
				icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ip6 daddr 2000::/3 add @heard { ip6 daddr }
			}
		}
	NFT
done

heard() {
	n "p$1" nft -j list set netdev heard heard |
		jq -r '.nftables[] | .set // empty | .elem // [] | .[].elem.val' | sort | paste -sd' '
}

# neighbour_found LINE: the provider's global address is asked for once more, where it was
neighbour_found() {
	n gw ip -6 neigh replace "${gateway6[$1]}" dev "dsl$1" nud probe \
		lladdr "$(n "p$1" ip -j link show line | jq -r '.[].address')"
	wait_for 20 is_reachable "$1"
	echo "- a neighbour of line $1 is found"
}

is_reachable() {
	n gw ip -6 neigh show "${gateway6[$1]}" dev "dsl$1" | grep -q REACHABLE
}

neighbour_found 0
neighbour_found 1
check "a line is dead" ctl disable dsl1
neighbour_found 1
neighbour_found 0
check "the other one is" ctl disable dsl0
check "and the first is not" ctl enable dsl1
neighbour_found 0
check "all are well" ctl enable dsl0
for i in 0 1; do
	expect "whom the gateway asked for on line $i" "${gateway6[$i]}" "$(heard $i)"
done

# The provider delegates another prefix: the router's new address comes, the old one goes.
flow voice client udp $inet6 5060
new=2001:db8:a:1::5
n p0 ip address add 2001:db8:a:1::1/64 dev line
provider_gives 0 $new
n gw ip address add $new/64 dev dsl0
n gw ip address delete "${address6[0]}/64" dev dsl0
wait_for 20 flow_said voice "sees $new"
echo "- another prefix: the flow goes on with it"
expect "entries with the old address" "" "$(n gw conntrack -f ipv6 -L 2>/dev/null | grep -F "${address6[0]}")"
