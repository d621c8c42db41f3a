#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A line is cut: how long until the kernel is arranged for it, and until the first packet of a new
# connection leaves by the other line. Both from the moment that the kernel tells of the carrier.
# Somebody in the LAN opens a new connection every 0.2 ms meanwhile.
. "$(dirname "$0")/bench.sh"

door=9

knocking() {
	[ "$(n gw conntrack -L -p udp --dport $door 2>/dev/null | wc -l)" -gt 0 ]
}

# cut_line FILE
cut_line() {
	local knocker

	start client "$tools/bench_knock" $inet4 $door 200
	knocker=$!
	wait_for 20 knocking
	watch "$1" -c -t "/run/netns/$lab-p1:line:$door" \
		nsenter --net="/run/netns/$lab-p0" ip link set customer down
	stop $knocker || [ $? = 143 ] || fail "knock ended with an error"
}

# The connections go too, lest one that went by the other line be taken up again by its port.
mend() {
	n gw conntrack -F 2>/dev/null
	line_mend 0
	wait_for 20 line_is 0 up
	wait_for 20 nothing_to_do
}

# measure SERVICES
measure() {
	local i

	gateway_config "$1"
	check "reload" ctl reload
	for ((i = 0; i < rounds; i++)); do
		cut_line "$tmp/seen"
		seen change last "$tmp/seen" >>"$tmp/arranged-$1"
		seen packet first "$tmp/seen" >>"$tmp/packet-$1"
		mend
	done
	figure "carrier lost, $(services "$1"): kernel arranged" "$(median 2 1000 <"$tmp/arranged-$1")" ms 5
	figure "carrier lost, $(services "$1"): new connection on the other line" \
		"$(median 2 1000 <"$tmp/packet-$1")" ms
}

lab_up 2
gateway_config 1
daemon_start
for size in "${sizes[@]}"; do
	measure "$size"
done

gateway_config 1
check "reload" ctl reload
trace_start
line_cut 0
wait_for 20 line_is 0 down
mend
line_address 0 203.0.113.6/24
n gw ip address del 203.0.113.5/24 dev dsl0
wait_for 20 nothing_to_do
check "reload" ctl reload
trace_end
figure "processes forked by cut, return, new address and reload" "$(traced forks)" processes 0
