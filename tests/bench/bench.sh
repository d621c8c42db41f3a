# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the benches share, to be sourced: the laboratory of tests/netns, figures, and the gateway of
# a given size. run says how much to measure, and takes the figures from file descriptor 3.

. "$(dirname "${BASH_SOURCE[0]}")/../netns/lab.sh"

tools=$build/tests/bench
rounds=${BENCH_ROUNDS:-15}
read -ra sizes <<<"${BENCH_SIZES:-1 100 1000}"
read -ra scales <<<"${BENCH_SCALES:-1000 10000}"
readonly tools
# shellcheck disable=SC2034 # for those who source this
readonly rounds sizes scales

# figure NAME VALUE UNIT [GOAL]: a goal is the most that it should be; ">3" is the least.
figure() {
	printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4-}" >&3
	echo "- $1: $2 $3"
}

# median [DECIMALS] [DIVISOR]: of the numbers read, a line each
median() {
	sort -n | awk -v decimals="${1:-0}" -v divisor="${2:-1}" '{ v[NR] = $1 }
		END { m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
			printf "%.*f", decimals, m / divisor }'
}

resident_bytes() {
	awk '$1 == "VmRSS:" { print $2 * 1024 }' "/proc/$daemon/status"
}

# seen WHAT first|last FILE: when that happened, in microseconds; see watch.c
seen() {
	awk -v what="$1" -v column="$([ "$2" = first ] && echo 2 || echo 3)" \
		'$1 == what { print $column; found = 1 } END { exit !found }' "$3"
}

# watch FILE OPTION... COMMAND: run in the gateway; FILE gets what watch.c saw, a moment after the end
watch() {
	n gw "$tools/bench_watch" "${@:2}" >"$1"
	wait_for 150 [ -s "$1" ] # watch.c gives up before
}

# trace_start ... trace_end KEY...: what the daemon does between is counted; see trace.c
trace_start() {
	start gw "$tools/bench_trace" "$daemon" >"$tmp/trace"
	tracer=$!
	wait_for 20 grep -q tracing "$tmp/trace"
}

trace_end() {
	stop "$tracer"
}

traced() {
	awk -v what="$1" '$1 == what { print $2; found = 1 } END { exit !found }' "$tmp/trace"
}

# gateway_config SERVICES [ADDRESS]: two lines, the second for when the first is dead, and services
# with two servers each; ADDRESS is the first service's second server.
gateway_config() {
	local i

	config "" "" < <(
		echo 'policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; scheduler = "fo"; } );'
		echo 'services = ('
		echo '  { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80" ]; servers = ('
		echo "      { address = \"172.16.0.2:80\"; }, { address = \"${2:-172.16.0.3}:8000\"; } ); }"
		for ((i = 1; i < $1; i++)); do
			printf ', { name = "s%d"; listen = [ "tcp/10.77.%d.%d:80" ]; servers = (\n' \
				"$i" $((i / 250)) $((i % 250))
			echo '      { address = "172.16.0.2:80"; }, { address = "172.16.0.3:8000"; } ); }'
		done
		echo ');'
	)
}

# scale_config SERVICES SCHEDULER [ADDRESS]: one line, and services with four servers each; ADDRESS
# is the fourth server of the first, which is on UDP.
scale_config() {
	config "" < <(awk -v n="$1" -v scheduler="$2" -v other="${3:-172.16.0.23}" 'BEGIN {
		print "services = ("
		for (i = 0; i < n; i++) {
			listen = sprintf("\"tcp/10.77.%d.%d:80\"", i / 250, i % 250)
			if (i == 0)
				listen = "\"udp/dsl0:80\""
			printf "%s{ name = \"s%d\"; listen = [ %s ]; scheduler = \"%s\"; servers = (",
				i ? ", " : "", i, listen, scheduler
			for (k = 20; k < 24; k++)
				printf "%s{ address = \"%s:%d\"; }", k == 20 ? "" : ", ",
					i == 0 && k == 23 ? other : "172.16.0." k, 8000 + i
			print " ); }"
		}
		print ");"
	}')
}

# services NUMBER: in words
services() {
	[ "$1" = 1 ] && echo "1 service" || echo "$1 services"
}

# largest [DECIMALS] [DIVISOR]: of the numbers read, a line each
largest() {
	sort -n | tail -n 1 | awk -v decimals="${1:-0}" -v divisor="${2:-1}" \
		'{ printf "%.*f", decimals, $1 / divisor }'
}

# probed_config LINES: as many lines, each with one probe at defaults, and the first that works is
# used for everything.
probed_config() {
	local i probed=()

	for ((i = 0; i < $1; i++)); do
		probed+=("probes = ( { kind = \"icmp\"; targets = [ \"$inet4\", \"198.51.100.11\" ]; } );")
	done
	config "${probed[@]}" < <(
		printf 'policies = ( { name = "rest"; scheduler = "fo"; use = [ "dsl0"'
		for ((i = 1; i < $1; i++)); do
			printf ', "dsl%d"' "$i"
		done
		echo ' ]; } );'
	)
}
