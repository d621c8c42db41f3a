#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lines that are down are dialled again: by a unit of systemd's (a program stands for it on a bus of
# the lab's own), or by a command. Not those that the operator disabled or that a pppd sees to, nor
# again while systemd's job goes on; what cannot be dialled, and a job that fails, is told of once.
. "$(dirname "$0")/lab.sh"
# shellcheck source-path=SCRIPTDIR/../helpers source=bus.sh
. "$helpers/bus.sh"

bus_conf "$bus_open"
bus_start
mkfifo "$tmp/jobs"
exec 8<>"$tmp/jobs"
systemd_start() {
	"$build/tests/control/control_systemd" <"$tmp/jobs" >>"$tmp/restarted" 2>>"$tmp/systemd.log" 8>&- &
	systemd=$!
	wait_for 20 busctl --system status org.freedesktop.systemd1
}
systemd_start

# dialled UNIT TIMES: so often at least
dialled() {
	[ "$(grep -c "^$1 replace" "$tmp/restarted")" -ge "$2" ]
}
ran() {
	[ "$(wc -l <"$tmp/ran")" -ge "$1" ]
}
# events PATTERN: how many there are
events() {
	ctl events | grep -c "$1" || true
}

cat >"$tmp/dial" <<END
#!/bin/sh
echo "\$1 \$UPLINKD_UPLINK \$UPLINKD_INTERFACE \$UPLINKD_STATE" >>$tmp/ran
echo "no tone" >&2
[ ! -e $tmp/broken ] || exit 3
END
chmod +x "$tmp/dial"
: >"$tmp/ran"

# lines UNIT: the third is dialled by that one
lines() {
	config 'reconnect = { unit = "ppp@dsl0.service"; after = "1s"; };' \
		"reconnect = { command = [ \"$tmp/dial\", \"two words\" ]; after = \"1s\"; };" \
		"reconnect = { unit = \"$1\"; after = \"1s\"; };" <<<''
}

lab_up 3
lines missing.service
daemon_start

line_cut 0
wait_for 20 dialled ppp@dsl0.service 1
wait_for 20 dialled ppp@dsl0.service 2
expect "it is told" "dsl0  dialled again by ppp@dsl0.service" \
	"$(ctl events | grep -m1 -o 'dsl0  dialled again by .*')"
line_mend 0
wait_for 20 line_is 0 up
echo "- by a unit, and again"

line_cut 1
wait_for 20 ran 1
expect "the command's arguments and environment" "two words dsl1 dsl1 down" "$(head -n 1 "$tmp/ran")"
wait_for 20 grep -q "redial: no tone" "$log"
: >"$tmp/broken"
failed_is_told() {
	[ "$(events 'dsl1  the command failed: exit status 3')" = 1 ]
}
wait_for 20 failed_is_told
wait_for 20 ran 3
check "told of once" failed_is_told
line_mend 1
wait_for 20 line_is 1 up
echo "- by a command, whose failure is told once"

line_cut 2
wait_for 20 dialled missing.service 3
expect "told of once" 1 "$(events 'Unit missing.service not found')"

lines broken.service
check "reload" ctl reload
failed_to_start() {
	[ "$(events 'dsl2  the unit is not restarted: it failed to start')" = "$1" ]
}
wait_for 40 failed_to_start 1
wait_for 40 dialled broken.service 2
check "told of once" failed_to_start 1
echo "- a job that fails is told of"

line_mend 2
wait_for 20 line_is 2 up
lines slow.service
check "reload" ctl reload
line_cut 2
wait_for 40 dialled slow.service 1
: >"$tmp/ran"
line_cut 1
wait_for 40 ran 3
expect "while its job goes on, it was dialled" 1 "$(grep -c ^slow.service "$tmp/restarted")"
echo timeout >&8
took_too_long() {
	[ "$(events 'dsl2  the unit is not restarted: its job took too long')" = 1 ]
}
wait_for 20 took_too_long
wait_for 40 dialled slow.service 2
echo "- again once that is over"
stop "$bus" || true
stop "$systemd" || true # or it would read what is meant for the next
rm -f "$tmp/bus"
bus_start
systemd_start
wait_for 60 dialled slow.service 3
echo "- and when its end can be told no more"
echo "done" >&8
line_mend 1
line_mend 2
wait_for 20 line_is 1 up
wait_for 20 not pgrep -P "$daemon" # nothing dials it any more
lines missing.service
check "reload" ctl reload

# In the time in which one is dialled twice, the others are not at all.
: >"$tmp/ran"
check "disable" ctl disable dsl1
line_cut 1
: >"$tmp/restarted"
line_cut 0
wait_for 20 dialled ppp@dsl0.service 2
expect "disabled, it was dialled" 0 "$(wc -l <"$tmp/ran")"
line_mend 0

mkfifo "$tmp/pppd"
exec 7<>"$tmp/pppd"
start gw "$helpers/pppd.py" "$tmp/run/ppp" dsl1 "$tmp/pppd" 7>&-
teller=$!
echo "event=link-down up=none persist=1 end=hung_up" >&7
is_told() {
	[ "$(line 1 ppp.up)" = false ]
}
wait_for 20 is_told
check "enable" ctl enable dsl1
says_hung_up() {
	[ "$(line 1 reason)" = "PPP: hung up" ]
}
wait_for 20 says_hung_up
: >"$tmp/restarted"
line_cut 2
wait_for 20 dialled missing.service 2
expect "with a pppd that persists, it was dialled" 0 "$(wc -l <"$tmp/ran")"
stop "$teller" || true
wait_for 30 ran 1
echo "- without that pppd it is"
