#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The gateway is learned from a default route in the main table, as DHCP clients leave one: it
# appears, changes, is doubled with a better metric, goes. Never is that route itself touched.
. "$(dirname "$0")/lab.sh"
lab_up 2

# A second router on the provider's net.
n p0 ip address add 203.0.113.2/24 dev line
n p0 ip address add 2001:db8:a::2/64 dev line
cat >"$conf" <<'END'
gateway = { inside = [ "lan0" ]; };
uplinks = ( { name = "dsl0"; interface = "dsl0"; }, { name = "dsl1"; interface = "dsl1"; } );
policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; scheduler = "rr"; } );
END
daemon_start
expect "no route: state" down "$(line 0 state)"
expect_match "no route: reason" "no gateway*" "$(line 0 reason)"

gateway_is() {
	[ "$(line "$1" gateway)" = "$2" ]
}
gateways_are() {
	[ "$(line "$1" 'gateways | join(" ")')" = "$2" ]
}

n gw ip route add default via 203.0.113.1 dev dsl0 metric 100
wait_for 20 line_is 0 up
expect "the first line's route" "dsl0:4" "$(ask client -n 4 $inet4 80 | via | tally 2)"
n gw ip route add default via 192.0.2.1 dev dsl1 metric 200
wait_for 20 line_is 1 up
expect "both lines' routes" "dsl0:4 dsl1:4" "$(ask client -n 8 $inet4 80 | via | tally 2)"

n gw ip route add default via 203.0.113.2 dev dsl0 metric 50
wait_for 20 gateway_is 0 203.0.113.2
n gw ip route delete default via 203.0.113.2 dev dsl0 metric 50
wait_for 20 gateway_is 0 203.0.113.1
n gw ip route replace default via 203.0.113.2 dev dsl0 metric 100
wait_for 20 gateway_is 0 203.0.113.2
expect "the route changed" "dsl0:4 dsl1:4" "$(ask client -n 8 $inet4 80 | via | tally 2)"

n gw ip -6 route add default via 2001:db8:a::2 dev dsl0
wait_for 20 gateways_are 0 "203.0.113.2 2001:db8:a::2"
expect "IPv6 has one line" "dsl0:4" "$(ask client -n 4 $inet6 80 | via | tally 2)"

n gw ip route delete default via 203.0.113.2 dev dsl0 metric 100
wait_for 20 gateways_are 0 2001:db8:a::2
expect "the route went" "dsl1:4" "$(ask client -n 4 $inet4 80 | via | tally 2)"
expect "IPv6 goes on" "dsl0:4" "$(ask client -n 4 $inet6 80 | via | tally 2)"
n gw ip -6 route delete default via 2001:db8:a::2 dev dsl0
wait_for 20 line_is 0 down
expect "main is as it was left" "default via 192.0.2.1 dev dsl1 metric 200" \
	"$(n gw ip route show default | sed 's/ *$//')"
