#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A reload, of a file that says the same and of one that says something else of one server: how
# long uplinkctl takes, from its start to its end, and how many changes the kernel is asked for.
. "$(dirname "$0")/bench.sh"

# reload FILE: append how long it took
reload() {
	watch "$tmp/seen" "$build/src/ctl/uplinkctl" --runtime-dir "$tmp/run" reload
	seen exit first "$tmp/seen" >>"$1"
}

# messages: of a reload
messages() {
	trace_start
	check "reload" ctl reload
	trace_end
	changes=$(traced changes)
}

# measure SERVICES
measure() {
	local i what

	what="reload, $(services "$1")"
	gateway_config "$1"
	check "reload" ctl reload
	messages
	figure "$what, no change: messages that change" "$changes" messages 0
	gateway_config "$1" 172.16.0.4
	messages
	figure "$what, one server: messages that change" "$changes" messages
	for ((i = 0; i < rounds; i++)); do
		reload "$tmp/same-$1"
		gateway_config "$1" 172.16.0.$((5 + i % 2))
		reload "$tmp/other-$1"
	done
	figure "$what, no change" "$(median 2 1000 <"$tmp/same-$1")" ms
	figure "$what, one server" "$(median 2 1000 <"$tmp/other-$1")" ms
}

lab_up 2
gateway_config 1
daemon_start
for size in "${sizes[@]}"; do
	measure "$size"
done
