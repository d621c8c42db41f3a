#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Connections that stand and say nothing when their line dies: everybody on our side is told at
# once and waits for nothing, a client behind us, the gateway itself, a server behind us and one on
# the gateway whose clients came in over the line; also when the line's address went with it.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "" "" <<'END'
policies = ( { name = "rest"; use = [ "dsl0" ]; otherwise = "any"; } );
services = ( { name = "www"; listen = [ "tcp/dsl0:80" ];
               servers = ( { address = "172.16.0.2:80"; }, { address = "[fd00::2]:80"; } ); } );
END
serve gw gw 8080
daemon_start

# connections NAMESPACE PORT: that the server there has
connections() {
	n "$1" ss -Htn state established "sport = :$2" | wc -l
}

connections_are() {
	[ "$(connections "$1" "$2")" = "$3" ]
}

# stand: everything once over the first line, each in both families
stand() {
	hold lan client $inet4 80
	hold lan6 client $inet6 80
	hold box gw --bind "${address4[0]}" $inet4 80
	hold box6 gw --bind "${address6[0]}" $inet6 80
	hold in inet "${address4[0]}" 80
	hold in6 inet "${address6[0]}" 80
	hold own inet "${address4[0]}" 8080
	hold own6 inet "${address6[0]}" 8080
	expect "connections at the server" 2 "$(connections web1 80)"
	expect "connections at the gateway's own" 2 "$(connections gw 8080)"
}

# told ERROR-OF-ITS-OWN: what became of them
told() {
	local name

	for name in lan lan6 box box6; do
		wait_for 20 grep -q "inet: " "$tmp/held.$name"
	done
	expect "a client" "inet: connection reset by peer" "$(ends lan)"
	expect "a client, IPv6" "inet: connection reset by peer" "$(ends lan6)"
	expect "the gateway itself" "inet: $1" "$(ends box)"
	expect "the gateway itself, IPv6" "inet: $1" "$(ends box6)"
	wait_for 20 connections_are web1 80 0
	wait_for 20 connections_are gw 8080 0
	echo "- nor does a server wait"
	for name in in in6 own own6; do
		let_go $name
	done
}

stand
line_cut 0
told "connection reset by peer"
expect "entries left" "" "$(n gw conntrack -L 2>/dev/null | grep -F "${address4[0]}")"

line_mend 0
wait_for 20 line_is 0 up
wait_for 20 n gw ping -qc1 -W1 -I dsl0 203.0.113.1
stand
line_unplug 0
told "software caused connection abort"
