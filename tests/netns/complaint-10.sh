#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "The default route is lost and never restored." Whoever takes routes away, of a line's table, of
# the main table or by taking the interface down and up, which the kernel does not announce: traffic
# goes on by the right line.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "" "" <<'END'
policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; } );
END
daemon_start

all_well() {
	[ "$(ask client -t 1 -n 4 $inet4 80 | via | tally 2)" = "dsl0:2 dsl1:2" ] &&
		[ "$(ask client -t 1 -n 4 $inet6 80 | via | tally 2)" = "dsl0:2 dsl1:2" ] &&
		[ "$(ask gw -t 1 $inet4 80 | via)" = "inet dsl0" ]
}

# survives WHAT COMMAND...
survives() {
	check "$1" "${@:2}"
	wait_for 20 all_well
	wait_for 20 nothing_to_do
	echo "- and everything goes its way again"
}

wait_for 20 all_well
table=$(line 0 table)
survives "a line's default route is deleted" n gw ip route delete default table "$table"
survives "a line's table is flushed" n gw ip route flush table "$table"
survives "and that of IPv6" n gw ip -6 route flush table "$table"
survives "all default routes of the main table" n gw sh -c \
	'ip route add default via 203.0.113.1; ip route delete default'
survives "the routes of an interface" n gw ip route flush dev dsl0
survives "an interface goes down and up" n gw sh -c \
	'ip link set dsl0 down; ip link set dsl0 up; ip address replace 2001:db8:a::5/64 dev dsl0'
survives "both interfaces do" n gw sh -c \
	'ip link set dsl0 down; ip link set dsl1 down; ip link set dsl1 up; ip link set dsl0 up
	 ip address replace 2001:db8:a::5/64 dev dsl0; ip address replace 2001:db8:b::5/64 dev dsl1'
survives "the address is renewed" n gw sh -c \
	'ip address delete 203.0.113.5/24 dev dsl0; ip address add 203.0.113.5/24 dev dsl0'
