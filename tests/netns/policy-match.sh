#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Policies by everything that a packet shows: inside interface, source and destination, protocol
# and ports, DSCP. The first that matches decides; of several kinds all must match.
. "$(dirname "$0")/lab.sh"
lab_up 2

namespace guest
ip link add wlan0 netns "$lab-gw" type veth peer name eth0 netns "$lab-guest"
n gw ip link set wlan0 up
n gw ip address add 172.16.5.1/24 dev wlan0
n guest ip link set eth0 up
n guest ip address add 172.16.5.10/24 dev eth0
n guest ip route add default via 172.16.5.1

config "" "" <<'END'
policies = (
  { name = "guests"; interface = "wlan0"; use = [ "dsl1" ]; },
  { name = "from"; from = [ "172.16.0.11", "172.16.0.12/31", "fd00::11" ]; use = [ "dsl1" ]; },
  { name = "to"; to = [ "198.51.100.11/32", "2001:db8:f::11" ]; use = [ "dsl1" ]; },
  { name = "ports"; ports = [ "tcp/440-450", "udp/53" ]; use = [ "dsl1" ]; },
  { name = "voip"; dscp = "ef"; use = [ "dsl1" ]; },
  { name = "both"; from = [ "172.16.0.14" ]; ports = [ "udp" ]; use = [ "dsl1" ]; },
  { name = "rest"; use = [ "dsl0" ]; }
);
END
daemon_start

through() {
	expect "$1" "inet dsl$2" "$(ask "${@:3}" | via)"
}

through "a guest" 1 guest $inet4 80
through "the rest" 0 client $inet4 80
through "from an address" 1 client --bind 172.16.0.11 $inet4 80
through "from a prefix" 1 client --bind 172.16.0.13 $inet4 80
through "from beside the prefix" 0 client --bind 172.16.0.15 $inet4 80
through "to an address" 1 client 198.51.100.11 80
through "a port" 1 client $inet4 443
through "a port of the other protocol" 0 client -u $inet4 443
through "a UDP port" 1 client -u $inet4 53
through "expedited" 1 client --tos 0xb8 $inet4 80
through "other services" 0 client --tos 0x20 $inet4 80
through "two conditions, one holds" 0 client --bind 172.16.0.14 $inet4 80
through "two conditions, both hold" 1 client --bind 172.16.0.14 -u $inet4 5060
through "the rest, IPv6" 0 client $inet6 80
through "from an address, IPv6" 1 client --bind fd00::11 $inet6 80
through "to an address, IPv6" 1 client 2001:db8:f::11 80
through "a port, IPv6" 1 client $inet6 443
through "expedited, IPv6" 1 client --tos 0xb8 $inet6 80
through "the box itself, a port" 1 gw $inet4 443
through "the box itself, expedited" 1 gw --tos 0xb8 $inet4 80
through "the box itself, the rest" 0 gw -u $inet4 5060
