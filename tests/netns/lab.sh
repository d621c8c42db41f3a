# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The laboratory, to be sourced. A gateway with up to three lines, each to a provider of its own:
#
#                                inet  198.51.100.10 to .19, 2001:db8:f::10 to ::19
#                     198.18.0.x / | \ 198.18.2.x
#                              p0  p1  p2               providers: drop what is not from
#                 203.0.113.1   |   |   |  100.64.2.1   an address they gave, and count it
#                               |   |192.0.2.1
#                 203.0.113.5   |   |   |  100.64.2.5
#                             dsl0 dsl1 dsl2
#                                  gw                   runs uplinkd
#                                 lan0  172.16.0.1, fd00::1
#                                  |
#             +------------+-------+----+-----  lan (a switch)
#            web1         web2        client
#       172.16.0.2   172.16.0.3   172.16.0.10 to .19, fd00::10 to ::19
#
# IPv6 is alike: 2001:db8:a::/64, 2001:db8:b::/64 and 2001:db8:c::/64 on the lines, ::1 the
# provider, ::5 the gateway; fd00::2 and fd00::3 the web servers. web1 serves ports 80 and 53,
# web2 8000 and 8053, inet 80, 443, 53 and 5060, each TCP and UDP, each answering with its own
# name and the address that it saw.
#
# A scenario sources this file, calls lab_up, then asserts; it ends with success only when every
# assertion held, no provider saw a foreign source address, and the daemon ended cleanly.
# Everything lives in namespaces named after the shell's process id; the trap removes all of it.

set -euo pipefail

top=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
build=${UPLINKD_BUILD:-$top/build}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/uplinkd-lab.XXXXXX")
helpers=$tmp/helpers # a copy: processes of other users ask, too, and may not look into the tree
conf=$tmp/uplinkd.conf
log=$tmp/uplinkd.log
hooks=$tmp/hooks # made by the first hook
daemon_options=()
daemon_prefix=() # a command that runs the daemon
lab=upl$$
namespaces=()
daemon=
at_end=() # functions for the end, when no process of ours is left
unpacked=$top/build-unpacked # see helpers/packages
PATH=$PATH:/usr/sbin:/sbin:$unpacked/usr/sbin:$unpacked/usr/bin:/usr/lib/systemd:$unpacked/lib/systemd
readonly top build helpers tmp conf log hooks lab
chmod 755 "$tmp"
cp -r "$top/tests/helpers" "$helpers"

# What a scenario may change before lab_up.
gateway4=(203.0.113.1 192.0.2.1 100.64.2.1)
address4=(203.0.113.5 192.0.2.5 100.64.2.5)
gateway6=(2001:db8:a::1 2001:db8:b::1 2001:db8:c::1)
address6=(2001:db8:a::5 2001:db8:b::5 2001:db8:c::5)
inet4=198.51.100.10
inet6=2001:db8:f::10

# No scenario talks to the system bus of the machine it runs on.
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$tmp/no-such-bus

# shellcheck source-path=SCRIPTDIR/../helpers source=traffic.sh
. "$helpers/traffic.sh"
# shellcheck source-path=SCRIPTDIR/../helpers source=daemon.sh
. "$helpers/daemon.sh"

# --- namespaces and processes -----------------------------------------------------------------

# n NAMESPACE COMMAND...: run in one of the lab's namespaces. Unlike `ip netns exec` it leaves the
# mounts alone, so that control groups can be reached.
n() {
	nsenter --net="/run/netns/$lab-$1" "${@:2}"
}

# start NAMESPACE COMMAND...: run in the background; $! is the command's own process id.
start() {
	nsenter --net="/run/netns/$lab-$1" "${@:2}" &
}

# stop PID: end a process of ours and wait for it; its exit status is returned.
stop() {
	# By its number one that has ended by itself may be a stranger now; the shell knows its children.
	! jobs -pr | grep -x "$1" >/dev/null || kill -TERM "$1" 2>/dev/null || true
	wait "$1"
}

namespace() {
	ip netns add "$lab-$1"
	namespaces+=("$1")
	# Duplicate detection would make every address wait; accept_dad has no say in anything else. Even
	# so an address is not there at once: those that somebody speaks with have "nodad".
	n "$1" tee /proc/sys/net/ipv6/conf/{all,default}/accept_dad <<<0 >/dev/null
	n "$1" ip link set lo up
}

# wait_for SECONDS COMMAND...: until the command succeeds. The time only guards against a hang, and
# the last look is after it: a machine that stood still meanwhile is no reason to give up. Where all
# goes slower, UPLINKD_PATIENCE says how many times.
wait_for() {
	local deadline=$((${EPOCHREALTIME/./} + $1 * ${UPLINKD_PATIENCE:-1} * 1000000)) now

	until now=${EPOCHREALTIME/./} && "${@:2}" >/dev/null 2>&1; do
		[ "$now" -le "$deadline" ] || fail "waited $1 s in vain for: ${*:2}"
		sleep 0.02 # between two looks
	done
}

