#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "Swapping policies leaves a hole of 25 to 36 ms." Policies are exchanged again and again under
# traffic: every new connection is answered, by a line that either the old or the new policies name,
# and what runs loses nothing.
. "$(dirname "$0")/lab.sh"
lab_up 3

# policies LINE: everything goes there
policies() {
	config "" "" "" <<-END
		policies = (
		  { name = "web"; ports = [ "tcp/80" ]; use = [ "$1" ]; },
		  { name = "rest"; use = [ "$1" ]; }
		);
	END
}

policies dsl0
daemon_start
start client "$helpers/ask.py" -n 0 -w 2 $inet4 80 >"$tmp/asked"
asked=$!
start client "$helpers/ask.py" -n 0 -w 2 -u $inet6 5060 >"$tmp/asked6"
asked6=$!
flow tcp client tcp $inet4 443
flow udp client udp $inet4 5060
flow box gw tcp $inet4 443

# swap LINE: and on until it has answered both
swap() {
	local line=${1#dsl}

	policies "$1"
	ctl reload
	wait_for 20 last_is "$tmp/asked" "${address4[$line]}"
	wait_for 20 last_is "$tmp/asked6" "${address6[$line]}"
}

last_is() {
	[ "$(tail -n 1 "$1" | cut -d' ' -f2)" = "$2" ]
}

for ((i = 0; i < 5; i++)); do
	swap dsl1
	swap dsl0
done
swap dsl1
expect "afterwards" "dsl1:5" "$(ask client -n 5 $inet4 80 | via | tally 2)"
stop $asked
stop $asked6
expect "answers, by line" "dsl0 dsl1" "$(via <"$tmp/asked" | awk '{ print $2 }' | sort -u | paste -sd' ')"
expect "answers, by line, IPv6" "dsl0 dsl1" "$(via <"$tmp/asked6" | awk '{ print $2 }' | sort -u | paste -sd' ')"
expect "failures, of $(cat "$tmp"/asked* | wc -l)" "" "$(grep -h error "$tmp"/asked* || true)"
for name in tcp udp box; do
	expect_unbroken $name
done
