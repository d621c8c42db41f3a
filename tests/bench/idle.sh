#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the daemon costs while nothing happens: four lines, each with probes at defaults.
. "$(dirname "$0")/bench.sh"

seconds=${BENCH_IDLE:-60}
# shellcheck disable=SC2034 # lab.sh reads them
gateway4+=(198.51.101.1) address4+=(198.51.101.5)
# shellcheck disable=SC2034
gateway6+=(2001:db8:d::1) address6+=(2001:db8:d::5)

# cpu_ticks: of the daemon and what it has awaited, so far
cpu_ticks() {
	awk '{ sub(/.*\) /, ""); print $12 + $13 + $14 + $15 }' "/proc/$daemon/stat"
}

wakeups() {
	awk '$1 ~ /ctxt_switches:$/ { n += $2 } END { print n }' "/proc/$daemon/status"
}

all_up() {
	[ "$(ctl status --json | jq '[.uplinks[] | select(.state == "up")] | length')" = 4 ]
}

# measure NAME
measure() {
	local ticks switches

	daemon_start
	wait_for 60 all_up
	wait_for 60 nothing_to_do
	ticks=$(cpu_ticks) switches=$(wakeups)
	sleep "$seconds"
	ticks=$(($(cpu_ticks) - ticks)) switches=$(($(wakeups) - switches))
	figure "idle, 4 lines, $1: CPU time in an hour" "$(awk -v t="$ticks" -v s="$seconds" \
		-v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.1f", t / hz / s * 3600 }')" s
	figure "idle, 4 lines, $1: wakeups a second" "$(awk -v n="$switches" -v s="$seconds" \
		'BEGIN { printf "%.1f", n / s }')" /s
	daemon_stop
}

lab_up 4
config "" "" "" "" </dev/null
measure "no probes"
probed_config 4
measure "two targets each"
