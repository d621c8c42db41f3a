#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A line's quota: told of at 75, 95 and 100 percent, each once, also over restarts; from 100 on the
# line is used only where there is no other. What a line carries counts across interfaces that come
# and go, and while no daemon runs.
. "$(dirname "$0")/lab.sh"
lab_up 2

quota() {
	config "quota = { bytes = \"$1\"; };" "tier = 2;" <<-'END'
		policies = (
		  { name = "alone"; ports = [ "tcp/443", "icmp" ]; use = [ "dsl0" ]; },
		  { name = "rest"; use = [ "dsl0", "dsl1" ]; }
		);
	END
}

# carry KB: both ways together, by dsl0
carry() {
	n client ping -q -f -c "$(($1 / 2))" -s 958 $inet4 >/dev/null
}

goes_by() {
	[ "$(ask client -n 4 $inet4 80 | via | tally 2)" = "dsl$1:4" ]
}

# used LEAST MOST: kB of the month
used() {
	line 0 month_bytes | awk -v least="$1" -v most="$2" '{ exit !($1 >= least * 1000 && $1 <= most * 1000) }'
}

# told PERCENT TIMES
told() {
	[ "$(grep -c "uplink dsl0: $1 % of the month's quota" "$log")" = "$2" ]
}

n gw ping -q -f -c 250 -s 958 "${gateway4[0]}" >/dev/null # before anybody looked
quota 1MB
daemon_start
check "what was before is not known to be of this month" used 0 20
carry 800
wait_for 30 told 75 1
echo "- 75 % are told of"
wait_for 30 used 790 850
echo "- so much has been used"
check "and it is used" goes_by 0
told 95 0 || fail "95 % are told of"

daemon_stop
carry 60 # while no daemon runs
daemon_start
wait_for 30 used 850 920
echo "- what was carried without a daemon counts"
told 75 1 || fail "75 % are told of again"

# An interface of its own with every session, switched off before it goes. Its last bytes are in
# nobody's last look. A veth that goes has forgotten what its other end has counted.
carry 60
n gw ip link set dsl0 down
wait_for 20 line_is 0 down
line_unplug 0
wait_for 20 line_is 0 absent
line_plug 0
wait_for 20 line_is 0 up
wait_for 30 used 910 990
echo "- what went with the interface counts"
wait_for 20 n client ping -q -c 1 -W 1 $inet4 # what the provider's port does not let in yet is lost
carry 120
wait_for 30 told 100 1
wait_for 20 goes_by 1
echo "- above its quota the line is spared"
told 95 1 || fail "95 % are not told of once"
expect "grade" reserve "$(line 0 grade)"
expect "a policy that has only it" "dsl0:2" "$(ask client -n 2 $inet4 443 | via | tally 2)"
line_cut 1
wait_for 20 line_is 1 down
check "it is used when there is no other" goes_by 0
line_mend 1
wait_for 20 line_is 1 up
check "and spared again" goes_by 1

daemon_kill
daemon_start
check "a crash changes nothing" goes_by 1
told 100 1 || fail "100 % are told of again"
quota 10MB
check "a larger quota" ctl reload
wait_for 30 goes_by 0
echo "- is not used up"
