#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A process policy is about lines only: what the process says to the LAN, to a VPN and to itself
# goes where the main table sends it, from the address that belongs there.
. "$(dirname "$0")/lab.sh"
lab_up 2

namespace vpn
ip link add vpn0 netns "$lab-gw" type veth peer name eth0 netns "$lab-vpn"
n gw ip -batch - <<'END'
link set vpn0 up
address add 10.8.0.1/24 dev vpn0
address add fd08::1/64 dev vpn0
route add 10.9.0.0/16 via 10.8.0.2
route add fd09::/64 via fd08::2
END
n vpn ip -batch - <<'END'
link set eth0 up
address add 10.8.0.2/24 dev eth0
address add 10.9.0.1 dev lo
address add fd08::2/64 dev eth0
address add fd09::1 dev lo
route add 172.16.0.0/24 via 10.8.0.1
route add fd00::/64 via fd08::1
END
serve vpn vpn 80
serve gw gw 8080

config "" "" <<'END'
policies = (
  { name = "p2p"; user = "20108"; use = [ "dsl1" ]; otherwise = "drop"; },
  { name = "all"; use = [ "dsl1" ]; otherwise = "drop"; }
);
END
daemon_start

as_user() {
	n gw setpriv --reuid 20108 --regid 20108 --clear-groups "$helpers/ask.py" "$@"
}

stays() {
	expect "$1: the LAN" "web1 172.16.0.1" "$(as_user 172.16.0.2 80)"
	expect "$1: the LAN, IPv6" "web1 fd00::1" "$(as_user fd00::2 80)"
	expect "$1: the LAN, UDP" "web1 172.16.0.1" "$(as_user -u 172.16.0.2 53)"
	expect "$1: the VPN" "vpn 10.8.0.1" "$(as_user 10.9.0.1 80)"
	expect "$1: the VPN, IPv6" "vpn fd08::1" "$(as_user fd09::1 80)"
	expect "$1: itself" "gw 127.0.0.1" "$(as_user 127.0.0.1 8080)"
	expect "$1: its own outer address" "gw 203.0.113.5" "$(as_user 203.0.113.5 8080)"
	expect "$1: a client to the VPN" "vpn 172.16.0.10" "$(ask client 10.9.0.1 80)"
	expect "$1: the VPN to the LAN" "web1 10.9.0.1" "$(ask vpn --bind 10.9.0.1 172.16.0.2 80)"
	expect "$1: a client to the VPN, IPv6" "vpn fd00::10" "$(ask client fd09::1 80)"
}

stays "all up"
expect "outside" "inet dsl1" "$(as_user $inet4 80 | via)"
line_cut 1
wait_for 20 line_is 1 down
stays "its line is cut"
