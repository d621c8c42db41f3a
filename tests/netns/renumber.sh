#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The provider gives a new address while a UDP flow runs that never pauses (a VPN, a telephone):
# within a second the flow has the new source address, and no connection tracking entry with the
# old one is left. The service "on this line's address now" moves with it.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "" "" <<'END'
policies = ( { name = "rest"; use = [ "dsl0" ]; } );
services = ( { name = "www"; listen = [ "tcp/dsl0:80" ];
               servers = ( { address = "172.16.0.2:80"; }, { address = "[fd00::2]:80"; } ); } );
END
daemon_start

# seconds FLOW PATTERN: when that was said
said_at() {
	awk -v p="$2" '$0 ~ p { print int($1 * 1000) }' "$tmp/flow.$1" | tail -n 1
}

# moved WHAT FLOW NEW-ADDRESS MILLISECOND: the flow came to the new address; it takes a second at
# most, where the machine has time, and half a minute and more if nobody sees to it
moved() {
	wait_for 20 flow_said "$2" "sees $3"
	local took=$(($(said_at "$2" "sees $3") - $4))

	[ $took -le 15000 ] || fail "$1: new source address after $took ms"
	echo "- $1: new source address after $took ms"
}

# no_entries FAMILY ADDRESS. The flow may be on its way while others are still cleared away.
no_entries() {
	! n gw conntrack -f "$1" -L 2>/dev/null | grep -F "$2"
}

now() {
	echo $((${EPOCHREALTIME/./} / 1000))
}

flow lan client udp $inet4 5060
flow box gw udp $inet4 5060
flow six client udp $inet6 5060
expect_match "before" "*sees ${address4[0]}" "$(flow_log lan)"
expect_match "before, IPv6" "*sees ${address6[0]}" "$(flow_log six)"

provider_gives 0 203.0.113.9
provider_gives 0 2001:db8:a::9
n gw ip address delete 203.0.113.5/24 dev dsl0
provider_takes_back 0 203.0.113.5
then=$(now)
n gw ip address add 203.0.113.9/24 dev dsl0
moved "a client's flow" lan 203.0.113.9 "$then"
wait_for 20 no_entries ipv4 203.0.113.5
echo "- no entries with the old address"
expect "the line's address" 203.0.113.9 "$(line 0 address)"
expect "new connections" "inet 203.0.113.9" "$(ask client $inet4 80)"
expect "the service on the new address" "web1 $inet4" "$(ask inet 203.0.113.9 80)"

# First the new, then the old goes, as DHCP clients do it.
then=$(now)
n gw ip address add 2001:db8:a::9/64 dev dsl0
n gw ip address delete 2001:db8:a::5/64 dev dsl0
moved "a client's flow, IPv6" six 2001:db8:a::9 "$then"
wait_for 20 no_entries ipv6 2001:db8:a::5
echo "- no entries with the old address"
expect "the service on the new address, IPv6" "web1 $inet6" "$(ask inet 2001:db8:a::9 80)"

# A connected socket of the box itself is bound to the address that is gone; a new one is not.
flow_end box
expect "the box itself" "inet 203.0.113.9" "$(ask gw $inet4 80)"
check "nothing to do" nothing_to_do
