#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What it costs to forward a packet of an established connection to a service, in ns on one CPU.
# Gateways, each between ends of its own, are measured in turns, a slice each:
#
#     dsl0 of "inet"  <--- dsl0 [ gateway ] lan0 --->  lan0 of "lan"
#     203.0.113.1   203.0.113.5           172.16.0.1   172.16.0.2:80 and 172.16.0.3:8000
#
#   plain    forwards and does nothing else; its packets are addressed to the servers
#   minimal  one rule of nft, written by hand, shares the service out to the servers
#   lines    what the service needs with two lines, by hand: also the line's mark, and its table
#   gw       uplinkd with the same two lines and the same service
#   route    uplinkd, and the service by direct routing: the packet goes unchanged to the MAC of a
#            server, whose replies do not come back this way
#
# frames.c puts packets into dsl0 (to the servers) or lan0 (from them), 1,024 connections in turn.
# At both ends a rule counts and drops them, as early as can be; the time includes that. What was
# sent must arrive to the last packet, translated, or the bench fails.
. "$(dirname "$0")/bench.sh"

frames=${BENCH_FRAMES:-32000}
cpu=$(($(nproc) - 1))
declare -A service servers sent

# link_up GATEWAY INTERFACE ADDRESS PEER NEIGHBOUR...: to an end named after the peer; neighbours
# never answer
link_up() {
	local gateway=$1 interface=$2 end=$1-$4 neighbour

	[ -e "/run/netns/$lab-$end" ] || namespace "$end"
	ip link add "$interface" netns "$lab-$gateway" type veth peer name "$interface" netns "$lab-$end"
	n "$end" ip link set "$interface" up
	n "$gateway" ip link set "$interface" up
	n "$gateway" ip address add "$3" dev "$interface"
	for neighbour in "${@:5}"; do
		n "$gateway" ip neighbour replace "$neighbour" lladdr 02:00:00:00:00:02 \
			dev "$interface" nud permanent
	done
}

# sink END INTERFACE SIDE PEER...: counts and drops TCP packets with one of these addresses and
# ports ("172.16.0.2 . 80") on that side, saddr or daddr, a counter each
sink() {
	local peer i=0 port=dport

	[ "$3" = daddr ] || port=sport
	{
		echo "table netdev sink {"
		for peer in "${@:4}"; do
			echo "counter peer$((i++)) { }"
		done
		echo "chain sink {"
		echo "type filter hook ingress device $2 priority 0"
		i=0
		for peer in "${@:4}"; do
			echo "ip $3 . tcp $port { $peer } counter name peer$((i++)) drop"
		done
		echo "}"
		echo "}"
	} | n "$1" nft -f -
}

# sunk END [PEER]: how many have ended there
sunk() {
	n "$1" nft list counters table netdev sink |
		awk -v peer="${2-}" '/counter/ { name = $2 } $1 == "packets" && name ~ peer { sum += $2 }
			END { print sum + 0 }'
}

gateway() {
	namespace "$1"
	link_up "$1" dsl0 203.0.113.5/24 inet 203.0.113.1
	link_up "$1" dsl1 192.0.2.5/24 inet 192.0.2.1
	link_up "$1" lan0 172.16.0.1/24 lan 172.16.0.2 172.16.0.3
	n "$1" ip route add default via 203.0.113.1
	n "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	sink "$1-lan" lan0 daddr "172.16.0.2 . 80" "172.16.0.3 . 8000"
	service[$1]=203.0.113.5:80
	servers[$1]="172.16.0.2:80 172.16.0.3:8000"
	"arrange_$1"
	sink "$1-inet" dsl0 saddr "${service[$1]/:/ . }" "${service[$1]/*/172.16.0.3 . 8000}"
}

arrange_plain() {
	service[plain]=172.16.0.2:80
	servers[plain]=172.16.0.2:80
}

arrange_minimal() {
	n minimal nft -f - <<-'NFT'
		table ip service {
			chain prerouting {
				type nat hook prerouting priority dstnat
				iifname "dsl0" tcp dport 80 dnat to numgen inc mod 2 map { 0 : 172.16.0.2 . 80, 1 : 172.16.0.3 . 8000 }
			}
			chain postrouting {
				type nat hook postrouting priority srcnat
				oifname "dsl0" masquerade
			}
		}
	NFT
}

