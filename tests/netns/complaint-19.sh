#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "rp_filter." The strict reverse path filter, which distributions set, drops what comes in by any
# line but the one of the main table's default route. It is kept loose on the lines, also when an
# interface is made anew or somebody sets it again; the LAN keeps its own.
. "$(dirname "$0")/lab.sh"
lab_up 2
n gw ip route add default via 203.0.113.1 # so the strict filter would drop what comes in by dsl1

config "" "" <<'END'
services = ( { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80" ];
               servers = ( { address = "172.16.0.2:80"; } ); } );
END

filter() {
	n gw cat "/proc/sys/net/ipv4/conf/$1/rp_filter"
}
# The greater of an interface's own value and that of "all" counts: 1 strict, 2 loose.
works() {
	wait_for 20 nothing_to_do
	expect "$1: in by dsl0" "web1 $inet4" "$(ask inet "${address4[0]}" 80)"
	expect "$1: in by dsl1" "web1 $inet4" "$(ask inet "${address4[1]}" 80)"
	expect "$1: out" "dsl0:3 dsl1:3" "$(ask client -n 6 $inet4 80 | via | tally 2)"
	expect "$1: loose, loose, and strict inside" "2 2 1" "$(filter dsl0) $(filter dsl1) $(filter lan0)"
}
loose() {
	[ "$(filter "$1")" = 2 ]
}

n gw tee /proc/sys/net/ipv4/conf/lan0/rp_filter <<<1 >/dev/null
daemon_start
works "found strict"
n gw tee /proc/sys/net/ipv4/conf/{all,default,dsl0,dsl1}/rp_filter <<<1 >/dev/null
wait_for 20 loose dsl0
wait_for 20 loose dsl1
works "set again"
line_unplug 1
line_plug 1
wait_for 20 line_is 1 up
wait_for 20 loose dsl1
works "an interface made anew"
check "flush" ctl flush
expect "as they were" "1 1 1" "$(filter dsl0) $(filter dsl1) $(filter lan0)"
