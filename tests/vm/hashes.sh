#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The hash of the source gives each server its share, as that of kernel IPVS does: which client goes
# where is another matter. It takes many clients for the shares to be those of the table.
. "$(dirname "$0")/yardstick.sh"

count=12000

# shares SCHEDULER
shares() {
	local percent

	both "$1"
	percent=$(awk -v d="$(difference)" -v n=$count 'BEGIN { printf "%.2f", 100 * d / n }')
	tell "$1" "largest difference of a share $percent %"
	awk -v p="$percent" 'BEGIN { exit p > 2 }'
}

yardstick_up
case_of 8
for scheduler in sh mh; do
	try "$scheduler, 8 servers" shares $scheduler
done
parts_end
