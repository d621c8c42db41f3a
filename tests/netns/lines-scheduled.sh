#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lines are scheduled like servers: by live connections in proportion to the weights (wlc), and by
# client (sh), where every client keeps its line whatever it asks for.
. "$(dirname "$0")/lab.sh"
lab_up 2

policies() {
	cat <<'END'
policies = (
  { name = "load"; ports = [ "tcp/80" ]; use = [ "dsl0", "dsl1" ]; scheduler = "wlc"; },
  { name = "client"; ports = [ "tcp/443", "udp/53" ]; use = [ "dsl0", "dsl1" ]; scheduler = "sh"; }
);
END
}

policies | config "weight = 3;" ""
daemon_start

# on MARK: tracked connections of a line to port 80
on() {
	n gw conntrack -L -p tcp --dport 80 --mark "0x$1/0xff00" 2>/dev/null | grep -c ESTABLISHED || true
}

# count_is N: so many connections are known of
count_is() {
	[ $(($(line 0 connections) + $(line 1 connections))) = "$1" ]
}

# turned BEFORE: the picks are others than those of that sum
turned() {
	[ "$(picks)" != "$1" ]
}

picks() {
	n gw nft list map inet uplinkd picks | md5sum
}

for i in {1..8}; do
	before=$(picks)
	flow "l$i" client tcp $inet4 80
	wait_for 20 count_is "$i"
	# With every connection another line is next, somewhere in the ring.
	wait_for 20 turned "$before"
done
expect "8 connections by weight 3 : 1" "6 2" "$(on 100) $(on 200)"

policies | config "" ""
check "even lines" ctl reload
for i in {10..17}; do
	asked=$(ask client -n 4 --bind "172.16.0.$i" $inet4 443 | via | tally 2)
	expect_match "client $i keeps to a line" "dsl?:4" "$asked"
	expect "also for names" "${asked%:*}:2" "$(ask client -u -n 2 --bind "172.16.0.$i" $inet4 53 | via | tally 2)"
	echo "${asked%:*}" >>"$tmp/lines"
done
expect "both lines have clients" "dsl0 dsl1" "$(sort -u "$tmp/lines" | paste -sd' ')"
