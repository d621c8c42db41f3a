#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon is started anew while the better line is silent: no new connection is sent there, not
# even at first. When the line has recovered meanwhile, what goes over it goes on, and it is trusted
# as any line is that was silent.
. "$(dirname "$0")/lab.sh"
lab_up 2

probes='probes = ( { kind = "icmp"; targets = [ "198.51.100.11", "198.51.100.12" ]; } );'
config "tier = 1; $probes" "tier = 2; $probes" <<<''
serve gw gw 8080
daemon_start

# since LINES: what the log says of dsl0 after so many lines
since() {
	tail -n +$(($1 + 1)) "$log" | grep -o 'uplink dsl0: .* -> [a-z]*' | sed 's/.*: //' | paste -sd,
}

expect "at first" "inet dsl0" "$(ask client $inet4 80 | via)"
line_silence 0
wait_for 20 line_is 0 down
flow other client tcp $inet4 80
said=$(wc -l <"$log")
daemon_kill
daemon_start
expect "new connections after a restart" "dsl1:6" "$(ask client -n 6 $inet4 80 | via | tally 2)"
wait_for 20 line_is 0 down
expect "the silent line" "start -> probing,probing -> down" "$(since "$said")"
expect_unbroken other

daemon_kill
line_speak 0
flow inward inet tcp 203.0.113.5 8080
said=$(wc -l <"$log")
daemon_start
wait_for 20 line_is 0 up
expect "a line that recovered meanwhile" "start -> probing,probing -> up" "$(since "$said")"
expect_unbroken inward
