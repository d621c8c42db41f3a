#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The judgement by probes in simulated time, as many days as there are rounds: how often, and for
# which share of the time, a line that loses packets at random is taken for dead, and how long
# silence goes unnoticed. Next to it dpinger's published algorithm with the defaults that pfSense
# publishes. See curves.c.
. "$(dirname "$0")/bench.sh"

"$tools/bench_curves" "$rounds" >"$tmp/curves"
while IFS=$'\t' read -r name value unit; do
	figure "$name" "$value" "$unit"
done <"$tmp/curves"
