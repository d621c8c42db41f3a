#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Complaint: failback never, or only once. The three ways to go back to a better line, each in
# several rounds: with the first answer, after a while of good ones, and by the operator's word,
# which outlives reloads and restarts and is not waited for when the other line is lost.
. "$(dirname "$0")/lab.sh"
lab_up 2

# failback WAY [PASS]: of dsl0, which is better
failback() {
	config "failback = \"$1\"; pass = ${2:-20};
		probes = ( { kind = \"icmp\"; targets = [ \"$inet4\" ]; interval = \"200ms\"; } );" \
		"tier = 2;" <<<""
}

goes_by() {
	[ "$(ask client -n 4 $inet4 80 | via | tally 2)" = "dsl$1:4" ]
}

# fresh WAY [PASS]: a daemon that knows nothing of outages
fresh() {
	failback "$@"
	rm -f "$tmp/run/trust"
	daemon_start
	wait_for 20 goes_by 0
}

fresh at-once
for round in 1 2 3 4 5; do
	line_cut 0
	wait_for 20 goes_by 1
	line_mend 0
	wait_for 20 goes_by 0
	echo "- at once, round $round: all go by dsl0 again"
done
expect "that it had to be trusted for" "" "$(grep 'trusted after' "$log" || true)"
daemon_stop

fresh when-stable 40 # 8 s, in which "not yet" is looked for
for round in 1 2 3; do
	line_cut 0
	wait_for 20 goes_by 1
	line_mend 0
	wait_for 20 line_is 0 probing
	check "when stable, round $round: not yet" goes_by 1
	wait_for 60 goes_by 0
	echo "- when stable, round $round: all go by dsl0 again"
done
daemon_stop

fresh manual
expect "held at the start" false "$(line 0 held)"
for round in 1 2 3; do
	line_cut 0
	wait_for 20 goes_by 1
	line_mend 0
	wait_for 60 line_is 0 up
	expect "manual, round $round: held" true "$(line 0 held)"
	check "all still go by dsl1" goes_by 1
	case $round in
	1)
		check "a reload" ctl reload
		check "does not move them" goes_by 1
		;;
	2)
		daemon_kill
		daemon_start
		check "a restart does not move them" goes_by 1
		expect "held" true "$(line 0 held)"
		;;
	3)
		line_cut 1
		wait_for 20 goes_by 0
		line_mend 1
		wait_for 20 line_is 1 up
		check "needed, it is no longer held" goes_by 0
		continue
		;;
	esac
	check "the operator says so" ctl failback dsl0
	check "all go by dsl0 again" goes_by 0
	expect "held" false "$(line 0 held)"
done
