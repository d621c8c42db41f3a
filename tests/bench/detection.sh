#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A line with probes at defaults dies in four ways: in silence, with its carrier, with its interface,
# and with its PPP session, of which pppd's plugin tells while the interface is as good as ever. How
# long until the first packet of a new connection leaves by the other line, counted from what ends
# it, the kernel's notification or the plugin's message; and, from the moment that the line works
# again, until one leaves by it. Somebody in the LAN opens a new connection every millisecond
# meanwhile. Every round has a daemon of its own, which knows nothing of those before: a line that
# dies often waits longer to be trusted.
#
# Next to it: what others' published algorithms and defaults come to.
. "$(dirname "$0")/bench.sh"

door=9
back_door=10
knocker=
teller=

# knocking DOOR
knocking() {
	[ "$(n gw conntrack -L -p udp --dport "$1" 2>/dev/null | wc -l)" -gt 0 ]
}

# knock DOOR: until the next one
knock() {
	[ -z "$knocker" ] || knock_no_more
	start client "$tools/bench_knock" "$inet4" "$1" 1000
	knocker=$!
	wait_for 20 knocking "$1"
}

knock_no_more() {
	stop "$knocker" || [ $? = 143 ] || fail "knock ended with an error"
	knocker=
}

# both_work: and the probes say so
both_work() {
	line_is 0 up && line_is 1 up
}

line_silent() {
	silence >"$tmp/silence"
	watch "$1" -t "/run/netns/$lab-p1:line:$door" \
		nsenter --net="/run/netns/$lab-p0" nft -f "$tmp/silence"
}

carrier() {
	watch "$1" -c -t "/run/netns/$lab-p1:line:$door" \
		nsenter --net="/run/netns/$lab-p0" ip link set customer down
}

link_end() {
	watch "$1" -c -t "/run/netns/$lab-p1:line:$door" ip link delete dsl0
}

# told WORD...: by a process that lives as long as this, over all daemons
told() {
	if [ -z "$teller" ]; then
		mkfifo "$tmp/tell"
		exec 7<>"$tmp/tell"
		start gw "$tools/bench_told" "$tmp/run/ppp" "$tmp/tell" >"$tmp/told" 7>&-
		teller=$!
	fi
	echo "interface=dsl0 $*" >&7
}

session_is_kept() {
	grep -q '^interface=dsl0$' "$tmp/run/sessions"
}

session_end() {
	told event=ip-up up=4 persist=1
	wait_for 20 session_is_kept
	watch "$tmp/watched" -a -t "/run/netns/$lab-p1:line:$door" \
		sh -c "echo interface=dsl0 event=ip-down up=none end=gone >'$tmp/tell'"
	awk -v told="$(tail -n 1 "$tmp/told")" '$1 == "packet" { print $1, $2 - told }' "$tmp/watched" >"$1"
}

mend_session_end() {
	told event=ip-up up=4 persist=1
}

mend_line_silent() {
	line_speak 0
}

mend_carrier() {
	line_mend 0
}

mend_link_end() {
	line_plug 0
}

# recover WAY FILE: the clock runs from just before the line is mended. Another door, for the kernel
# has kept packets to the first one that waited for the line's neighbour.
recover() {
	knock $back_door
	n gw "$tools/bench_watch" -t "/run/netns/$lab-p0:line:$back_door" true >"$2"
	"mend_$1"
	wait_for 150 [ -s "$2" ]
}

# round WAY
round() {
	daemon_start
	wait_for 60 both_work
	knock $door
	"$1" "$tmp/seen"
	seen packet first "$tmp/seen" >>"$tmp/$1-found"
	recover "$1" "$tmp/seen"
	seen packet first "$tmp/seen" >>"$tmp/$1-recovered"
	knock_no_more
	daemon_stop
	rm -f "$tmp/run/trust"
	n gw conntrack -F 2>/dev/null
}

# measure WAY NAME GOAL
measure() {
	local i

	for ((i = 0; i < rounds; i++)); do
		round "$1"
	done
	figure "$2: new connection on the other line" "$(median 2 1000 <"$tmp/$1-found")" ms "$3"
	figure "$2: the same, at most" "$(largest 2 1000 <"$tmp/$1-found")" ms "$3"
	figure "$2: used again after" "$(median 2 1000000 <"$tmp/$1-recovered")" s 10
	figure "$2: the same, at most" "$(largest 2 1000000 <"$tmp/$1-recovered")" s
}

lab_up 2
probed_config 2
measure line_silent "line silent" 1500
measure carrier "carrier lost, probes" 50
measure link_end "link ended" 50
measure session_end "PPP session ended, as its plugin tells" 50

"$tools/bench_dpinger" "$rounds" >"$tmp/dpinger"
figure "computed, dpinger's algorithm with pfSense's defaults: silence found" \
	"$(awk '$1 == "silence" { print $2 }' "$tmp/dpinger" | median 2 1000)" ms
figure "computed, the same: used again after" \
	"$(awk '$1 == "recovery" { print $2 }' "$tmp/dpinger" | median 2 1000000)" s
# mwan3track: one host, asked every 10 s with 4 s patience, is down after 5 rounds, up after 5.
figure "computed, mwan3's defaults: silence found, at most" $((5 * (10 + 4) * 1000)) ms
figure "computed, the same: used again after, at most" $((5 * 10 + 10)) s
