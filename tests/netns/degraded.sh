#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A line that works badly is degraded: it gets no new connections while a better line is there,
# even one of a worse tier; what it has stays. When it is the only one, it is used.
. "$(dirname "$0")/lab.sh"
lab_up 2

late() {
	printf '%s %s\n' "${address4[0]}" "$1" >"$tmp/late.new"
	mv "$tmp/late.new" "$tmp/late"
}
late 5
start inet "$helpers/late.py" 198.51.100.11 5353 "$tmp/late" 2>>"$tmp/servers.log"
listens() {
	[ -n "$(n inet ss -Hlnu src 198.51.100.11:5353)" ]
}
wait_for 20 listens # an earlier question would be refused, and the line be down

# The marks are far from what a busy machine adds; nor is it silent because it stands still for seconds.
config 'fail = 60; latency = { low = "500ms"; high = "4s"; };
	probes = ( { kind = "dns"; targets = [ "198.51.100.11:5353" ]; interval = "100ms"; timeout = "5s"; } );' \
	"tier = 2;" <<<""
daemon_start

goes_by() {
	[ "$(ask client -n 4 $inet4 80 | via | tally 2)" = "dsl$1:4" ]
}

# all_by_dsl0 WHAT: they do when it is up. Answers that are late as a machine stands still degrade it.
all_by_dsl0() {
	local since

	until
		wait_for 60 line_is 0 up
		since=$(line 0 since)
		goes_by 0
	do
		[ "$(line 0 state) $(line 0 since)" != "up $since" ] || fail "dsl0 is up, but not used"
	done
	echo "- $1"
}

all_by_dsl0 "all go by dsl0"
for round in 1 2; do
	flow "stays$round" client tcp $inet4 80
	late 1200
	wait_for 30 line_is 0 degraded
	check "degraded ($round): all new ones go by dsl1, of a worse tier" goes_by 1
	expect "the box itself, too" "dsl1:2" "$(ask gw -n 2 $inet4 443 | via | tally 2)"
	line_cut 1
	wait_for 20 line_is 1 down
	check "a bad line is better than none" goes_by 0
	line_mend 1
	wait_for 20 line_is 1 up
	check "dsl1 is back" goes_by 1
	late 5
	all_by_dsl0 "dsl0 is well again"
	expect_unbroken "stays$round"
done
