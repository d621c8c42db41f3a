#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Three equal lines share what goes out equally, and when one is cut the other two do; the same
# three with weights that have no common divisor.
. "$(dirname "$0")/lab.sh"
lab_up 3

config "" "" "" </dev/null
daemon_start
expect "three lines" "dsl0:20 dsl1:20 dsl2:20" "$(ask client -n 60 $inet4 80 | via | tally 2)"
expect "three lines, IPv6" "dsl0:20 dsl1:20 dsl2:20" "$(ask client -n 60 $inet6 80 | via | tally 2)"
expect "ten at a time" "dsl0:30 dsl1:30 dsl2:30" "$(ask client -n 90 -w 10 $inet4 80 | via | tally 2)"

line_cut 1
wait_for 20 line_is 1 down
expect "two lines" "dsl0:20 dsl2:20" "$(ask client -n 40 $inet4 80 | via | tally 2)"
line_mend 1
wait_for 20 line_is 1 up

config "weight = 7;" "weight = 3;" "weight = 2;" </dev/null
check "reload" ctl reload
expect "7 : 3 : 2" "dsl0:28 dsl1:12 dsl2:8" "$(ask client -n 48 $inet4 80 | via | tally 2)"
