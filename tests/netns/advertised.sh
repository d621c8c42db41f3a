#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# IPv6 as providers give it: by router advertisements, which the kernel must go on hearing although
# it forwards. The line learns address and gateway, follows a change of the prefix, and is without
# IPv6 when the router says goodbye.
. "$(dirname "$0")/lab.sh"
lab_up 2

n gw ip -6 address flush dev dsl0 scope global
n gw ip -4 address flush dev dsl0
cat >"$conf" <<'END'
gateway = { inside = [ "lan0" ]; };
uplinks = ( { name = "dsl0"; interface = "dsl0"; }, { name = "dsl1"; interface = "dsl1"; gateway = "192.0.2.1"; } );
services = ( { name = "www"; listen = [ "tcp/dsl0:80" ]; servers = ( { address = "[fd00::2]:80"; } ); } );
END
daemon_start
expect "no address yet" down "$(line 0 state)"

advertise() {
	n p0 "$helpers/advertise.py" line "$@"
}

# address_in PREFIX: the gateway's address in it
address_in() {
	n gw ip -j -6 address show dev dsl0 | jq -r --arg prefix "$1" \
		'.[].addr_info[] | select(.local | startswith($prefix)) | .local'
}

line_speaks() {
	[[ $(line 0 address) == $1* ]]
}

# From any other address than its link-local one nobody heeds a router.
router_is_there() {
	n p0 ip -6 -o address show dev line scope link -tentative | grep fe80:
}
wait_for 20 router_is_there

advertise 1800 2001:db8:a:: 1800
wait_for 20 line_is 0 up
first=$(address_in 2001:db8:a:)
provider_gives 0 "$first"
expect "autoconfigured" "$first" "$(line 0 address)"
expect_match "the gateway" "fe80:*" "$(line 0 gateway)"
expect "out" "inet $first" "$(ask client $inet6 80)"
expect "in" "web1 $inet6" "$(ask inet "$first" 80)"

n p0 ip address add 2001:db8:a1::1/64 dev line
advertise 1800 2001:db8:a:: 0 2001:db8:a1:: 1800
wait_for 20 line_speaks 2001:db8:a1:
second=$(address_in 2001:db8:a1:)
provider_gives 0 "$second"
expect "another prefix: out" "inet $second" "$(ask client $inet6 80)"
expect "another prefix: in" "web1 $inet6" "$(ask inet "$second" 80)"

advertise 0
wait_for 20 line_is 0 down
expect_match "goodbye" "no gateway*" "$(line 0 reason)"
advertise 1800
wait_for 20 line_is 0 up
expect "hello again" "inet $second" "$(ask client $inet6 80)"
