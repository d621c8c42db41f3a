#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "Races at boot, and the LAN is locked out when all lines are dead." The daemon and the interfaces
# come in whatever order, all at once, while a packet filter loads its rules over everybody's; and
# whether lines are there or not, the LAN reaches the gateway and what is on it, and is told at once
# that it cannot get further.
. "$(dirname "$0")/lab.sh"
lab_up 3
serve gw gw 8080

config "" "" "" <<'END'
services = ( { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80", "tcp/dsl2:80" ];
               servers = ( { address = "172.16.0.2:80"; } ); } );
END

lan_unplug() {
	n gw ip link set lan0 down
	n gw ip address flush dev lan0
}
lan_plug() {
	n gw ip -batch - <<-END
		link set lan0 up
		address add 172.16.0.1/24 dev lan0
		address add fd00::1/64 dev lan0
	END
}

# As it is after switching on.
off() {
	local i

	if [ -n "$daemon" ]; then
		check "flush" ctl flush
		check "stop" daemon_stop
		rm -f "$tmp/run/trust"
	fi
	for i in 0 1 2; do
		line_unplug $i
	done
	lan_unplug
	n gw nft flush ruleset
}

# The kernel tries an IPv6 address before it is there, in its own time.
has_both() {
	[ "$(line "$1" 'addresses | length')" = 2 ]
}

works() {
	local i

	for i in 0 1 2; do
		wait_for 20 line_is $i up
		wait_for 20 has_both $i
	done
	wait_for 20 nothing_to_do
	expect "$1: out" "dsl0:4 dsl1:4 dsl2:4" "$(ask client -n 12 $inet4 80 | via | tally 2)"
	expect "$1: out, IPv6" "dsl0:4 dsl1:4 dsl2:4" "$(ask client -n 12 $inet6 80 | via | tally 2)"
	for i in 0 1 2; do
		expect "$1: in by dsl$i" "web1 $inet4" "$(ask inet "${address4[i]}" 80)"
	done
}

off
daemon_start
expect "there is nothing yet" "absent absent absent" "$(line 0 state) $(line 1 state) $(line 2 state)"
lan_plug
wait_for 20 nothing_to_do
expect "the LAN is alone, and reaches the gateway" "gw 172.16.0.10" "$(ask client 172.16.0.1 8080)"
expect "and is told at once" "error: unreachable" "$(ask client -t 5 $inet4 80)"
line_plug 2
line_plug 0
line_plug 1
works "one by one"

off
line_plug 1
lan_plug
line_plug 0
line_plug 2
daemon_start
works "daemon last"

# all_at_once [COMMAND...]: beside it
all_at_once() {
	local pids=() i

	for i in 2 0 1; do
		line_plug $i &
		pids+=($!)
	done
	lan_plug &
	pids+=($!)
	for i in 1 2 3; do
		n gw nft flush ruleset &
		pids+=($!)
	done
	"$@"
	wait "${pids[@]}"
}

for try in first second third; do
	off
	all_at_once daemon_start
	works "all at once, $try time"
done
# Interfaces come while the daemon has already begun.
off
daemon_start
all_at_once true
works "all at once, daemon first"

echo "--- all lines die"
lines_die() {
	local i

	for i in "$@"; do
		line_cut "$i"
		wait_for 20 line_is "$i" down
	done
}
locked_out_of_nothing() {
	expect "$1: the gateway" "gw 172.16.0.10" "$(ask client 172.16.0.1 8080)"
	expect "$1: the gateway, IPv6" "gw fd00::10" "$(ask client fd00::1 8080)"
	expect "$1: the gateway by a line's address" "gw 172.16.0.10" "$(ask client 203.0.113.5 8080)"
	expect "$1: a service" "web1" "$(ask client 203.0.113.5 80 | cut -d' ' -f1)"
	expect "$1: from the gateway to the LAN" "web1 172.16.0.1" "$(ask gw 172.16.0.2 80)"
	expect "$1: further is told at once" "error: unreachable" "$(ask client -t 5 $inet4 80)"
	expect "$1: further is told at once, IPv6" "error: unreachable" "$(ask client -t 5 $inet6 80)"
}
lines_die 1 0 2
locked_out_of_nothing "carriers gone"
daemon_kill
daemon_start
locked_out_of_nothing "with a new daemon"
for i in 0 1 2; do
	line_unplug $i
	wait_for 20 line_is $i absent
done
wait_for 20 nothing_to_do
expect "interfaces gone: the gateway" "gw 172.16.0.10" "$(ask client 172.16.0.1 8080)"
expect "interfaces gone: further" "error: unreachable" "$(ask client -t 5 $inet4 80)"
for i in 1 2 0; do
	line_plug $i
done
works "all lines are back"
