#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What happens to traffic when no line of its policy is up: told at once (nothing said), silence
# ("drop"), any other line ("any").
. "$(dirname "$0")/lab.sh"
lab_up 2

config "" "" <<'END'
policies = (
  { name = "told"; ports = [ "tcp/80", "udp/53" ]; use = [ "dsl1" ]; },
  { name = "drop"; ports = [ "tcp/443" ]; use = [ "dsl1" ]; otherwise = "drop"; },
  { name = "any"; ports = [ "tcp/5060" ]; use = [ "dsl1" ]; otherwise = "any"; }
);
END
daemon_start

for port in 80 443 5060; do
	expect "port $port" "inet dsl1" "$(ask client $inet4 $port | via)"
done
line_cut 1
wait_for 20 line_is 1 down
for from in client gw; do
	for server in $inet4 $inet6; do
		expect "told at once" "error: unreachable" "$(ask $from -t 5 "$server" 80)"
		expect "dropped" "error: timed out" "$(ask $from -t 0.3 "$server" 443)"
		expect "any" "inet dsl0" "$(ask $from "$server" 5060 | via)"
	done
done
expect "told at once, UDP" "error: unreachable" "$(ask client -u $inet4 53)"
line_mend 1
wait_for 20 line_is 1 up
for port in 80 443 5060; do
	expect "port $port again" "inet dsl1" "$(ask client $inet4 $port | via)"
done
