#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every scheduler gives each server as many connections as that of kernel IPVS does; hashes.sh has
# those whose shares are a matter of many clients. Those that go by load get clients at a pace, so
# that counts can follow.
. "$(dirname "$0")/yardstick.sh"

# arrivals SCHEDULER MOST [OPTION-OF-CROWD...]
arrivals() {
	local d

	both "$1" "${@:3}"
	d=$(difference)
	tell "$1" "largest difference $d"
	[ "$d" -le "$2" ]
}

# Servers that take their weight and one, and room for hardly more than comes.
arrivals_ovf() {
	local total=0 weight

	for weight in $(weights); do
		total=$((total + weight))
	done
	weigh "weight * $count / $total"
	weigh "weight + 1"
	arrivals ovf 0 --rate $rate
}

yardstick_up
for n in 2 8; do
	case_of $n
	for scheduler in rr wrr fo; do
		try "$scheduler, $n servers" arrivals $scheduler 0
	done
	try "nq, $n servers" arrivals nq 0 --rate "$rate"
	try "ovf, $n servers" arrivals_ovf
	for scheduler in lc wlc sed; do
		try "$scheduler, $n servers" arrivals $scheduler 1 --rate "$rate"
	done
done
parts_end
