#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Thousands of services with four servers each: set-up and memory, and what it takes to change one
# server of one of them, from the request on the daemon's socket to its answer, which comes when the
# kernel is arranged. Then what the daemon has to do when one of as many services by wlc gets 200
# new connections a second.
. "$(dirname "$0")/bench.sh"

pace_us=5000

# Where the machine has other work the least is nearest to what it takes.
least() {
	sort -n | head -n 1
}

# set_up SERVICES: and leave it running
set_up() {
	scale_config "$1" wrr
	rm -f "$tmp/seen"
	start gw "$tools/bench_watch" -r "$build/src/uplinkd" -c "$conf" --runtime-dir "$tmp/run" \
		>"$tmp/seen" 2>>"$log"
	daemon=$!
	wait_for 60 grep -q ready "$tmp/seen"
	seen ready first "$tmp/seen" >>"$tmp/ready-$1"
}

tear_down() {
	daemon_stop
	n gw "$build/src/uplinkd" --flush --runtime-dir "$tmp/run" 2>>"$log"
	rm -r "$tmp/run"
}

# ask FILE REQUEST TIMES [ARGUMENT...]
ask() {
	"$tools/bench_request" "$tmp/run/bus" "${@:2}" >>"$1"
}

# print_times WHAT FILE [GOAL]: in ms
print_times() {
	figure "$1" "$(median 1 1000 <"$2")" ms "${3-}"
	figure "$1, at best" "$(least <"$2" | median 1 1000)" ms
}

# changes SERVICES: of one server, by request and by the file
changes() {
	local i last=$(($1 - 1)) goal=''

	[ "$1" != 10000 ] || goal=20
	ask "$tmp/weight-$1" weight $((2 * rounds)) "s$last" "172.16.0.20:$((8000 + last))"
	print_times "weight of a server, $(services "$1")" "$tmp/weight-$1" $goal
	for ((i = 0; i < (rounds + 2) / 3; i++)); do
		ask "$tmp/same-$1" reload 1
		scale_config "$1" wrr "172.16.0.$((24 + i % 2))"
		ask "$tmp/other-$1" reload 1
	done
	print_times "reload, $(services "$1") of four servers, no change" "$tmp/same-$1"
	print_times "reload, $(services "$1") of four servers, one server" "$tmp/other-$1"
}

# measure SERVICES
measure() {
	local i ready='' memory=''

	[ "$1" != 10000 ] || ready=2000 memory=100
	for ((i = 0; i < (rounds + 2) / 3; i++)); do
		[ "$i" = 0 ] || tear_down
		set_up "$1"
		resident_bytes >>"$tmp/resident-$1"
	done
	print_times "set-up, $(services "$1") of four servers" "$tmp/ready-$1" $ready
	figure "set-up, $(services "$1") of four servers: resident memory" \
		"$(median 1 1000000 <"$tmp/resident-$1")" MB $memory
	changes "$1"
	figure "after changes, $(services "$1") of four servers: resident memory" \
		"$(resident_bytes | median 1 1000000)" MB $memory
	tear_down
}

# cpu_us: of the daemon, up to now
cpu_us() {
	echo $(($("$tools/bench_clients" cpu "$daemon") / 1000))
}

# knocked SERVICES: at one of as many by wlc
knocked() {
	local before begun

	scale_config "$1" wlc
	start gw "$build/src/uplinkd" -c "$conf" --runtime-dir "$tmp/run" >>"$log" 2>&1
	daemon=$!
	wait_for 300 ctl status
	n gw conntrack -F 2>/dev/null
	# Connections that end are what turns a ring: those that only come take what stands there.
	n gw tee /proc/sys/net/netfilter/nf_conntrack_udp_timeout <<<1 >/dev/null
	before=$(cpu_us) begun=${EPOCHREALTIME/./}
	n inet timeout $((rounds < 5 ? 1 : 10)) "$tools/bench_knock" 203.0.113.5 80 $pace_us ||
		[ $? = 124 ] || fail "knock ended with an error"
	figure "200 connections a second at one of $(services "$1") by wlc: CPU share of the daemon" \
		"$(awk -v used=$(($(cpu_us) - before)) -v time=$((${EPOCHREALTIME/./} - begun)) \
			'BEGIN { printf "%.1f", used * 100 / time }')" %
	tear_down
}

lab_up 1
for scale in "${scales[@]}"; do
	measure "$scale"
	knocked "$scale"
done
