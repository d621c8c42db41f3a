#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lines that carry less than the LAN, in a world where nobody is told: every "too big" is lost. Half
# a megabyte goes there and comes back all the same, outbound and to a service, since what both ends
# announce is made to fit the line. The key "mtu" does the same for a line whose interface knows
# nothing of it, also for the box itself. What fits already is left alone, and without "clamp" it
# hangs.
. "$(dirname "$0")/lab.sh"
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

# exchange SECONDS NAMESPACE ADDRESS: who sent it all back, whom it saw, and how much that was
exchange() {
	# shellcheck disable=SC2016 # for that shell to expand
	n "$2" timeout "$1" bash -c 'exec 3<>"/dev/tcp/$0/80"
		{ head -c 500000 /dev/zero | tr "\0" x; echo; } >&3
		head -n 1 <&3' "$3" | awk '{ print $1, $2, length($3) }'
}

# exchanges WHAT: over both lines, outbound and to the services
exchanges() {
	local line f inet

	for line in 0 1; do
		for f in 4 6; do
			local -n address=address$f inet=inet$f
			expect "$1: out, dsl$line" "inet ${address[line]} 500000" "$(exchange 20 client "${inet%?}$line")"
			expect "$1: in, dsl$line" "web$((line + 1)) $inet 500000" "$(exchange 20 inet "${address[line]}")"
		done
	done
}

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
expect "a line that nobody knows to be small hangs" "" "$(exchange 2 client 198.51.100.11)"
write_config "" "mtu = 1300;"
check "reload" ctl reload
exchanges "clamped"
expect "the box itself" "inet ${address4[1]} 500000" "$(exchange 20 gw 198.51.100.12)"
expect "the box itself, IPv6" "inet ${address6[1]} 500000" "$(exchange 20 gw 2001:db8:f::12)"
check "nothing to do" nothing_to_do

# What a client announces is never raised.
n client ip route replace 198.51.100.10 via 172.16.0.1 advmss 500
start inet tcpdump -lnni any 'tcp[tcpflags] & tcp-syn != 0' >"$tmp/syns" 2>"$tmp/tcpdump"
wait_for 5 grep -q listening "$tmp/tcpdump"
expect "a small segment" "inet ${address4[0]} 500000" "$(exchange 20 client 198.51.100.10)"
wait_for 5 grep -q 'mss 500' "$tmp/syns"
echo "- a small segment size is left alone"
n client ip route delete 198.51.100.10

write_config "clamp = false;" "mtu = 1300; clamp = false;"
check "reload" ctl reload
check "no clamp" not has_clamp
expect "not clamped: out" "" "$(exchange 2 client 198.51.100.10)"
expect "not clamped: in" "" "$(exchange 2 inet "${address4[0]}")"

# As the link changes, so does the arrangement: lines as large as the inside cost nothing.
write_config "" ""
check "reload" ctl reload
check "clamp" has_clamp
n gw ip link set dsl0 mtu 1500
wait_for 5 not has_clamp
echo "- no clamp without need"
