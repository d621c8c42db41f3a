#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two lines of one provider in one subnet, with the same gateway address, as two sessions often
# are. Each packet uses the line of its own source address, in both directions.
. "$(dirname "$0")/lab.sh"
address4=(203.0.113.5 203.0.113.6)
gateway4=(203.0.113.1 203.0.113.1)
address6=(2001:db8:a::5 2001:db8:a::6)
gateway6=(2001:db8:a::1 2001:db8:a::1)
lab_up 2

config "weight = 2;" "" <<'END'
services = ( { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80", "udp/dsl1:53" ];
               servers = ( { address = "172.16.0.2"; }, { address = "[fd00::2]"; } ); } );
END
daemon_start

for line in 0 1; do
	expect "in over dsl$line" "web1:5" "$(ask inet -n 5 "${address4[line]}" 80 | tally 1)"
	expect "in over dsl$line, IPv6" "web1:5" "$(ask inet -n 5 "${address6[line]}" 80 | tally 1)"
	expect "the box by dsl$line's address" "inet ${address4[line]}" \
		"$(ask gw --bind "${address4[line]}" $inet4 80)"
	expect "the box by dsl$line" "inet ${address4[line]}" "$(ask gw --device "dsl$line" $inet4 80)"
done
expect "out" "dsl0:8 dsl1:4" "$(ask client -n 12 $inet4 80 | via | tally 2)"
expect "out, IPv6" "dsl0:8 dsl1:4" "$(ask client -n 12 $inet6 80 | via | tally 2)"
expect "names" "web1 $inet4" "$(ask inet -u 203.0.113.6 53)"

flow other inet tcp 203.0.113.6 80
line_cut 0
wait_for 20 line_is 0 down
expect "one is cut" "dsl1:4" "$(ask client -n 4 $inet4 80 | via | tally 2)"
expect "in over the other" "web1 $inet4" "$(ask inet 203.0.113.6 80)"
expect_unbroken other
line_mend 0
wait_for 20 line_is 0 up
expect "back" "dsl0:4 dsl1:2" "$(ask client -n 6 $inet4 80 | via | tally 2)"