arrange_lines() {
	n lines ip -batch - <<-'END'
		route add default via 203.0.113.1 table 201
		route add default via 192.0.2.1 table 202
		rule add fwmark 1 lookup 201 priority 101
		rule add fwmark 2 lookup 202 priority 102
	END
	n lines nft -f - <<-'NFT'
		table ip service {
			chain lines {
				type filter hook prerouting priority mangle
				iifname "lan0" meta mark set ct mark accept
				iifname "dsl0" ct state new ct mark set 1
				iifname "dsl1" ct state new ct mark set 2
			}
			chain prerouting {
				type nat hook prerouting priority dstnat
				iifname { "dsl0", "dsl1" } tcp dport 80 dnat to numgen inc mod 2 map { 0 : 172.16.0.2 . 80, 1 : 172.16.0.3 . 8000 }
			}
			chain postrouting {
				type nat hook postrouting priority srcnat
				oifname { "dsl0", "dsl1" } masquerade
			}
		}
	NFT
}

arrange_gw() {
	gateway_config 1
	daemon_start
}

# A daemon of its own beside that of "gw".
arrange_route() {
	config "" "" <<-'END'
		services = ( { name = "www"; listen = [ "tcp/dsl0:80" ]; method = "route";
			servers = ( { address = "172.16.0.2"; }, { address = "172.16.0.3"; } ); } );
	END
	mv "$conf" "$tmp/route.conf"
	sink route-lan lan0 daddr "203.0.113.5 . 80"
	servers[route]=203.0.113.5:80
	start route "$build/src/uplinkd" -c "$tmp/route.conf" --runtime-dir "$tmp/route" >>"$log" 2>&1
	wait_for 20 "$build/src/ctl/uplinkctl" --runtime-dir "$tmp/route" status
}

# inject GATEWAY to|from KIND COUNT: prints how many were sent, and the ns of each
inject() {
	local interface=dsl0 peers=${service[$1]}

	[ "$2" = to ] || interface=lan0 peers=${servers[$1]}
	# shellcheck disable=SC2086 # the peers are words
	n "$1" nice -n -10 taskset -c "$cpu" "$tools/bench_frames" "$interface" "$2" "$3" "$4" $peers
}

# The handshakes of all connections. The first tells where a gateway begins its turns, so that the
# answers come from the server that was asked.
establish() {
	inject "$1" to syn 1 >/dev/null
	[ "$(sunk "$1-lan" peer1)" = 0 ] || servers[$1]="172.16.0.3:8000 172.16.0.2:80"
	inject "$1" to syn 1024 >/dev/null
	inject "$1" from synack 1024 >/dev/null
	inject "$1" to data 1024 >/dev/null
	inject "$1" from data 1024 >/dev/null
	sent[$1-lan]=$(sunk "$1-lan") sent[$1-inet]=$(sunk "$1-inet")
}

# slice GATEWAY to|from
slice() {
	local end=$1-lan count ns

	[ "$2" = to ] || end=$1-inet
	read -r count ns < <(inject "$1" "$2" data "$frames")
	sent[$end]=$((sent[$end] + count))
	echo "$ns" >>"$tmp/$2-$1"
}

# ratio DIRECTION GATEWAY RIVAL: of the slices of the same turn
ratio() {
	paste "$tmp/$1-$2" "$tmp/$1-$3" | awk '{ print $1 / $2 }' | median 2
}

for rival in plain minimal lines gw; do
	gateway $rival
	establish $rival
done
gateway route
inject route to syn 1024 >/dev/null
sent[route-lan]=$(sunk route-lan)
expect "route, connections at the servers" 1024 "${sent[route-lan]}"
for ((i = 0; i < 2 * rounds; i++)); do
	slice route to
	for rival in plain minimal lines gw; do
		slice $rival to
		slice $rival from
	done
done
for rival in plain minimal lines gw; do
	expect "$rival, packets at the servers" "${sent[$rival-lan]}" "$(sunk $rival-lan)"
	expect "$rival, packets at the clients" "${sent[$rival-inet]}" "$(sunk $rival-inet)"
done
expect "route, packets at the servers" "${sent[route-lan]}" "$(sunk route-lan)"
for way in to from; do
	figure "packet $way a server, plain forwarding" "$(median <"$tmp/$way-plain")" ns
	figure "packet $way a server, minimal nft DNAT by hand" "$(median <"$tmp/$way-minimal")" ns
	figure "packet $way a server, two lines by hand" "$(median <"$tmp/$way-lines")" ns
	figure "packet $way a server, uplinkd" "$(median <"$tmp/$way-gw")" ns
	figure "packet $way a server, uplinkd to minimal" "$(ratio $way gw minimal)" ratio 1.10
	figure "packet $way a server, uplinkd to two lines" "$(ratio $way gw lines)" ratio
done
figure "packet to a server, uplinkd, direct routing" "$(median <"$tmp/to-route")" ns
figure "packet to a server, uplinkd, direct routing to plain" "$(ratio to route plain)" ratio
figure "packet to a server, uplinkd, direct routing to minimal" "$(ratio to route minimal)" ratio
