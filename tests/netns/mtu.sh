#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lines that carry less than the LAN, as PPPoE makes them: half a megabyte goes there and comes back
# by path MTU discovery alone, outbound and to a service, over the best line and over the other.
# What the gateway says of a packet too big reaches the inside host, the gateway's own processes,
# and an outside client by the line that it came over; what a router out there says is handed on.
. "$(dirname "$0")/lab.sh"
# shellcheck source=../helpers/large.sh
. "$helpers/large.sh"
lab_up 2

config "clamp = false;" "clamp = false;" <<'END'
policies = (
  { name = "first"; to = [ "198.51.100.10", "2001:db8:f::10" ]; use = [ "dsl0" ]; },
  { name = "second"; use = [ "dsl1" ]; }
);
services = (
  { name = "first"; listen = [ "tcp/dsl0:80" ];
    servers = ( { address = "172.16.0.2:80"; }, { address = "[fd00::2]:80"; } ); },
  { name = "second"; listen = [ "tcp/dsl1:80" ];
    servers = ( { address = "172.16.0.3:8000"; }, { address = "[fd00::3]:8000"; } ); }
);
END
daemon_start

# What inet has learned of a path shall not make it ask others for less: they are to find out.
for line in 0 1; do
	n inet ip route replace "${address4[line]}" via "198.18.$line.2" src $inet4 advmss 1460
	n inet ip route replace "${address6[line]}" via "2001:db8:18:$line::2" src $inet6 advmss 1440
done

# expect_learned WHAT NAMESPACE MTU ADDRESS...: the path MTU that it was told of; an address may be
# followed by "from" and another
expect_learned() {
	local address

	for address in "${@:4}"; do
		expect "$1 learned" "$address: $3" \
			"$address: $(n "$2" xargs ip route get <<<"$address" | sed -n 's/.* mtu \([0-9]*\).*/\1/p')"
	done
}

# line_mtu LINE MTU
line_mtu() {
	n gw ip link set "dsl$1" mtu "$2"
	n "p$1" ip link set customer mtu "$2"
}

line_mtu 1 1400
expect "the box itself" "inet ${address4[1]} 500000" "$(exchange gw 198.51.100.12)"
expect "the box itself, IPv6" "inet ${address6[1]} 500000" "$(exchange gw 2001:db8:f::12)"
expect_learned "the box" gw 1400 "198.51.100.12 from ${address4[0]}" "2001:db8:f::12 from ${address6[0]}"

line_mtu 0 1400
exchanges "a small line"
expect_learned "the client" client 1400 198.51.100.1{0,1} 2001:db8:f::1{0,1}
expect_learned "the first server" web1 1400 $inet4 $inet6
expect_learned "the second server" web2 1400 $inet4 $inet6

for line in 0 1; do
	n "p$line" ip link set inet mtu 1340
	n inet ip link set "i$line" mtu 1340
done
exchanges "small beyond the line"
expect_learned "the client" client 1340 198.51.100.1{0,1} 2001:db8:f::1{0,1}
expect_learned "the first server" web1 1340 $inet4 $inet6
expect_learned "the second server" web2 1340 $inet4 $inet6

for host in 2 3; do
	n gw ip route add "172.16.0.$host" dev lan0 mtu 1280
	n gw ip route add "fd00::$host" dev lan0 mtu 1280
done
exchanges "small inside"
expect_learned "the Internet" inet 1280 "${address4[@]:0:2}" "${address6[@]:0:2}"
