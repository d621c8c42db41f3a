#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lines that carry less than the LAN, in a world where nobody is told: every "too big" is lost. Half
# a megabyte goes there and comes back all the same, outbound and to a service, since what both ends
# announce is made to fit the line. The key "mtu" does the same for a line whose interface knows
# nothing of it, also for the box itself. What fits already is left alone, and without "clamp" it
# hangs.
. "$(dirname "$0")/lab.sh"
# shellcheck source=../helpers/large.sh
. "$helpers/large.sh"
lab_up 2

write_config() {
	config "$1" "$2" <<'END'
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
}

# Nobody hears of a packet too big, whoever else says it.
for host in client web1 web2 inet gw; do
	n $host nft -f - <<-'NFT'
		table inet deaf {
			chain deaf {
				type filter hook input priority -300
				iifname lo accept
				icmp type destination-unreachable icmp code 4 drop
				icmpv6 type packet-too-big drop
			}
		}
	NFT
done

has_clamp() {
	n gw nft list chain inet uplinkd clamp
}

# The first line's interface knows, of the second's only the provider.
write_config "" ""
n gw ip link set dsl0 mtu 1400
n p0 ip link set customer mtu 1400
daemon_start
n p1 ip link set customer mtu 1300
n p1 ip link set inet mtu 1300
expect "a line that nobody knows to be small hangs" "" "$(exchange client 198.51.100.11 2)"
write_config "" "mtu = 1300;"
check "reload" ctl reload
exchanges "clamped"
expect "the box itself" "inet ${address4[1]} 500000" "$(exchange gw 198.51.100.12)"
expect "the box itself, IPv6" "inet ${address6[1]} 500000" "$(exchange gw 2001:db8:f::12)"
check "nothing to do" nothing_to_do

# What a client announces is never raised.
n client ip route replace 198.51.100.10 via 172.16.0.1 advmss 500
start inet tcpdump -lnni any 'tcp[tcpflags] & tcp-syn != 0' >"$tmp/syns" 2>"$tmp/tcpdump"
wait_for 20 grep -q listening "$tmp/tcpdump"
expect "a small segment" "inet ${address4[0]} 500000" "$(exchange client 198.51.100.10)"
wait_for 20 grep -q 'mss 500' "$tmp/syns"
echo "- a small segment size is left alone"
n client ip route delete 198.51.100.10

write_config "clamp = false;" "mtu = 1300; clamp = false;"
check "reload" ctl reload
check "no clamp" not has_clamp
expect "not clamped: out" "" "$(exchange client 198.51.100.10 2)"
expect "not clamped: in" "" "$(exchange inet "${address4[0]}" 2)"

# As the link changes, so does the arrangement: lines as large as the inside cost nothing.
write_config "" ""
check "reload" ctl reload
check "clamp" has_clamp
n gw ip link set dsl0 mtu 1500
wait_for 20 not has_clamp
echo "- no clamp without need"

# What IPv6 took at first is more than the interface takes now.
n gw ip link set dsl1 mtu 1350
check "flush" ctl flush
check "nothing is left to be restored" not grep . "$tmp/run/sysctls"
