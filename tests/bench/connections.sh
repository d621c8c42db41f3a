#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# New connections through a service with two servers, and what they cost: the CPU time of clients,
# gateway and servers together, which all work on one CPU, for one connection. Gateways, each
# between ends of its own, are measured in turns, a slice each:
#
#     dsl0 of "inet"  <--- dsl0 [ gateway ] lan0 --->  lan0 of "lan"
#     203.0.113.1   203.0.113.5           172.16.0.1   172.16.0.2:80 and 172.16.0.3:8000
#     198.51.100.1 to .10: clients
#
#   none     no gateway: the servers have the service's address themselves, on port 80
#   minimal  one rule of nft, written by hand, shares the service out to the servers
#   haproxy  HAProxy in TCP mode, one thread, both servers in turn
#   gw       uplinkd: by wrr, by wlc and persistent, each in its turn
#
# What a connection costs without a gateway is taken off, since clients and servers are other
# machines, and the rest gives how many connections one CPU of the gateway carries in a second.
# CPU time, and not the clock's, so that the figures stand when the machine has other work.
#
# clients.c opens, asks, is answered and resets, 32 connections at a time. Every connection has to
# be served, or the bench fails. After a slice its connections are forgotten, lest those of one
# slice be the load of the next; what of that falls to uplinkd counts, too.
. "$(dirname "$0")/bench.sh"

milliseconds=${BENCH_SLICE:-300}
here=(nice -n -10 taskset -c $(($(nproc) - 1))) # on the one CPU, ahead of others
declare -A settings=([wrr]='scheduler = "wrr"' [wlc]='scheduler = "wlc"'
	[persistent]='persistent = "5m"') # of the service
declare -A workers # of a gateway: the processes whose time counts

# link_up GATEWAY INTERFACE ADDRESS END END-ADDRESS: to an end that answers
link_up() {
	namespace "$1-$4"
	ip link add "$2" netns "$lab-$1" type veth peer name "$2" netns "$lab-$1-$4"
	n "$1" ip link set "$2" up
	n "$1" ip address add "$3" dev "$2"
	n "$1-$4" ip link set "$2" up
	n "$1-$4" ip address add "$5" dev "$2"
}

# serve_at END ADDRESS PORT...: the servers of the gateway that END belongs to
serve_at() {
	start "$1" "${here[@]}" "$tools/bench_clients" serve "${@:2}" >"$tmp/servers-$1"
	workers[${1%-*}]="$! $(pgrep -x "ksoftirqd/$(($(nproc) - 1))")"
	wait_for 30 grep -q listening "$tmp/servers-$1"
}

clients_at() {
	local i

	for i in {1..10}; do
		n "$1" ip address add "198.51.100.$i/32" dev lo
	done
}

no_gateway() {
	namespace none-lan
	namespace none-inet
	ip link add dsl0 netns "$lab-none-lan" type veth peer name dsl0 netns "$lab-none-inet"
	n none-lan ip link set dsl0 up
	n none-inet ip link set dsl0 up
	n none-lan ip address add 203.0.113.5/24 dev dsl0
	n none-inet ip address add 203.0.113.1/24 dev dsl0
	n none-lan ip route add default via 203.0.113.1
	clients_at none-inet
	serve_at none-lan 203.0.113.5 80
}

