#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Health checks: what share of one CPU hundreds of them take, at an interval of a second, each from
# the gateway to a server on the LAN over a connection of its own; and how many a second one CPU
# could do, by that. None may fail.
. "$(dirname "$0")/bench.sh"

seconds=$((rounds < 10 ? rounds + 1 : 10))

# measure KIND NUMBER
measure() {
	local what="checks, $2 $1 a second"

	n gw "$tools/bench_checks" run "$1" "$2" 1000 $seconds 172.16.0.2 8080 >"$tmp/checks"
	value() { awk -v key="$1" '$1 == key { print $2 }' "$tmp/checks"; }
	figure "$what: made" "$(value per-second)" 1/s
	figure "$what: failed" "$(value failures)" checks 0
	figure "$what: CPU share" "$(value cpu-percent)" %
	figure "$what: CPU time of one" "$(value cpu-us-each)" us
}

lab_up 1
start web1 "$tools/bench_checks" serve 172.16.0.2 8080 >"$tmp/port"
wait_for 20 [ -s "$tmp/port" ]
for kind in tcp http; do
	measure $kind 500
done
