#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A domain's addresses: they appear on its interface with a label, are announced to the neighbours
# (who may hold another's MAC address), serve, come back with the interface, and go when the domain
# goes. Addresses of others stay.
. "$(dirname "$0")/lab.sh"
lab_up 2
neighbour 0
provider_gives 0 203.0.113.10
provider_gives 0 2001:db8:a::10
n gw ip address add 203.0.113.99/24 dev dsl0 label dsl0:mine
provider_gives 0 203.0.113.99

# The neighbour believes in somebody else until it is told.
n nb ip neighbour add 203.0.113.10 lladdr 02:00:00:00:00:01 nud stale dev eth0
n nb ip neighbour add 2001:db8:a::10 lladdr 02:00:00:00:00:01 nud stale dev eth0
n nb tee /proc/sys/net/ipv4/conf/eth0/arp_accept <<<1 >/dev/null
start nb tcpdump -lnni eth0 'arp or icmp6' >"$tmp/announced" 2>"$tmp/tcpdump"
wait_for 20 grep -q listening "$tmp/tcpdump"

services='services = ( { name = "www"; listen = [ "tcp/203.0.113.10:80", "tcp/[2001:db8:a::10]:80" ];
	servers = ( { address = "172.16.0.2"; }, { address = "[fd00::2]"; } ); } );'
domains='domains = ( { name = "tryme.example"; interface = "dsl0";
	addresses = [ "203.0.113.10/24", "2001:db8:a::10/64" ]; } );'
config "" "" <<<"$services $domains"
daemon_start

aliases() {
	n gw ip -o address show dev dsl0 | awk '/\.10\/|::10\// { print $4, ($3 == "inet") ? $NF : "" }' |
		sed 's/\\$//; s/ *$//' | paste -sd' '
}

expect_match "on the interface" "203.0.113.10/24* 2001:db8:a::10/64*" "$(aliases)"
expect_match "with a label" "*dsl0:tryme.exa*" "$(n gw ip -o -4 address show dev dsl0)"
wait_for 20 grep -q '203.0.113.10' "$tmp/announced"
wait_for 20 grep -qi 'neighbor advertisement.*2001:db8:a::10' "$tmp/announced"
mac=$(n gw ip -j link show dsl0 | jq -r '.[0].address')
neighbour_knows() {
	[[ $(n nb ip neighbour show 203.0.113.10) == *"$mac"* ]]
}
wait_for 20 neighbour_knows # tcpdump has a packet before the kernel looks at it
echo "- the neighbour knows"
expect "the neighbour is served" "web1 203.0.113.77" "$(ask nb 203.0.113.10 80)"
expect "the neighbour is served, IPv6" "web1 2001:db8:a::77" "$(ask nb 2001:db8:a::10 80)"
expect "the Internet is served" "web1 $inet4" "$(ask inet 203.0.113.10 80)"
expect "the line speaks with its own address" "inet 203.0.113.5" "$(ask gw --device dsl0 $inet4 80)"
expect "in status" "203.0.113.10/24 2001:db8:a::10/64" \
	"$(ctl status --json | jq -r '.domains[0].addresses | join(" ")')"

n gw ip address delete 203.0.113.10/24 dev dsl0
has() {
	grep -qF "$1" <<<"$(n gw ip -o address)"
}
wait_for 20 has 203.0.113.10/24
echo "- deleted by hand: back"
line_unplug 0
wait_for 20 line_is 0 absent
line_plug 0
wait_for 20 has 203.0.113.10/24
wait_for 20 has 2001:db8:a::10/64
wait_for 20 line_is 0 up
expect "the interface came back" "web1 $inet4" "$(ask inet 203.0.113.10 80)"

n gw ip address add 203.0.113.99/24 dev dsl0 label dsl0:mine
config "" "" <<<"$services"
check "the domain goes" ctl reload
expect "from the interface" "" "$(aliases)"
check "another's address stays" has 203.0.113.99/24
