#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "least-used": new connections are spread by what is free of the lines' bandwidth now.
. "$(dirname "$0")/lab.sh"
lab_up 2

bandwidth='bandwidth = { up = "1mbit"; down = "1mbit"; };'
config "$bandwidth" "$bandwidth" <<'END'
policies = (
  { name = "free"; ports = [ "tcp/80" ]; use = [ "dsl0", "dsl1" ]; scheduler = "least-used"; },
  { name = "bulk"; ports = [ "udp/9" ]; use = [ "dsl0" ]; },
  { name = "rest"; use = [ "dsl0", "dsl1" ]; }
);
END
daemon_start

# of_20 LINE: how many of 20 new connections take it
of_20() {
	ask client -n 20 $inet4 80 | via | awk -v line="dsl$1" '$2 == line { n++ } END { print n + 0 }'
}

# rate LINE LEAST MOST: what it carries, in kbit a second. (Asking makes traffic, too.)
rate() {
	line "$1" rate_up | awk -v least="$2" -v most="$3" '{ exit !($1 >= least * 1000 && $1 <= most * 1000) }'
}

# of_20_steadily LINE LEAST MOST: sets $n, asked while the line carries so much all the time. (Load that
# a busy machine held up comes after all at once: then the line is more than full.)
of_20_steadily() {
	rate "$@" && n=$(of_20 "$1") && rate "$@"
}

expect "at rest, of 20 by dsl0" 10 "$(of_20 0)"
start client "$helpers/load.py" 172.16.0.11 $inet4 9 900 2>/dev/null
flows[bulk]=$!
# About 0.9 of it are used, and little of the other.
wait_for 60 of_20_steadily 0 800 950
expect_match "of 20, by the line that is nearly full" "[1-5]" "$n"
let_go bulk
wait_for 30 rate 0 0 30
# The last of it may still be in the mean.
expect_match "at rest again, of 20 by dsl0" "@(9|10|11)" "$(of_20 0)"

# A line of twice the bandwidth gets twice as much.
config 'bandwidth = { up = "2mbit"; down = "2mbit"; };' "$bandwidth" <<'END'
policies = (
  { name = "free"; ports = [ "tcp/80" ]; use = [ "dsl0", "dsl1" ]; scheduler = "least-used"; }
);
END
check "another bandwidth" ctl reload
expect_match "of 20 by dsl1" "[67]" "$(of_20 1)"
