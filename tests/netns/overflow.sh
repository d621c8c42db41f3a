#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "overflow": new connections take the first line for as long as it has room, then the next, and
# the first again when it has room again. Measured by what the lines really carry.
. "$(dirname "$0")/lab.sh"
lab_up 2

bandwidth='bandwidth = { up = "1mbit"; down = "1mbit"; };'
config "$bandwidth" "$bandwidth" <<'END'
policies = (
  { name = "over"; ports = [ "tcp/80", "udp/9" ]; use = [ "dsl0", "dsl1" ];
    scheduler = "overflow"; overflow = "60%"; },
  { name = "rest"; use = [ "dsl0", "dsl1" ]; }
);
END
daemon_start

goes_by() {
	[ "$(ask client -n 4 $inet4 80 | via | tally 2)" = "dsl$1:4" ]
}

# rate LINE LEAST MOST: what it carries, in kbit a second. (Asking makes traffic, too.)
rate() {
	line "$1" rate_up | awk -v least="$2" -v most="$3" '{ exit !($1 >= least * 1000 && $1 <= most * 1000) }'
}

# load NAME SOURCE: 900 kbit a second
load() {
	start client "$helpers/load.py" "$2" $inet4 9 900 2>/dev/null
	flows[$1]=$!
}

check "at rest all go by the first" goes_by 0
load first 172.16.0.11
# Well above the mark: who begins when it has sunk below goes by the first, and stays there.
wait_for 60 rate 0 850 1000
wait_for 30 goes_by 1
echo "- the first is full: all go by the second"
load second 172.16.0.12
wait_for 30 rate 1 650 1000
wait_for 30 rate 0 650 1000
echo "- so is the second"
let_go first
wait_for 30 rate 0 0 500
wait_for 30 goes_by 0
echo "- the first has room again: all go by it"
let_go second
