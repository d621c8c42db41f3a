#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a packet to a service costs next to IPVS, by each method, on a stock kernel under emulation
# (tests/vm/boot): a ns there is an instruction, so that only the ratios mean something, and they do
# not depend on the load of this machine. One gateway:
#
#     inet  <--- dsl0 [ gw ] lan0 --->  lan
#         203.0.113.5 to .7    172.16.0.1   172.16.0.2:80 and 172.16.0.3:80
#
# frames.c puts packets into dsl0, 1,024 connections in turn; the other end counts and drops them, as
# early as can be. What was sent must arrive to the last packet, or the bench fails.
here=$(dirname "$(realpath "$0")")
if [ -z "${UPLINKD_VM-}" ]; then
	PATH=$PATH:/usr/sbin:/sbin command -v ipvsadm >/dev/null || {
		echo "skipped: no ipvsadm"
		exit 0
	}
	out=$(mktemp -d "${TMPDIR:-/tmp}/uplinkd-ipvs.XXXXXX")
	trap 'rm -rf "$out"' EXIT
	status=0
	"$here/../vm/boot" --steady --write "$out" \
		--modules "ip_vs ip_vs_rr nf_conntrack ipip veth" -- \
		env BENCH_ROUNDS="${BENCH_ROUNDS-}" BENCH_FRAMES="${BENCH_FRAMES-}" OUT="$out" "$0" || status=$?
	[ ! -e "$out/figures" ] || cat "$out/figures" >&3
	[ $status = 77 ] || exit $status
	exit 0
fi
exec 3>"$OUT/figures"
# shellcheck source-path=SCRIPTDIR source=bench.sh
. "$here/bench.sh"

frames=${BENCH_FRAMES:-32000}
# IPVS remembers the connections of a service that is gone: each method has an address of its own.
declare -A vips=([nat]=203.0.113.5 [route]=203.0.113.6 [tunnel]=203.0.113.7)

# link_up INTERFACE ADDRESS END NEIGHBOUR...: whose neighbours never answer
link_up() {
	local neighbour

	namespace "$3"
	ip link add "$1" netns "$lab-gw" type veth peer name "$1" netns "$lab-$3"
	n "$3" ip link set "$1" up
	{
		echo "link set $1 up"
		echo "address add $2 dev $1"
		for neighbour in "${@:4}"; do
			echo "neighbour replace $neighbour lladdr 02:00:00:00:00:02 dev $1 nud permanent"
		done
	} | n gw ip -batch -
}

# sink END INTERFACE ADDRESS...: counts and drops what comes to them, in whatever it is wrapped
sink() {
	local address i=0

	{
		echo "table netdev sink {"
		for address in "${@:3}"; do
			echo "counter peer$((i++)) { }"
		done
		echo "chain sink {"
		echo "type filter hook ingress device $2 priority 0"
		i=0
		for address in "${@:3}"; do
			echo "ip daddr $address counter name peer$((i++)) drop"
		done
		echo "}"
		echo "}"
	} | n "$1" nft -f -
}

# sunk [PEER]
sunk() {
	n lan nft list counters table netdev sink |
		awk -v peer="${1-}" '/counter/ { name = $2 } $1 == "packets" && name ~ peer { sum += $2 }
			END { print sum + 0 }'
}

# inject INTERFACE to|from KIND COUNT PEER...: prints how many were sent, and the ns of each
inject() {
	n gw "$tools/bench_frames" "$@"
}

# put WHAT-FILE KIND COUNT: to the service
put() {
	local count ns

	read -r count ns < <(inject dsl0 to "$2" "$3" "$vip:80")
	sent=$((sent + count))
	echo "$ns" >>"$tmp/$1"
}

# answer FIRST: of the servers to every connection, when the first one went to the server FIRST
answer() {
	local servers=(172.16.0.2:80 172.16.0.3:80)

	[ "$1" = peer0 ] || servers=(172.16.0.3:80 172.16.0.2:80)
	inject lan0 from synack 1024 "${servers[@]}" >/dev/null
}

# packets WHO METHOD: of new connections, and of those that stand
packets() {
	local before first=peer1 sent=0 i peer0

	before=$(sunk) peer0=$(sunk peer0)
	put one syn 1
	[ "$(sunk peer0)" = "$peer0" ] || first=peer0
	put "new-$1-$2" syn 1024
	[ "$2" != nat ] || answer $first
	put first data 1024
	for ((i = 0; i < rounds; i++)); do
		put "packet-$1-$2" data "$frames"
	done
	expect "$1, $2: packets at the servers" $sent $(($(sunk) - before))
}

# by_ipvs METHOD OPTION-OF-IPVSADM
by_ipvs() {
	n gw ipvsadm -R <<-END
		-A -t $vip:80 -s rr
		-a -t $vip:80 -r 172.16.0.2:80 $2
		-a -t $vip:80 -r 172.16.0.3:80 $2
	END
	packets IPVS "$1"
	n gw ipvsadm -C
}

write_config() {
	cat >"$conf" <<-END
		services = ( { name = "www"; listen = [ "tcp/$vip:80" ]; scheduler = "rr"; servers = (
		  { address = "172.16.0.2:80"; method = "$1"; },
		  { address = "172.16.0.3:80"; method = "$1"; } ); } );
	END
}

# by_uplinkd METHOD
by_uplinkd() {
	write_config "$1"
	daemon_start
	packets uplinkd "$1"
	daemon_stop
	n gw "$build/src/uplinkd" --flush --runtime-dir "$tmp/run" 2>>"$log"
	rm -r "$tmp/run"
}

ns() {
	median 0 <"$tmp/$1"
}

# faster WHAT METHOD: times that uplinkd does in the time of IPVS
faster() {
	awk -v ipvs="$(ns "$1-IPVS-$2")" -v ours="$(ns "$1-uplinkd-$2")" \
		'BEGIN { printf "%.2f", ipvs / ours }'
}

# method NAME OPTION-OF-IPVSADM [GOAL]
method() {
	vip=${vips[$1]}
	by_ipvs "$1" "$2"
	by_uplinkd "$1"
	figure "emulated, $1: packet, IPVS" "$(ns "packet-IPVS-$1")" ns
	figure "emulated, $1: packet, uplinkd" "$(ns "packet-uplinkd-$1")" ns
	figure "emulated, $1: packets, uplinkd to IPVS" "$(faster packet "$1")" ratio "${3-}"
	figure "emulated, $1: new connections, uplinkd to IPVS" "$(faster new "$1")" ratio
}

namespace gw
link_up dsl0 203.0.113.5/24 inet 203.0.113.1
n gw ip address add 203.0.113.6/24 dev dsl0
n gw ip address add 203.0.113.7/24 dev dsl0
link_up lan0 172.16.0.1/24 lan 172.16.0.2 172.16.0.3
n gw ip route add default via 203.0.113.1
n gw sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
sink lan lan0 172.16.0.2 172.16.0.3 203.0.113.6
method nat -m ">0.95"
method route -g ">1.2"
method tunnel -i