not() {
	! "$@"
}

# --- the lines --------------------------------------------------------------------------------

# line_connect LINE: a cable between the gateway's dslN and the provider's switch.
line_connect() {
	local p=p$1

	ip link add "dsl$1" netns "$lab-gw" type veth peer name customer netns "$lab-$p"
	n "$p" ip link set customer master line up
	provider_guard "$1"
	n gw ip link set "dsl$1" up
}

# line_plug LINE: the same, with the gateway's addresses on it.
line_plug() {
	line_connect "$1"
	line_address "$1" "${address4[$1]}/24"
	line_address "$1" "${address6[$1]}/64"
}

line_unplug() {
	n gw ip link delete "dsl$1"
}

# line_address LINE ADDRESS/LENGTH: the provider gives this address and the gateway takes it.
line_address() {
	provider_gives "$1" "${2%/*}"
	n gw ip address add "$2" dev "dsl$1"
}

# line_cut LINE: the carrier goes away. line_mend LINE: it comes back.
line_cut() {
	n "p$1" ip link set customer down
}

line_mend() {
	n "p$1" ip link set customer up
}

# line_silence LINE: the carrier stays and nothing gets through, either way. line_speak LINE: again.
line_silence() {
	silence | n "p$1" nft -f -
}

silence() {
	cat <<-NFT
		table netdev silence {
			chain in { type filter hook ingress device "customer" priority 10; policy drop; }
			chain out { type filter hook egress device "customer" priority 10; policy drop; }
		}
	NFT
}

line_speak() {
	n "p$1" nft delete table netdev silence
}

# What a provider holds against its customers. The counter outlives cables.
provider_guard() {
	n "p$1" nft -f - <<-NFT
		table netdev provider {
			counter foreign { }
			set given4 { type ipv4_addr; }
			set given6 { type ipv6_addr; }
			set foreign4 { type ipv4_addr . ipv4_addr; size 64; flags dynamic; }
			set foreign6 { type ipv6_addr . ipv6_addr; size 64; flags dynamic; }
			chain guard {
				type filter hook ingress device "customer" priority 0
				ip saddr { 0.0.0.0 } accept
				ip6 saddr { ::, fe80::/10 } accept
				ip saddr @given4 accept
				ip6 saddr @given6 accept
				meta protocol { ip, ip6 } counter name foreign
				add @foreign4 { ip saddr . ip daddr } drop
				add @foreign6 { ip6 saddr . ip6 daddr } drop
			}
		}
	NFT
}

# provider_gives LINE ADDRESS: the provider routes this address to its customer.
provider_gives() {
	local f=4 gateway=198.18.$1.2

	[[ $2 != *:* ]] || f=6 gateway=2001:db8:18:$1::2
	n "p$1" nft add element netdev provider "given$f" "{ $2 }"
	n inet ip "-$f" route replace "$2" via "$gateway" src "$([ $f = 4 ] && echo $inet4 || echo $inet6)"
}

# provider_delegates LINE PREFIX: it routes an IPv6 prefix to its customer.
provider_delegates() {
	n "p$1" nft add set netdev provider delegated6 '{ type ipv6_addr; flags interval; }'
	n "p$1" nft insert rule netdev provider guard ip6 saddr @delegated6 accept
	n "p$1" nft add element netdev provider delegated6 "{ $2 }"
	n "p$1" ip route replace "$2" via "${address6[$1]}"
	n inet ip route replace "$2" via "2001:db8:18:$1::2" src $inet6
}

provider_takes_back() {
	n "p$1" nft delete element netdev provider given4 "{ $2 }"
}

provider_foreign() {
	n "$1" nft list counter netdev provider foreign | awk '$1 == "packets" { print $2 }'
}

# --- building it ------------------------------------------------------------------------------

lab_inet() {
	local i

	namespace inet
	n inet tee /proc/sys/net/ipv{4,6}/conf/all/forwarding <<<1 >/dev/null
	# The first is what it speaks with unless told otherwise; so the others are "deprecated".
	for i in {10..19}; do
		echo "address add 198.51.100.$i dev lo"
		echo "address add 2001:db8:f::$i dev lo nodad $([ "$i" = 10 ] || echo preferred_lft 0)"
	done | n inet ip -batch -
	serve inet inet 80 443 53 5060
}

lab_provider() {
	namespace "p$1"
	n "p$1" tee /proc/sys/net/ipv{4,6}/conf/all/forwarding <<<1 >/dev/null
	ip link add "i$1" netns "$lab-inet" type veth peer name inet netns "$lab-p$1"
	n inet ip -batch - <<-END
		address add 198.18.$1.1/24 dev i$1
		address add 2001:db8:18:$1::1/64 dev i$1 nodad
		link set i$1 up
	END
	n "p$1" ip -batch - <<-END
		address add 198.18.$1.2/24 dev inet
		address add 2001:db8:18:$1::2/64 dev inet nodad
		link set inet up
		route add default via 198.18.$1.1
		route add default via 2001:db8:18:$1::1
		link add line type bridge
		address add ${gateway4[$1]}/24 dev line
		address add ${gateway6[$1]}/64 dev line nodad
		link set line up
	END
}

