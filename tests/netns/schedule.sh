#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Outside its schedule a line takes no new connections and keeps what it has; at the minute it
# begins again. Where a policy has no other line, there is none. The time is that of a zone of our
# own, in which it is a few seconds to a full hour.
. "$(dirname "$0")/lab.sh"
lab_up 2

# to_the_hour SECONDS: the daemon's clock says one hour less these seconds
to_the_hour() {
	local now=$((EPOCHSECONDS % 86400 + 86400)) at=$((86400 + 3600 - $1)) east

	east=$(((at - now + 86400) % 86400))
	TZ=$(printf 'LAB-%d:%02d:%02d' $((east / 3600)) $((east / 60 % 60)) $((east % 60)))
	export TZ
}

# lines SCHEDULE: of dsl0, which is better
lines() {
	config "$1" "tier = 2;" <<-'END'
		policies = (
		  { name = "alone"; ports = [ "tcp/443" ]; use = [ "dsl0" ]; },
		  { name = "rest"; use = [ "dsl0", "dsl1" ]; }
		);
	END
}

goes_by() {
	[ "$(ask client -n 4 $inet4 80 | via | tally 2)" = "dsl$1:4" ]
}

to_the_hour 1800
lines 'schedule = [ "00:00-02:00" ];'
daemon_start
check "within its time all go by dsl0" goes_by 0
flow stays client tcp $inet4 80
flow own gw tcp $inet4 80
lines 'schedule = [ "02:00-00:00" ];'
check "another schedule" ctl reload
expect "it rests" true "$(line 0 resting)"
check "all new ones go by dsl1" goes_by 1
expect "the box itself, too" "dsl1:2" "$(ask gw -n 2 $inet4 80 | via | tally 2)"
expect_match "a policy without another line has none" "error*" "$(ask client $inet4 443)"
expect "state" up "$(line 0 state)"
line_cut 1
wait_for 20 line_is 1 down
expect_match "also when the other is down" "error*" "$(ask client $inet4 80)"
line_mend 1
wait_for 20 line_is 1 up
daemon_kill
to_the_hour 15
lines 'schedule = [ "01:00-02:00" ];'
daemon_start
check "a restart in its rest" goes_by 1
wait_for 30 goes_by 0
echo "- at the hour it begins"
expect_unbroken stays
expect_unbroken own

daemon_stop
to_the_hour 15
lines 'schedule = [ "00:00-01:00" ];'
daemon_start
check "within its time" goes_by 0
wait_for 30 goes_by 1
echo "- at the hour it ends"
check "told of" grep -q 'uplink dsl0: rests by its schedule' "$log"

# All of them rest. What comes in is not taken for spoofed, and the box itself is not cut off.
serve gw box 8080
flow late client tcp $inet4 80
config 'schedule = [ "02:00-00:00" ];' 'tier = 2; schedule = [ "02:00-00:00" ];' <<<''
check "all have a schedule" ctl reload
expect "they rest" "true true" "$(line 0 resting) $(line 1 resting)"
expect_match "no line for who is forwarded" "error*" "$(ask client $inet4 80)"
for i in 0 1; do
	expect "the box is reached by dsl$i" "box $inet4" "$(ask inet "${address4[i]}" 8080)"
done
expect "the box itself goes by the best" "inet dsl0" "$(ask gw $inet4 80 | via)"
expect_unbroken late
