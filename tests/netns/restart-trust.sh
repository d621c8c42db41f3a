#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon is started anew while the better line waits to be trusted after many outages, and again
# when it is: what the line is not forgiven outlives that, the wait does not begin anew, and what
# happens to the line while no daemon runs counts as well.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "tier = 1;" "tier = 2;" <<<''
daemon_start

flap() {
	line_cut 0
	wait_for 20 line_is 0 down
	line_mend 0
}

for i in 1 2 3; do
	flap
	wait_for 20 line_is 0 up
done
flap
wait_for 20 line_is 0 probing
ten="back, trusted after 10 s (4 outages lately)"
expect "the fourth outage" "$ten" "$(line 0 reason)"

daemon_kill
daemon_start
expect "after a restart" "probing $ten" "$(line 0 state) $(line 0 reason)"
expect "new connections" "dsl1:4" "$(ask client -n 4 $inet4 80 | via | tally 2)"
wait_for 60 line_is 0 up
expect "penalties told of" 1 "$(grep -c 'penalty of level' "$log")"

daemon_kill
daemon_start
expect "a trusted line after a restart" "dsl0:4" "$(ask client -n 4 $inet4 80 | via | tally 2)"
daemon_kill
line_cut 0
daemon_start
expect "cut while no daemon ran" "down no carrier" "$(line 0 state) $(line 0 reason)"
daemon_kill
line_mend 0
daemon_start
expect "mended while no daemon ran" "probing back, trusted after 20 s (5 outages lately)" \
	"$(line 0 state) $(line 0 reason)"
expect "new connections" "dsl1:4" "$(ask client -n 4 $inet4 80 | via | tally 2)"