lab_host() {
	namespace "$1"
	ip link add eth0 netns "$lab-$1" type veth peer name "$1" netns "$lab-lan"
	n lan ip link set "$1" master switch up
	n "$1" ip -batch - <<-END
		link set eth0 up
		address add 172.16.0.$2/24 dev eth0
		address add fd00::$2/64 dev eth0 nodad
		route add default via 172.16.0.1
		route add default via fd00::1
	END
}

lab_lan() {
	local i

	namespace lan
	n lan ip link add switch type bridge
	n lan ip link set switch up
	ip link add lan0 netns "$lab-gw" type veth peer name gw netns "$lab-lan"
	n lan ip link set gw master switch up
	n gw ip -batch - <<-END
		link set lan0 up
		address add 172.16.0.1/24 dev lan0
		address add fd00::1/64 dev lan0
	END
	lab_host web1 2
	lab_host web2 3
	lab_host client 10
	for i in {11..19}; do
		echo "address add 172.16.0.$i/24 dev eth0"
		echo "address add fd00::$i/64 dev eth0 nodad preferred_lft 0"
	done | n client ip -batch -
	serve web1 web1 80 53
	serve web2 web2 8000 8053
}

# lab_up LINES
lab_up() {
	local i

	lab_inet
	namespace gw
	# As distributions have it; the daemon has to cope.
	n gw tee /proc/sys/net/ipv4/conf/{all,default}/rp_filter <<<1 >/dev/null
	for ((i = 0; i < $1; i++)); do
		lab_provider "$i"
		line_plug "$i"
	done
	lab_lan
	wait_for 20 addresses_settle
}

# The kernel tries IPv6 addresses before they are there, in its own time.
addresses_settle() {
	[ -z "$(n gw ip -6 -o address show tentative)" ]
}

# neighbour LINE: a host "nb" on the provider's own net, next to the gateway: .77, ::77
neighbour() {
	namespace nb
	ip link add eth0 netns "$lab-nb" type veth peer name nb netns "$lab-p$1"
	n "p$1" ip link set nb master line up
	n nb ip -batch - <<-END
		link set eth0 up
		address add ${gateway4[$1]%.*}.77/24 dev eth0
		address add ${gateway6[$1]%:*}:77/64 dev eth0 nodad
		route add default via ${gateway4[$1]}
		route add default via ${gateway6[$1]}
	END
	n inet ip route add "${gateway4[$1]%.*}.77" via "198.18.$1.2" src $inet4
	n inet ip route add "${gateway6[$1]%:*}:77" via "2001:db8:18:$1::2" src $inet6
}

# --- the end ----------------------------------------------------------------------------------

verdict() {
	local p

	[ -z "$daemon" ] || daemon_stop || {
		echo "FAILED: uplinkd ended with status $?"
		return 1
	}
	if grep -E 'runtime error|Sanitizer' "$log" 2>/dev/null; then
		return 1
	fi
	for p in "${namespaces[@]}"; do
		[[ $p != p? ]] || [ "$(provider_foreign "$p")" = 0 ] || {
			echo "FAILED: $p got packets with foreign source addresses:"
			n "$p" nft list ruleset
			return 1
		}
	done
}

evidence() {
	local file

	[ ! -s "$log" ] || { echo "--- uplinkd said:"; tail -n 60 "$log"; }
	[ ! -s "$tmp/servers.log" ] || { echo "--- servers said:"; tail -n 20 "$tmp/servers.log"; }
	for file in "$tmp"/{flow,held}.*; do
		[ ! -e "$file" ] || { echo "--- ${file##*/} said:"; cat "$file"; }
	done
	[ -z "$daemon" ] || { echo "--- status:"; ctl status || true; }
	[ ! -e "/run/netns/$lab-gw" ] || { echo "--- gateway:"; dump; n gw conntrack -L 2>/dev/null; } || true
}

# Ours, and what they have started in our namespaces and did not take along, except in that of the
# machine itself (vm/systemd-lab.sh). The numbers of those that have ended may be strangers' now.
end_processes() {
	local name

	jobs -pr | xargs -r kill -KILL
	wait
	for name in "${namespaces[@]}"; do
		[ "/run/netns/$lab-$name" -ef /proc/self/ns/net ] ||
			ip netns pids "$lab-$name" | xargs -r kill -KILL
	done
}

cleanup() {
	local status=$? name

	trap - EXIT
	trap '' HUP INT PIPE TERM
	set +e
	[ $status != 0 ] || verdict || status=1
	[ $status = 0 ] || [ $status = 77 ] || evidence
	end_processes 2>/dev/null
	for name in "${at_end[@]}"; do
		"$name"
	done
	for name in "${namespaces[@]}"; do
		ip netns delete "$lab-$name"
	done
	rm -rf "$tmp"
	exit $status
}
trap cleanup EXIT
trap 'exit 130' HUP INT PIPE TERM
