#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A reload of a file that is wrong: refused, with every message, exit status 1; the old arrangement
# stays and traffic goes on. A daemon does not start with a bad file either.
. "$(dirname "$0")/lab.sh"
lab_up 2

service() {
	echo 'services = ( { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80" ];
		servers = ( { address = "172.16.0.2:80"; '"$1"' } ); } );'
}

config "" "" <<<"$(service '')"
daemon_start
before=$(dump)
flow in inet tcp "${address4[1]}" 80
flow out client tcp $inet4 80

config "wieght = 2;" "weight = 0;" <<<"$(service 'weight = "many";')"
status=0
ctl reload >"$tmp/said" 2>&1 || status=$?
expect "exit status" 1 $status
expect_match "unknown key" "*$conf:3: uplinks*wieght*" "$(cat "$tmp/said")"
expect_match "out of range" "*$conf:4: uplinks*weight*" "$(cat "$tmp/said")"
expect_match "wrong type" "*$conf:7: services*weight*" "$(cat "$tmp/said")"
echo 'uplinks = ( { name = ' >"$conf"
status=0
ctl reload >"$tmp/said" 2>&1 || status=$?
expect "no syntax: exit status" 1 $status
expect_match "no syntax" "*$conf:*syntax*" "$(cat "$tmp/said")"
rm "$conf"
status=0
ctl reload >"$tmp/said" 2>&1 || status=$?
expect "no file: exit status" 1 $status
kill -HUP "$daemon"
check "the daemon answers" ctl status

expect "the kernel" "" "$(diff <(echo "$before") <(dump))"
expect "in" "web1 $inet4" "$(ask inet "${address4[0]}" 80)"
expect "out" "dsl0:2 dsl1:2" "$(ask client -n 4 $inet4 80 | via | tally 2)"
expect_unbroken in
expect_unbroken out

config "" "" <<<"$(service 'weight = 3;')"
check "a good file again" ctl reload
echo 'gateway = { nonsense = 1; };' >"$tmp/bad.conf"
status=0
n client "$build/src/uplinkd" -c "$tmp/bad.conf" --runtime-dir "$tmp/other" >"$tmp/said" 2>&1 || status=$?
expect "start with a bad file: exit status" 1 $status
expect_match "start with a bad file" "*$tmp/bad.conf:1: gateway.nonsense*" "$(cat "$tmp/said")"
