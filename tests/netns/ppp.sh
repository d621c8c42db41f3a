#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Point-to-point lines, as PPP makes them: a device without ARP (tun, a small program carries the
# packets), an address with a peer, no default route or one over the device. One line hangs up and
# dials in again: new interface, new index, new address. The other is an Ethernet that was given
# an address with a peer.
. "$(dirname "$0")/lab.sh"
[ -c /dev/net/tun ] || skip "/dev/net/tun does not exist"
lab_up 2

# dial ADDRESS [ROUTE]: the interface of a new PPP session of line 0
dial() {
	wire=$(n p0 "$helpers/wire.py" customer dsl0)
	n p0 ip link set dsl0 netns "$lab-gw"
	n p0 ip address add 203.0.113.1 peer "$1" dev customer
	n p0 ip link set customer up
	provider_guard 0
	provider_gives 0 "$1"
	n gw ip address add "$1" peer 203.0.113.1 dev dsl0
	n gw ip link set dsl0 up
	[ -z "${2:-}" ] || n gw ip route add default dev dsl0 metric "$2"
}

hang_up() {
	kill "$wire"
	wait_for 20 not n gw ip link show dsl0
}

line_unplug 0
n p0 ip address flush dev line
n gw ip address flush dev dsl1
n gw ip address add 192.0.2.5 peer 192.0.2.1 dev dsl1
dial 203.0.113.5
cat >"$conf" <<'END'
gateway = { inside = [ "lan0" ]; };
uplinks = ( { name = "dsl0"; interface = "dsl0"; }, { name = "dsl1"; interface = "dsl1"; } );
services = ( { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80" ];
               servers = ( { address = "172.16.0.2:80"; } ); } );
END
daemon_start

works() {
	expect "$1: out" "dsl0:4 dsl1:4" "$(ask client -n 8 $inet4 80 | sed "s/$2$/dsl0/" | via | tally 2)"
	expect "$1: the provider itself" "dsl0:1" "$(n gw ping -qc1 -W10 203.0.113.1 >/dev/null && echo dsl0:1)"
	expect "$1: in over dsl0" "web1 $inet4" "$(ask inet "$2" 80)"
	expect "$1: in over dsl1" "web1 $inet4" "$(ask inet "${address4[1]}" 80)"
}

works "first session" 203.0.113.5
expect "the gateway is the other end" 203.0.113.1 "$(line 0 gateway)"
flow other inet tcp "${address4[1]}" 80
hang_up
wait_for 20 line_is 0 absent
expect "hung up" "dsl1:4" "$(ask client -n 4 $inet4 80 | via | tally 2)"
dial 203.0.113.8 700
wait_for 20 line_is 0 up
works "second session" 203.0.113.8
expect_unbroken other