gateway() {
	namespace "$1"
	link_up "$1" dsl0 203.0.113.5/24 inet 203.0.113.1/24
	link_up "$1" lan0 172.16.0.1/24 lan 172.16.0.2/24
	n "$1" ip route add default via 203.0.113.1
	n "$1" tee /proc/sys/net/ipv4/ip_forward <<<1 >/dev/null
	n "$1-lan" ip address add 172.16.0.3/24 dev lan0
	n "$1-lan" ip route add default via 172.16.0.1
	clients_at "$1-inet"
	serve_at "$1-lan" 172.16.0.2 80 172.16.0.3 8000
	"arrange_$1"
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

proxy_listens() {
	[ -n "$(n haproxy ss -Hlnt 'sport = 80')" ]
}

arrange_haproxy() {
	cat >"$tmp/haproxy.cfg" <<-'END'
		global
			nbthread 1
			maxconn 1000
		defaults
			mode tcp
			timeout connect 5s
			timeout client 30s
			timeout server 30s
		listen www
			bind 203.0.113.5:80
			balance roundrobin
			server one 172.16.0.2:80
			server two 172.16.0.3:8000
	END
	start haproxy "${here[@]}" haproxy -db -f "$tmp/haproxy.cfg"
	workers[haproxy]+=" $!"
	wait_for 30 proxy_listens
}

# uplinkd_config SETTING: of the service
uplinkd_config() {
	config "" <<-END
		services = ( { name = "www"; listen = [ "tcp/dsl0:80" ]; $1;
			servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.3:8000"; } ); } );
	END
}

# The daemon works on the same CPU, so that its work counts.
arrange_gw() {
	uplinkd_config "${settings[wrr]}"
	daemon_start
	taskset -a -p -c $(($(nproc) - 1)) "$daemon" >/dev/null
	workers[gw]+=" $daemon"
}

# What it has heard of is done: nothing is left in its sockets' queues.
daemon_is_idle() {
	awk '$2 == 12 && $5 > 0 { waiting = 1 } END { exit waiting }' "/proc/$daemon/net/netlink"
}

# cpu GATEWAY: what its processes have used, in ns
cpu() {
	# shellcheck disable=SC2086 # the processes are words
	"$tools/bench_clients" cpu ${workers[$1]}
}

# slice GATEWAY [NAME]: appends the CPU time of a connection, in ns
slice() {
	local count failed own before

	before=$(cpu "$1")
	read -r count failed own < <(n "$1-inet" "${here[@]}" "$tools/bench_clients" \
		run 203.0.113.5 80 "$milliseconds" 32 198.51.100.1 10)
	expect "${2:-$1}: connections not served" 0 "$failed"
	[ "$count" -gt 0 ] || fail "${2:-$1}: no connection"
	[ "$1" = none ] || n "$1" conntrack -F 2>/dev/null
	wait_for 20 daemon_is_idle
	echo $(((own + $(cpu "$1") - before) / count)) >>"$tmp/ns-${2:-$1}"
}

# slice_of_uplinkd NAME: of the setting
slice_of_uplinkd() {
	uplinkd_config "${settings[$1]}"
	check "reload" ctl reload
	slice gw "$1"
}

# share NAME: the gateway's, of each turn, in ns
share() {
	paste "$tmp/ns-$1" "$tmp/ns-none" | awk '{ print $1 - $2 }'
}

# rate NAME: connections a second that one CPU of the gateway carries, in the median
rate() {
	share "$1" | awk '{ print 1e9 / $1 }' | median
}

# ratio NAME RIVAL: how many times as many as the rival's, of the slices of the same turn
ratio() {
	paste <(share "$2") <(share "$1") | awk '{ print $1 / $2 }' | median 2
}

no_gateway
for rival in minimal haproxy gw; do
	gateway $rival
done
for ((i = 0; i < 2 * rounds; i++)); do
	for rival in none minimal haproxy; do
		slice $rival
	done
	for setting in wrr wlc persistent; do
		slice_of_uplinkd $setting
	done
done

what="connections a second on one CPU"
figure "clients and servers alone: CPU time of a connection" "$(median 1 1000 <"$tmp/ns-none")" us
figure "$what, minimal nft DNAT by hand" "$(rate minimal)" 1/s
figure "$what, HAProxy" "$(rate haproxy)" 1/s
for setting in wrr wlc persistent; do
	figure "$what, uplinkd, $setting" "$(rate $setting)" 1/s
	figure "$what, uplinkd, $setting, to minimal" "$(ratio $setting minimal)" ratio ">0.95"
	figure "$what, uplinkd, $setting, to HAProxy" "$(ratio $setting haproxy)" ratio ">3"
done
