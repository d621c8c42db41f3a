#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenarios of tests/netns under a stock kernel: those that stand on what differs from one kernel to
# the next, which is how connections end, are told and are counted, labels, translation of prefixes,
# notifications of routes and what is refused in a transaction. Each of them is a part.
modules="veth bridge nf_tables nf_conntrack_netlink"
boot_options="--seconds 570" # a hang guard, below that of tests/run
. "$(dirname "$0")/lab.sh"

# scenario NAME: of tests/netns, in a shell and with a laboratory of its own
scenario() {
	local status=0

	"$top/tests/netns/$1.sh" >"$tmp/said" 2>&1 || status=$?
	[ $status != 77 ] || skip_part "$(sed -n '$s/^skipped: //p' "$tmp/said")"
	[ $status = 0 ] || { cat "$tmp/said" && exit $status; }
}

for name in complaint-01 complaint-04 complaint-18 failovers keep metered nptv6 repair reset-idle; do
	part "$name" scenario "$name"
done
parts_end
