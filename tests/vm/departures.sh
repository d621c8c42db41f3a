#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# While connections come and go, 200 a second and about 200 at a time, servers are about as near to
# their ideal share as with kernel IPVS, whose counts are never late.
. "$(dirname "$0")/yardstick.sh"

# departures SCHEDULER: how far from the ideal a server is, with about 200 connections at a time
departures() {
	local ipvs ours

	both "$1" --rate $rate --stay 1
	ipvs=$(awk '/^distance/ { print $2 }' "$tmp/ipvs")
	ours=$(awk '/^distance/ { print $2 }' "$tmp/ours")
	tell "$1" "mean distance from the ideal IPVS $ipvs, uplinkd $ours"
	awk -v ipvs="$ipvs" -v ours="$ours" 'BEGIN { exit !(ours <= 1.5 * ipvs) }'
}

yardstick_up
case_of 6
for scheduler in ${SCHEDULERS:-wrr wlc sed nq}; do
	try "$scheduler" departures "$scheduler"
done
weigh 1
for scheduler in rr lc; do
	try "$scheduler" departures $scheduler
done
parts_end
