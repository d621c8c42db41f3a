#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# While connections come and go, 200 a second and about 200 at a time, servers are about as near to
# their ideal share as with kernel IPVS, whose counts are never late.
#
# The distance from the ideal is |connections held - those that would be its by weight|, as a mean
# over servers and over all arrivals and departures from the first second to the last arrival; see
# crowd.c. uplinkd hears of a departure afterwards and changes its picks every 20 ms, which alone
# makes it 1.37 times that of a scheduler who always knows (simulated).
. "$(dirname "$0")/yardstick.sh"

# departures SCHEDULER
departures() {
	local ipvs ours ratio

	both "$1" --rate $rate --stay 1
	ipvs=$(awk '/^distance/ { print $2 }' "$tmp/ipvs")
	ours=$(awk '/^distance/ { print $2 }' "$tmp/ours")
	ratio=$(awk -v ipvs="$ipvs" -v ours="$ours" 'BEGIN { printf "%.2f", ours / ipvs }')
	tell "$1" "mean distance from the ideal IPVS $ipvs, uplinkd $ours, ratio $ratio"
	awk -v ratio="$ratio" 'BEGIN { exit !(ratio <= 1.5) }'
}

yardstick_up
case_of 6
count=2000
for scheduler in wlc sed nq; do
	try "$scheduler" departures "$scheduler"
done
weigh 1
try "lc" departures lc
parts_end
