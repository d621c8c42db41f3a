#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Several pppd, and what they tell out of turn: one that ends late keeps telling of an interface that
# has been another's for long; one dials again and gets another interface; one dies before anybody
# has read what it told; hundreds serve others.
. "$(dirname "$0")/lab.sh"
lab_up 2
config "" "tier = 2;" <<<'policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; scheduler = "fo"; } );'
daemon_start

# pppd NUMBER: begins to tell, of line 0 if nothing else is said; told NUMBER MESSAGE
tellers=()
pppd() {
	mkfifo "$tmp/pppd.$1"
	exec {fifo}<>"$tmp/pppd.$1"
	fifos[$1]=$fifo
	start gw "$helpers/pppd.py" "$tmp/run/ppp" dsl0 "$tmp/pppd.$1"
	tellers[$1]=$!
}
told() {
	echo "${*:2}" >&"${fifos[$1]}"
}
goes_by() {
	expect "$1" "dsl$2:2" "$(ask client -n 2 $inet4 80 | via | tally 2)"
}
knows() {
	grep -q "^nameserver $1" "$tmp/run/resolv.conf"
}

# The second has the interface of the first, which ends at last.
pppd 1
pppd 2
told 1 event=ip-up up=4 dns1=198.51.100.11
wait_for 20 knows 198.51.100.11
told 2 event=ip-up up=4 dns1=198.51.100.12
wait_for 20 knows 198.51.100.12
told 1 event=ip-down up=none end=user_request
told 1 event=exit up=none end=user_request
told 2 event=phase up=4 dns1=198.51.100.13
wait_for 20 knows 198.51.100.13
stop "${tellers[1]}" || true
told 2 event=phase up=4 dns1=198.51.100.14
wait_for 20 knows 198.51.100.14
goes_by "a late word of another" 0
if ctl events | grep "ppp dsl0  exit"; then
	fail "the end of the first was taken for the second's"
fi

# The second gets the other's interface, and has none on this.
told 2 event=ip-up up=4 interface=dsl1 dns1=198.51.100.15
wait_for 20 line_is 0 down
expect "why" "PPP: pppd ended" "$(line 0 reason)"
goes_by "another interface" 1

# Told, and dead, before the daemon gets to it; a hook is believed after that.
pppd 3
kill -STOP "$daemon"
told 3 event=ip-up up=4
gone() {
	! kill -0 "$1" 2>/dev/null
}
sent() {
	[ "$(n gw ss -Hxa "src $tmp/run/ppp" | awk '{ print $3 }')" -gt 0 ]
}
wait_for 20 sent
stop "${tellers[3]}" || true
wait_for 20 gone "${tellers[3]}"
kill -CONT "$daemon"
told 2 event=ip-up up=4 interface=dsl1 dns1=198.51.100.16
wait_for 20 knows 198.51.100.16
expect "told by the dead" down "$(line 0 state)"
check "a hook" ctl ppp-event ip-up dsl0
wait_for 20 line_is 0 up
goes_by "a hook" 0

# More than are remembered, and what is told of a line still counts.
daemon_stop
daemon_start
wait_for 20 line_is 0 up
for i in {1..256}; do
	ctl ppp-event ip-up "other$i"
done
check "a hook" ctl ppp-event ip-up dsl0
check "a hook" ctl ppp-event ip-down dsl0
wait_for 20 line_is 0 down
goes_by "hundreds of others" 1
