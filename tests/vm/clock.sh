#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The clock is set, backwards and forwards, over times at which a line's schedule changes and the
# month of its quota begins: what is then the case is so at once, not when the old times come.
modules="veth bridge nf_conntrack nf_nat nf_tables"
. "$(dirname "$0")/lab.sh"
lab_up 2
export TZ=UTC

# clock TIME: it is that time
clock() {
	date -s "$1" >/dev/null
}

goes_by() {
	[ "$(ask client -n 4 $inet4 80 | via | tally 2)" = "dsl$1:4" ]
}

clock "2030-01-07 12:00"
config 'schedule = [ "mon 10:00-20:00" ]; quota = { bytes = "1GB"; };' "tier = 2;" <<'END'
policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; } );
END
daemon_start
check "Monday noon, within its time" goes_by 0

clock "2030-01-07 09:00"
wait_for 60 goes_by 1
echo "- three hours back it rests"
clock "2030-01-07 10:30"
wait_for 60 goes_by 0
echo "- forward into its time"
clock "2030-01-09 12:00"
wait_for 60 goes_by 1
echo "- forward to another day it rests"
clock "2030-02-04 11:00"
wait_for 60 grep -q "uplink dsl0: the quota's month begins anew" "$log"
wait_for 60 goes_by 0
echo "- another month, and Monday again"
clock "2030-02-03 23:00"
wait_for 60 goes_by 1
echo "- the night before it rests"
