#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# From the start of the program to a gateway that works, with nothing of it in the kernel before,
# and how much memory it has then.
. "$(dirname "$0")/bench.sh"

# set_up SERVICES
set_up() {
	rm -f "$tmp/seen"
	start gw "$tools/bench_watch" -r "$build/src/uplinkd" -c "$conf" --runtime-dir "$tmp/run" \
		>"$tmp/seen" 2>>"$log"
	daemon=$!
	wait_for 60 grep -q ready "$tmp/seen"
	seen ready first "$tmp/seen" >>"$tmp/ready-$1"
	seen change last "$tmp/seen" >>"$tmp/arranged-$1"
	resident_bytes >>"$tmp/resident-$1"
	daemon_stop
	n gw "$build/src/uplinkd" --flush --runtime-dir "$tmp/run" 2>>"$log"
	rm -r "$tmp/run"
}

# measure SERVICES READY-GOAL MEMORY-GOAL
measure() {
	local i

	gateway_config "$1"
	for ((i = 0; i < rounds; i++)); do
		set_up "$1"
	done
	figure "set-up, $(services "$1"): kernel arranged" "$(median 1 1000 <"$tmp/arranged-$1")" ms
	figure "set-up, $(services "$1"): ready" "$(median 1 1000 <"$tmp/ready-$1")" ms "$2"
	figure "set-up, $(services "$1"): resident memory" \
		"$(median 2 1000000 <"$tmp/resident-$1")" MB "$3"
}

lab_up 2
for size in "${sizes[@]}"; do
	measure "$size" "$([ "$size" != 1000 ] || echo 100)" "$([ "$size" != 1 ] || echo 6)"
done
