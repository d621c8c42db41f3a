#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two lines with probes at defaults fail in turn, many times, by silence, with their carrier and
# with their interface, always the one that is used. One connection of UDP goes on from the LAN
# meanwhile, 1,000 datagrams a second. What is lost until the end of a line is known is lost; after
# that nothing may go to a line that is dead, have a source address of another line, or come back
# as unreachable.
. "$(dirname "$0")/bench.sh"
# shellcheck source=../helpers/failover.sh
. "$helpers/failover.sh"

failovers=$((rounds * 20 / 3))
ways=(silence silence carrier carrier link link)
strays=0
lab_up 2
probed_config 2
daemon_start
wait_for 60 line_is 0 up
wait_for 60 line_is 1 up
departures_count
stream_starts client "$inet4"
for ((i = 0; i < failovers; i++)); do
	fail_over "${ways[i % ${#ways[@]}]}"
	strays=$((strays + stray))
done
stream_ends "$inet4"

foreign=$(($(provider_foreign p0) + $(provider_foreign p1)))
figure "$failovers failovers: datagrams sent, 1,000 a second" "$sent" datagrams
figure "$failovers failovers: lost before the end of the line was known" $((sent - came)) datagrams
figure "$failovers failovers: the same, for a failover" $(((sent - came) / failovers)) datagrams
figure "$failovers failovers: longest time without any" "$(median 2 1000 <<<"$gap")" ms 1500
figure "$failovers failovers: to a line known to be dead" $strays datagrams 0
figure "$failovers failovers: with an address of another line" "$foreign" datagrams 0
figure "$failovers failovers: told to be unreachable" "$errors" errors 0
figure "$failovers failovers: came twice" "$twice" datagrams 0
