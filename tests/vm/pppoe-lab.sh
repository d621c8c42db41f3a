# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # the other lab.sh has the variables
#
# Two lines by PPPoE, to be sourced: real pppd in the gateway, with the plugin or with the hooks alone
# as $teller says, and a real pppoe-server at each of two providers. In the lab of tests/netns the
# cable of a line is replaced by
#
#     gw  ppp0 (over wan0)  ---  customer, pppN  p0  inet
#     gw  ppp1 (over wan1)  ---  customer, pppN  p1  inet
#
# Line dslN gets another address of 100.64.N.0/24 with every session, and its peer is ${gateway4[N]}.
# A provider drops, and counts, what comes in from a session with another source than its own.

# shellcheck disable=SC2034 # for lab.sh
modules="ppp_generic pppoe nft_fib_inet"
# shellcheck disable=SC2034
boot_options="--seconds 560 ${boot_options-}"

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lab.sh"

for need in pppd pppoe-server; do
	command -v $need >/dev/null || skip "$need is not installed"
done

clients=() # pppd of each line
servers=() # pppoe-server of each provider

# The runtime directory that plugin and hooks use by default: the machine is ours.
runtime=/run/uplinkd
ln -sfn "$runtime" "$tmp/run"
mkdir -p "$runtime"

# Providers have an /etc/ppp of their own, or else the hooks would speak of their interfaces, too.
provider_files() {
	mkdir -p "$tmp/provider"
	printf 'user%s * secret%s *\n' 0 0 1 1 >"$tmp/provider/chap-secrets"
	chmod 600 "$tmp/provider/chap-secrets"
	cat >"$tmp/provider/pppoe-server-options" <<-END
		require-chap
		name provider
		mtu 1492
		mru 1492
		lcp-echo-interval 2
		lcp-echo-failure 3
		ms-dns 198.51.100.10
		ms-dns 198.51.100.11
		+ipv6
	END
	: >"$tmp/provider/options"
}

# server_start PROVIDER
server_start() {
	# shellcheck disable=SC2016 # for that shell to expand
	start "p$1" unshare -m sh -c 'mount --bind "$0" /etc/ppp && exec pppoe-server "$@"' \
		"$tmp/provider" -F -I customer -C "isp$1" -L "${gateway4[$1]}" -R "100.64.$1.10" -N 100 \
		-q "$top/tests/vm/pppd-kernel" >>"$tmp/server.$1" 2>&1
	servers[$1]=$!
}

# sessions PROVIDER: the process ids of its pppd
sessions() {
	local pid

	for pid in $(ip netns pids "$lab-p$1"); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != pppd ] || echo "$pid"
	done
}

provider_up() {
	lab_provider "$1"
	ip link add "wan$1" netns "$lab-gw" type veth peer name customer netns "$lab-p$1"
	n "p$1" ip link set customer up
	n gw ip link set "wan$1" up
	n inet ip route add "100.64.$1.0/24" via "198.18.$1.2" src "$inet4"
	n "p$1" nft -f - <<-NFT
		table inet provider {
			counter foreign { }
			chain guard {
				type filter hook prerouting priority -300
				iifname != "ppp*" accept
				ip6 saddr fe80::/10 accept
				fib saddr . iif oif 0 counter name foreign drop
			}
		}
	NFT
	server_start "$1"
}

# Stands for that of lab.sh.
provider_foreign() {
	n "$1" nft list counter inet provider foreign | awk '$1 == "packets" { print $2 }'
}

gateway_files() {
	local event

	printf 'user%s * secret%s *\n' 0 0 1 1 >/etc/ppp/chap-secrets
	chmod 600 /etc/ppp/chap-secrets
	[ "$teller" = hooks ] || return 0
	ln -sf "$build/src/ctl/uplinkctl" /usr/local/sbin/uplinkctl
	for event in ip-up ip-down ipv6-up ipv6-down; do
		ln -sf "$top/hooks/ppp-event" "/etc/ppp/$event.d/uplinkd"
	done
}

# dial LINE [OPTION...]
dial() {
	local options=()

	[ "$teller" = hooks ] || options=(plugin "$build/hooks/pppd/uplinkd.so")
	start gw pppd plugin pppoe.so "nic-wan$1" user "user$1" noauth noipdefault mtu 1492 mru 1492 \
		persist maxfail 0 holdoff 1 lcp-echo-interval 1 lcp-echo-failure 3 silent +ipv6 usepeerdns \
		pppoe-padi-timeout 1 pppoe-padi-attempts 3 unit "$1" linkname "dsl$1" ipparam "line$1" \
		nodetach "${options[@]}" "${@:2}" >"$tmp/pppd.$1" 2>&1
	clients[$1]=$!
}

address() {
	n gw ip -br -4 address show "ppp$1" 2>/dev/null | awk '{ print $3 }'
}

has_address() {
	[ -n "$(address "$1")" ]
}

# session LINE: a number that each has for itself
session() {
	n gw ip -o link show "ppp$1" 2>/dev/null | awk -F: '{ print $1 }'
}

# Stands for that of lab.sh, and says how it came to this.
fail() {
	echo "FAILED: $*"
	ctl events | tail -n 60
	tail -n 20 "$tmp"/pppd.?
	exit 1
}

pppoe_up() {
	local i

	lab_inet
	namespace gw
	n gw tee /proc/sys/net/ipv4/conf/{all,default}/rp_filter <<<1 >/dev/null
	provider_files
	gateway_files
	for i in 0 1; do
		provider_up $i
	done
	lab_lan
}

# by_line: in what is read, addresses of lines become their names.
by_line() {
	sed -E 's/\b100\.64\.([01])\.[0-9]+$/dsl\1/'
}
