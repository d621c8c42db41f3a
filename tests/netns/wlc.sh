#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# wlc: long connections pile up on one server only when its weight says so; new ones go to the
# server with fewer, and when those of a server end it takes the next ones.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "" "" <<'END'
services = (
  { name = "www"; listen = [ "tcp/dsl0:80" ]; scheduler = "wlc";
    servers = ( { address = "172.16.0.2:80"; weight = 3; }, { address = "172.16.0.3:8000"; weight = 1; } ); },
  { name = "even"; listen = [ "tcp/dsl0:81" ]; scheduler = "wlc";
    servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.3:8000"; } ); }
);
END
daemon_start

# active SERVICE: connections of its two servers
active() {
	ctl status --json | jq -r ".services[] | select(.name == \"$1\") | [.servers[].active] | join(\" \")"
}

active_is() {
	[ "$(active "$1")" = "$2" ]
}

# active_in_all SERVICE NUMBER
active_in_all() {
	local first second

	read -r first second < <(active "$1")
	[ $((first + second)) = "$2" ]
}

for i in {1..12}; do
	flow "w$i" inet tcp 203.0.113.5 80
	wait_for 20 active_in_all www "$i"
done
expect "12 connections by weight 3 : 1" "9 3" "$(active www)"
for i in {1..12}; do
	flow_end "w$i"
done
wait_for 20 active_is www "0 0"

for i in {1..6}; do
	flow "e$i" inet tcp 203.0.113.5 81
	wait_for 20 active_in_all even "$i"
done
expect "6 connections, even" "3 3" "$(active even)"
for i in {1..6}; do
	! flow_said "e$i" "web2 sees" || flow_end "e$i"
done
wait_for 20 active_is even "3 0"
wait_for 20 caught_up
for i in 7 8 9; do
	flow "e$i" inet tcp 203.0.113.5 81
	wait_for 20 active_in_all even $((i - 3))
	expect_match "the emptier one" "*web2 sees*" "$(flow_log "e$i")"
done
expect "even again" "3 3" "$(active even)"
