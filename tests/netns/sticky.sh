#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A sticky policy: each client keeps its line for as long as it is used, clients share the lines,
# and a client whose line dies gets another at once and keeps that one.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "" "" <<'END'
policies = (
  { name = "short"; to = [ "198.51.100.11" ]; use = [ "dsl0", "dsl1" ]; scheduler = "rr"; sticky = "10s"; },
  { name = "rest"; use = [ "dsl0", "dsl1" ]; scheduler = "wrr"; sticky = "10m"; }
);
END
daemon_start

# lines_of SOURCE SERVER: the line of each of six connections
lines_of() {
	ask client -n 6 --bind "$1" "$2" 80 | via | tally 2
}

for i in {10..15}; do
	ask client -n 5 --bind "172.16.0.$i" $inet4 80 | via | tally 2
done >"$tmp/shares"
expect "six clients" "dsl0:5 dsl1:5" "$(sort -u "$tmp/shares" | paste -sd' ')"
expect "clients on dsl0" 3 "$(grep -c dsl0 "$tmp/shares")"

mine=$(lines_of 172.16.0.10 $inet4)
expect_match "a client's line" "dsl?:6" "$mine"
check "reload" ctl reload
expect "after a reload that changes nothing" "$mine" "$(lines_of 172.16.0.10 $inet4)"
expect "UDP goes with TCP" "${mine%:*}:3" "$(ask client -u -n 3 $inet4 53 | via | tally 2)"
six=$(lines_of fd00::10 $inet6)
expect_match "IPv6" "dsl?:6" "$six"
expect "IPv6, its neighbour in the same /64" "$six" "$(lines_of fd00::12 $inet6)"

line=${mine:3:1}
line_cut "$line"
wait_for 20 line_is "$line" down
other="dsl$((1 - line)):6"
expect "its line is dead" "$other" "$(lines_of 172.16.0.10 $inet4)"
line_mend "$line"
wait_for 20 line_is "$line" up
expect "its line is back" "$other" "$(lines_of 172.16.0.10 $inet4)"

# Another policy has other memories, and those of this one are short.
first=$(ask client --bind 172.16.0.10 198.51.100.11 80 | via)
expect "a second connection" "$first" "$(ask client --bind 172.16.0.10 198.51.100.11 80 | via)"
forgotten() {
	! n gw nft list table inet uplinkd | sed -n '/set sticky.short/,/}/p' | grep 172.16.0.10
}
not forgotten || fail "no memory of the client can be seen"
wait_for 40 forgotten
check "forgotten, the turn goes on" [ "$(ask client --bind 172.16.0.10 198.51.100.11 80 | via)" != "$first" ]
