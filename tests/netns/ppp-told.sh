#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What pppd tells counts before the kernel knows of it: the session ends while the interface is as
# good as ever, and new connections go by the other line; so it is with a process that dies without
# a word, and an interface below that loses its carrier. Nonsense changes nothing, and what is known
# outlives the daemon.
. "$(dirname "$0")/lab.sh"
lab_up 2
n gw ip link add lower type veth peer name below
n gw ip link set lower up
n gw ip link set below up
config "" "tier = 2;" <<<'policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; scheduler = "fo"; } );'
daemon_start

# pppd: begins to tell of line 0; told MESSAGE
pppd() {
	mkfifo "$tmp/pppd.$1"
	exec 7<>"$tmp/pppd.$1"
	start gw "$helpers/pppd.py" "$tmp/run/ppp" dsl0 "$tmp/pppd.$1" 7>&-
	teller=$!
}
told() {
	echo "$*" >&7
}
goes_by() {
	expect "$1" "dsl$2:2" "$(ask client -n 2 $inet4 80 | via | tally 2)"
}

# The daemon comes after the session, whose pppd runs a hook, without its number; then it goes on.
check "a hook that tells of an end" ctl ppp-event ip-down dsl0
expect "is heard" "down PPP: session ended" "$(line 0 state) $(line 0 reason)"
goes_by "the end of a session nobody told of" 1
check "a hook that tells of a beginning" ctl ppp-event ip-up dsl0 dns1=198.51.100.9
expect "is heard, too" up "$(line 0 state)"
daemon_kill
daemon_start
wait_for 20 grep -q 'nameserver 198.51.100.9' "$tmp/run/resolv.conf"
check "the end, told a later daemon" ctl ppp-event ip-down dsl0
expect "is the end" "down PPP: session ended" "$(line 0 state) $(line 0 reason)"
line_unplug 0
wait_for 20 line_is 0 absent
line_plug 0
wait_for 20 line_is 0 up
echo "- another interface knows nothing of it"

# The outages so far are not to delay what follows.
daemon_stop
rm "$tmp/run/trust"
daemon_start

pppd first
told event=ip-up up=4 persist=1 device=lower dns1=198.51.100.10
goes_by "a session" 0
told event=link-down up=none end=peer_terminated
wait_for 20 line_is 0 down
expect "why" "PPP: peer terminated" "$(line 0 reason)"
goes_by "its end" 1
told event=start up=none
told event=ip-up up=4 persist=1 device=lower dns1=198.51.100.10
wait_for 20 line_is 0 up
goes_by "another one" 0

n gw ip link set below down
wait_for 20 line_is 0 down
expect "why" "PPP: no carrier on lower" "$(line 0 reason)"
goes_by "no carrier below" 1
n gw ip link set below up
wait_for 20 line_is 0 up

told event=sideways
told event=link-down pid=x
told nonsense
told event=ip-up up=99
told event=phase up=4 mtu=1400
goes_by "nonsense" 0
grep -q 'nameserver 198.51.100.10' "$tmp/run/resolv.conf" || fail "the session's resolver is not known"
wait_for 20 grep -q mtu=1400 "$tmp/run/sessions"
daemon_kill
daemon_start
wait_for 20 grep -q 'nameserver 198.51.100.10' "$tmp/run/resolv.conf"
echo "- a daemon after it knows the session"

stop "$teller" || true
wait_for 20 line_is 0 down
expect "why" "PPP: pppd ended" "$(line 0 reason)"
goes_by "no pppd" 1
pppd second
told event=ip-up up=4
wait_for 20 line_is 0 up
goes_by "another pppd" 0
stop "$teller" || true
wait_for 20 line_is 0 down

# A hook's word of an interface is as good, where there is no plugin.
check "a hook" ctl ppp-event ip-up dsl0 dns1=198.51.100.11
wait_for 20 line_is 0 up
check "a hook" ctl ppp-event ip-down dsl0
expect "down by a hook" down "$(line 0 state)"
goes_by "down by a hook" 1
expect "a hook's nonsense" 1 "$(ctl ppp-event ip-up dsl0 dns1=x 2>/dev/null || echo $?)"
expect "nothing came of it" down "$(line 0 state)"
check "a hook" ctl ppp-event ip-up dsl0
if line_is 0 down; then # trusted or not, after all that
	fail "the word of a hook was not heard"
fi
