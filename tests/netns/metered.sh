#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A metered line stands in for another. When that one is back, what had to use the metered line
# leaves it, telling TCP, until nothing is left there; what belongs on it, because its policy says
# so, is left alone, and so is what stands in for a line that is still away.
. "$(dirname "$0")/lab.sh"
lab_up 3

config "tier = 1;" "tier = 2; metered = true;" "tier = 1;" <<'END'
policies = (
  { name = "pinned"; from = [ "172.16.0.11", "fd00::11" ]; use = [ "dsl1" ]; },
  { name = "third"; from = [ "172.16.0.12" ]; use = [ "dsl2", "dsl1" ]; },
  { name = "rest"; from = [ "172.16.0.0/24", "fd00::/64" ]; use = [ "dsl0", "dsl1" ]; }
);
END
daemon_start

line_cut 0
line_cut 2
wait_for 20 line_is 0 down
wait_for 20 line_is 2 down
hold guest client $inet4 80
hold guest6 client $inet6 80
hold box gw $inet4 80
flow voice client udp $inet4 5060
hold pinned client --bind 172.16.0.11 $inet4 80
hold pinned6 client --bind fd00::11 $inet6 80
hold third client --bind 172.16.0.12 $inet4 80
for name in guest guest6 box pinned pinned6 third; do
	expect "$name uses the metered line" "inet dsl1" "$(held $name | via)"
done
expect_match "and so does the telephone" "*sees ${address4[1]}" "$(flow_log voice)"

line_mend 0
wait_for 20 line_is 0 up
for name in guest guest6 box; do
	wait_for 20 grep -q "inet: " "$tmp/held.$name"
done
expect "a client is told" "inet: connection reset by peer" "$(ends guest)"
expect "a client is told, IPv6" "inet: connection reset by peer" "$(ends guest6)"
expect "the gateway itself is told" "inet: software caused connection abort" "$(ends box)"
wait_for 20 flow_said voice "sees ${address4[0]}"
echo "- the telephone left"
expect "new connections" "dsl0:6" "$(ask client -n 6 $inet4 80 | via | tally 2)"
# left: whose entries are on the metered line
left() {
	[ "$(n gw conntrack -L 2>/dev/null | grep -F "dst=${address4[1]}" | grep -o 'src=172[0-9.]*' |
		cut -d= -f2 | sort -u | paste -sd' ')" = "$*" ]
}
wait_for 20 left 172.16.0.11 172.16.0.12
echo "- no entries are left, but for those of the others"

line_mend 2
wait_for 20 line_is 2 up
wait_for 20 grep -q "inet: " "$tmp/held.third"
expect "the third line is back" "inet: connection reset by peer" "$(ends third)"
expect "what is pinned stays" "" "$(ends pinned)$(ends pinned6)"
expect "and new ones of it" "dsl1:3" "$(ask client --bind 172.16.0.11 -n 3 $inet4 80 | via | tally 2)"
