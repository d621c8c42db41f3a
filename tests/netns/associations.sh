#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Associations of IPsec services that outlive their idle time: of those, only the reserve stays, and
# the longest idle leave. A client that was forgotten gets the server of its next key exchange for
# ESP as well, whatever connection tracking remembers; so does one whose server has died. By NAT, and
# by MAC address.
. "$(dirname "$0")/lab.sh"
lab_up 1

config "prefixes = [ \"203.0.113.60/32\" ];" <<'END_OF_FILE'
services = (
  { name = "nat"; kind = "ipsec"; listen = [ "dsl0" ]; scheduler = "rr";
    ipsec = { half = "15s"; full = "15s"; reserve = 2; };
    check = { kind = "icmp"; interval = "500ms"; fail = 5; pass = 2; };
    servers = ( { address = "172.16.0.2"; }, { address = "172.16.0.3"; } ); },
  { name = "route"; kind = "ipsec"; listen = [ "203.0.113.60" ]; scheduler = "rr"; method = "route";
    ipsec = { half = "15s"; full = "15s"; reserve = 2; };
    check = { kind = "icmp"; interval = "500ms"; fail = 5; pass = 2; };
    servers = ( { address = "172.16.0.2"; }, { address = "172.16.0.3"; } ); }
);
END_OF_FILE

for i in 1 2; do
	n "web$i" ip address add 203.0.113.60/32 dev lo
	start "web$i" "$helpers/protected.py" serve "web$i" "172.16.0.$((i + 1))" 203.0.113.60 >"$tmp/web$i" 2>&1
	wait_for 20 grep -q listening "$tmp/web$i"
done
n p0 ip route add 203.0.113.60/32 via "${address4[0]}"
n inet ip route add 203.0.113.60/32 via 198.18.0.2
provider_gives 0 203.0.113.60
daemon_start

declare -A service=([nat]=${address4[0]} [route]=203.0.113.60)

# protected CLIENT SERVICE WHAT; a client is the last number of its address.
protected() {
	n inet "$helpers/protected.py" ask "${service[$2]}" "$3" "198.51.100.$1"
}

# known CLIENT SERVICE: it has an association.
known() {
	local set

	for set in full/nat/172.16.0.{2,3}; do
		[ "$2" = route ] || n gw nft list set inet uplinkd "$set"
	done >"$tmp/sets"
	[ "$2" = nat ] || n gw nft list map netdev uplinkd guarded4 >"$tmp/sets"
	grep -qF "198.51.100.$1 " "$tmp/sets"
}

# Two of four idle clients stay; they stay until another has been idle for less. Whatever is waited
# for takes the idle time, so that the services have it together.
declare -A server
four_come() {
	local client

	for client in 11 12 13 14; do
		server[$1.$client]=$(protected $client "$1" ike)
		expect "$1: client $client" "${server[$1.$client]}" "$(protected $client "$1" esp)"
	done
	[ "$1" = route ] || check "$1: ESP of client 11 is tracked" esp_is_tracked 11
	expect "$1: associations of each server" "2 2" "$(associations "$1")"
}

two_stay() {
	local client

	for client in 11 12; do
		wait_for 60 not known $client "$1"
	done
	for client in 13 14; do
		check "$1: client $client is in reserve" known $client "$1"
	done
}

another_comes() {
	expect "$1: client 15 comes" "${server[$1.11]}" "$(protected 15 "$1" ike)"
}

he_stays() {
	local client

	wait_for 60 not known 13 "$1"
	for client in 14 15; do
		check "$1: client $client is in reserve" known $client "$1"
	done
	expect "$1: ESP of client 14" "${server[$1.14]}" "$(protected 14 "$1" esp)"
	expect "$1: ESP of client 13" "error: protocol not available" "$(protected 13 "$1" esp)"
}

# How many a server has: those by NAT are connections as well.
associations() {
	case $1 in
	nat) for set in full/nat/172.16.0.{2,3}; do
		n gw nft list set inet uplinkd "$set" | grep -o expires | wc -l
	done | paste -sd' ' ;;
	route) counts route active ;;
	esac
}

# returns SERVICE: client 11 is in turn for the other server.
returns() {
	local answer

	[ "$1" = route ] || wait_for 60 not esp_is_tracked 11
	answer=$(protected 11 "$1" ike)
	check "$1: client 11 has another server, $answer" [ "$answer" != "${server[$1.11]}" ]
	expect "$1: its ESP" "$answer" "$(protected 11 "$1" esp)"
}

esp_is_tracked() {
	n gw conntrack -L -s "198.51.100.$1" 2>/dev/null | grep 'unknown *50 '
}

# dies SERVICE: the server of client 17
dies() {
	local first second number name

	first=$(protected 17 "$1" ike)
	number=${first#web}
	second=web$((3 - number))
	expect "$1: ESP of client 17" "$first" "$(protected 17 "$1" esp)"
	n lan ip link set "$first" down
	wait_for 20 server_is "$1" "172.16.0.$((number + 1))" down
	wait_for 60 not known 17 "$1"
	expect "$1: its ESP when $first is dead" "error: protocol not available" "$(protected 17 "$1" esp)"
	expect "$1: its next key exchange" "$second" "$(protected 17 "$1" ike)"
	expect "$1: and ESP" "$second" "$(protected 17 "$1" esp)"
	n lan ip link set "$first" up
	for name in nat route; do
		wait_for 20 server_is $name "172.16.0.$((number + 1))" up
	done
	expect "$1: which stays when $first is back" "$second" "$(protected 17 "$1" esp)"
}

for step in four_come two_stay another_comes he_stays returns dies; do
	for name in nat route; do
		$step $name
	done
done
check "nothing to do" nothing_to_do
