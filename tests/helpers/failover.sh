# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # lab.sh has the variables
#
# To be sourced after lab.sh: a stream of datagrams from the LAN, and lines that fail under it.

stream_port=5070
stream_pace=1000

# departures_count: from here on, what of the stream leaves by a line is counted, after all that
# uplinkd does to it.
departures_count() {
	local i

	{
		echo 'table inet departures {'
		for i in "${!address4[@]}"; do
			echo "counter dsl$i { }"
		done
		echo 'chain out { type filter hook postrouting priority 400;'
		for i in "${!address4[@]}"; do
			echo "oifname dsl$i udp dport $stream_port counter name dsl$i"
		done
		printf '}\n}\n'
	} | n gw nft -f -
}

# departed LINE
departed() {
	n gw nft list counter inet departures "dsl$1" | awk '$1 == "packets" { print $2 }'
}

# departed_more LINE [THAN]
departed_more() {
	[ "$(departed "$1")" -gt "${2:-0}" ]
}

# stream_starts HOST ADDRESS: from that host to that address of inet, every $stream_pace us
declare -A stream_from stream_at
stream_starts() {
	start inet "$build/tests/bench/bench_stream" "$2" $stream_port >"$tmp/came.$2"
	stream_at[$2]=$!
	wait_for 20 stream_awaited "$2"
	start "$1" "$build/tests/bench/bench_stream" "$2" $stream_port "$stream_pace" >"$tmp/sent.$2"
	stream_from[$2]=$!
}

# stream_awaited ADDRESS: inet would answer an earlier datagram with "port unreachable"
stream_awaited() {
	[ -n "$(n inet ss -Hlnu "src $1:$stream_port")" ]
}

# shellcheck disable=SC2034 # for whom it may concern
# stream_ends ADDRESS: sets $sent, $errors, $came, $twice, $gap (us) and $sources
stream_ends() {
	stop "${stream_from[$1]}"
	wait_for 20 [ -s "$tmp/sent.$1" ]
	stop "${stream_at[$1]}"
	read -r _ sent _ errors <"$tmp/sent.$1"
	read -r _ came _ twice _ gap sources <"$tmp/came.$1"
}

# used: the line of the first two that the stream goes by
used() {
	local zero one

	zero=$(departed 0) one=$(departed 1)
	wait_for 60 either_more $((zero + 20)) $((one + 20))
	if departed_more 0 $((zero + 19)); then echo 0; else echo 1; fi
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

is_lost() {
	line_is "$1" down || line_is "$1" absent
}

# line_fails LINE silence|carrier|link; line_works LINE silence|carrier|link: again
line_fails() {
	case $2 in
	silence) line_silence "$1" ;;
	carrier) line_cut "$1" ;;
	link) line_unplug "$1" ;;
	esac
}

line_works() {
	case $2 in
	silence) line_speak "$1" ;;
	carrier) line_mend "$1" ;;
	link) line_plug "$1" ;;
	esac
}

# fail_over WAY: the line in use fails in this way, the stream goes on by the other of the first
# two, and the line comes back. Sets $stray: how much still left by the line when it was known to
# be lost.
fail_over() {
	local line other before more

	line=$(used) other=$((1 - line))
	line_fails "$line" "$1"
	wait_for 60 is_lost "$line"
	before=$(departed "$line") more=$(departed $other)
	wait_for 60 departed_more $other $((more + 20))
	# shellcheck disable=SC2034 # for those who source this
	stray=$(($(departed "$line") - before))
	line_works "$line" "$1"
	wait_for 60 works "$line"
}
