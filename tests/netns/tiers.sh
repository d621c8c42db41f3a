#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tiers: the lowest that has a line up carries everything, and gets everything back when it returns.
# "fo" takes one line only, the others share.
. "$(dirname "$0")/lab.sh"
lab_up 3

config "tier = 1;" "tier = 2; weight = 2;" "tier = 2;" <<'END'
policies = (
  { name = "fo"; ports = [ "tcp/443" ]; use = [ "dsl0", "dsl1", "dsl2" ]; scheduler = "fo"; },
  { name = "rest"; use = [ "dsl0", "dsl1", "dsl2" ]; }
);
END
daemon_start

shares() {
	expect "$1, fo" "$2" "$(ask client -n 12 $inet4 443 | via | tally 2)"
	expect "$1, wrr" "$3" "$(ask client -n 12 $inet4 80 | via | tally 2)"
	expect "$1, wrr, IPv6" "$3" "$(ask client -n 12 $inet6 80 | via | tally 2)"
	expect "$1, the box itself" "$4" "$(ask gw -n 3 --tos 0 $inet4 443 | via | tally 2)"
}

shares "all up" dsl0:12 dsl0:12 dsl0:3
line_cut 0
wait_for 20 line_is 0 down
shares "tier 1 down" dsl1:12 "dsl1:8 dsl2:4" dsl1:3
line_cut 1
wait_for 20 line_is 1 down
shares "only the last" dsl2:12 dsl2:12 dsl2:3
line_mend 0
wait_for 20 line_is 0 up
shares "tier 1 back" dsl0:12 dsl0:12 dsl0:3
