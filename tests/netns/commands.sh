#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the operator says: weight, drain, disable, enable. It holds at once for new connections,
# leaves running ones alone, lasts across reload and restart, and yields when the file's own value
# changes.
. "$(dirname "$0")/lab.sh"
lab_up 2

write() {
	config "weight = ${2:-1};" "" <<-END
		services = (
		  { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80" ];
		    servers = ( { address = "172.16.0.2:80"; weight = $1; }, { address = "172.16.0.3:8000"; } ); }
		);
	END
}

shares() {
	expect "$1" "$2" "$(ask inet -n 12 192.0.2.5 80 | tally 1)"
}

write 1
daemon_start
shares "as in the file" "web1:6 web2:6"
check "weight 3" ctl weight www 172.16.0.2:80 3
shares "weight 3" "web1:9 web2:3"
check "reload" ctl reload
shares "after a reload" "web1:9 web2:3"
write 1 2
check "reload" ctl reload
shares "after a change elsewhere" "web1:9 web2:3"
check "stop" daemon_stop
daemon_start
shares "after a restart" "web1:9 web2:3"
daemon_kill
daemon_start
shares "after a crash" "web1:9 web2:3"

flow old inet tcp 192.0.2.5 80
while [[ $(flow_log old) != *web1* ]]; do
	flow_end old
	flow old inet tcp 192.0.2.5 80
done
check "drain" ctl drain www 172.16.0.2:80
shares "drained" "web2:12"
expect "state" drained "$(ctl status --json | jq -r '.services[0].servers[0].state')"
expect_unbroken old
write 5 2
check "the file's value changes" ctl reload
shares "the file's value" "web1:10 web2:2"

flow in inet tcp "${address4[0]}" 80
check "disable" ctl disable dsl0
expect "state" disabled "$(line 0 state)"
expect "new connections" "dsl1:4" "$(ask client -n 4 $inet4 80 | via | tally 2)"
check "reload" ctl reload
expect "after a reload" "dsl1:4" "$(ask client -n 4 $inet4 80 | via | tally 2)"
check "stop" daemon_stop
daemon_start
expect "after a restart" "disabled" "$(line 0 state)"
expect "new connections" "dsl1:4" "$(ask client -n 4 $inet4 80 | via | tally 2)"
check "enable" ctl enable dsl0
expect "state" up "$(line 0 state)"
expect "new connections" "dsl0:4 dsl1:2" "$(ask client -n 6 $inet4 80 | via | tally 2)"
flow_end in

refused() {
	local status=0

	ctl "${@:3}" >"$tmp/said" 2>&1 || status=$?
	expect "$1" "$2" $status
}
refused "no such service" 1 weight wwww 172.16.0.2:80 1
refused "no such server" 1 drain www 172.16.0.9:80
refused "no such line" 1 disable dsl9
refused "not a number" 2 weight www 172.16.0.2:80 many
refused "no such verb" 2 frobnicate
refused "nothing is held back" 1 failback dsl0
refused "no such line's probes" 1 probes dsl9
refused "no prefix" 1 delegate dsl0 rubbish
refused "too small a prefix" 1 delegate dsl0 2001:db8:77::/65
refused "no such PPP event" 1 ppp-event sideways dsl0
refused "no interface" 1 ppp-event ip-down ""
refused "no name of an interface" 1 ppp-event ip-down ../dsl0
refused "more than an interface can be called" 1 ppp-event ip-down dsl0-and-some-more
refused "no detail" 1 ppp-event ip-down dsl0 sideways
expect "none of which was heeded" "up up" "$(line 0 state) $(line 1 state)"
