#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two lines with probes at defaults fail in turn, many times, by silence and by carrier, always the
# one that is used. One connection of UDP goes on from the LAN meanwhile, 1,000 datagrams a second.
# What is lost until the end of a line is known is lost; after that nothing may go to a line that is
# dead, have a source address of another line, or come back as unreachable.
. "$(dirname "$0")/bench.sh"

port=5070
failovers=$((rounds * 20 / 3))

# Datagrams that left by a line, counted outside of anything that uplinkd knows.
counters() {
	local i

	for i in 0 1; do
		cat <<-NFT
			table netdev departures$i {
				counter stream { }
				chain out {
					type filter hook egress device "dsl$i" priority 0
					udp dport $port counter name stream
				}
			}
		NFT
	done | n gw nft -f -
}

# departed LINE
departed() {
	n gw nft list counter netdev "departures$1" stream | awk '$1 == "packets" { print $2 }'
}

flows_by() {
	local before

	before=$(departed "$1")
	wait_for 5 departed_more "$1" $((before + 20))
}

departed_more() {
	[ "$(departed "$1")" -gt "$2" ]
}

# used LINE: the one that the connection goes by
used() {
	local zero one

	zero=$(departed 0) one=$(departed 1)
	wait_for 5 either_more $((zero + 50)) $((one + 50))
	if departed_more 0 $((zero + 49)); then echo 0; else echo 1; fi
}

either_more() {
	departed_more 0 "$1" || departed_more 1 "$2"
}

# works LINE: it answers, so that it is there when the other fails, trusted or not
works() {
	case $(line "$1" grade) in
	none | last | null) return 1 ;;
	esac
}

# fail_over LINE WAY: and how many datagrams still went there when the daemon had said it all
fail_over() {
	local line=$1 other=$((1 - $1)) before

	if [ "$2" = silence ]; then line_silence "$line"; else line_cut "$line"; fi
	wait_for 20 line_is "$line" down
	flows_by "$other"
	before=$(departed "$line")
	flows_by "$other"
	stray=$((stray + $(departed "$line") - before))
	if [ "$2" = silence ]; then line_speak "$line"; else line_mend "$line"; fi
	wait_for 20 works "$line"
}

field() {
	awk -v name="$1" '{ for (i = 1; i < NF; i++) if ($i == name) print $(i + 1) }' "$2"
}

stray=0
lab_up 2
probed_config 2
daemon_start
counters
start inet "$tools/bench_stream" $inet4 $port >"$tmp/came"
receiver=$!
start client "$tools/bench_stream" $inet4 $port 1000 >"$tmp/sent"
sender=$!
wait_for 20 line_is 0 up
wait_for 20 line_is 1 up
for ((i = 0; i < failovers; i++)); do
	way=silence
	[ $((i / 2 % 2)) = 0 ] || way=carrier
	fail_over "$(used)" $way
done
stop $sender
wait_for 5 [ -s "$tmp/sent" ]
stop $receiver
cat "$tmp/sent" "$tmp/came"

foreign=$(($(provider_foreign p0) + $(provider_foreign p1)))
sent=$(field sent "$tmp/sent") came=$(field came "$tmp/came")
figure "$failovers failovers: datagrams sent, 1,000 a second" "$sent" datagrams
figure "$failovers failovers: lost before the end of the line was known" $((sent - came)) datagrams
figure "$failovers failovers: the same, for a failover" $(((sent - came) / failovers)) datagrams
figure "$failovers failovers: longest time without any" "$(field longest-gap-us "$tmp/came" |
	median 2 1000)" ms 1500
figure "$failovers failovers: to a line known to be dead" $stray datagrams 0
figure "$failovers failovers: with an address of another line" "$foreign" datagrams 0
figure "$failovers failovers: told to be unreachable" "$(field errors "$tmp/sent")" errors 0
figure "$failovers failovers: came twice" "$(field twice "$tmp/came")" datagrams 0
