#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "States are killed although no other line is up." With the last line gone, too, connections stay
# as they are, and go on when it returns; those of a line that died before it are told then only
# because there was another.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "" "" <<'END'
policies = ( { name = "rest"; use = [ "dsl0" ]; otherwise = "any"; } );
END
daemon_start

entries() {
	n gw conntrack -L 2>/dev/null | grep -cF "dst=${address4[$1]}" || true
}

hold first client $inet4 80
line_cut 0
wait_for 20 grep -q reset "$tmp/held.first"
expect "one line is left" "inet: connection reset by peer" "$(ends first)"

flow talks client tcp $inet4 80
flow voice client udp $inet4 5060
hold idle client $inet4 80
hold box gw $inet4 80
before=$(entries 1)
watch_destroyed
line_cut 1
wait_for 20 line_is 1 down
expect "outside" "error: unreachable" "$(ask client -t 5 $inet4 80)"
expect "entries with no line left" "$before" "$(entries 1)"

line_mend 1
wait_for 20 line_is 1 up
flow_end talks
expect "messages of the flow, of $sent" "$sent" "$answered"
expect "the idle ones" "" "$(ends idle)$(ends box)"
expect "entries deleted" "" "$(destroyed | grep -w tcp | grep -F "dst=${address4[1]}" || true)"
expect "the telephone" "inet sees ${address4[1]}" "$(flow_log voice | sed 's/^[0-9.]* //' | sort -u)"
