#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The prefix of a dead line: a host inside that made itself an address of each line's prefix stops
# to use that of the dead one at once, keeps us as its router, and speaks by the other. When no line
# is left it knows that there is no way out; when the line is back it uses its address again. The
# daemon that advertises all the while is radvd where there is one.
. "$(dirname "$0")/lab.sh"
lab_up 2

provider_delegates 0 2001:db8:a100::/56
provider_delegates 1 2001:db8:b100::/56
n gw ip address add 2001:db8:a100:1::1/64 dev lan0
n gw ip address add 2001:db8:b100:1::1/64 dev lan0
config "" "" <<<''
daemon_start
check "delegate" ctl delegate dsl0 2001:db8:a100::/56
check "delegate" ctl delegate dsl1 2001:db8:b100::/56

lab_host auto 30
n auto ip -6 address flush dev eth0 scope global
n auto ip -6 route delete default
n auto tee /proc/sys/net/ipv6/conf/eth0/accept_ra <<<1 >/dev/null

if command -v radvd >/dev/null; then
	cat >"$tmp/radvd.conf" <<-'END'
		interface lan0 {
			AdvSendAdvert on;
			prefix 2001:db8:a100:1::/64 { };
			prefix 2001:db8:b100:1::/64 { };
		};
	END
	start gw radvd -n -C "$tmp/radvd.conf" -p "$tmp/radvd.pid" -m stderr 2>"$tmp/radvd.log"
fi

# preferred PREFIX, deprecated PREFIX: the host's address of it is
preferred() {
	n auto ip -6 -o address show dev eth0 scope global -deprecated -tentative | grep "$1"
}
deprecated() {
	n auto ip -6 -o address show dev eth0 scope global deprecated | grep "$1"
}
has_router() {
	n auto ip -6 route show default | grep "proto ra"
}

# comes_from PREFIX: what the Internet sees of the host
comes_from() {
	[[ $(ask auto 2001:db8:f::10 80) == "inet $1"* ]]
}

# hears: of both, once its port of the switch is open
hears() {
	command -v radvd >/dev/null ||
		n gw "$helpers/advertise.py" lan0 1800 2001:db8:a100:1:: 14400 2001:db8:b100:1:: 14400
	preferred 2001:db8:a100:1: && preferred 2001:db8:b100:1: && has_router
}

wait_for 20 hears

for line in 0 1; do
	dead=2001:db8:$([ $line = 0 ] && echo a || echo b)100:1:
	other=2001:db8:$([ $line = 0 ] && echo b || echo a)100:1:
	line_cut $line
	since=${EPOCHREALTIME/./}
	wait_for 20 deprecated "$dead"
	echo "- deprecated after $(((${EPOCHREALTIME/./} - since) / 1000)) ms"
	check "not the other" preferred "$other"
	check "still the router" has_router
	check "new connections" comes_from "$other"
	line_mend $line
	wait_for 20 preferred "$dead"
	echo "- preferred again"
done

line_cut 0
line_cut 1
wait_for 20 not has_router
echo "- no line left, no router"
line_mend 0
wait_for 20 has_router
wait_for 20 preferred 2001:db8:a100:1:
check "the other is still dead" deprecated 2001:db8:b100:1:
check "out again" comes_from 2001:db8:a100:1:

# A host that forwards nothing has nothing to say to others, and does not wait to say it.
sed -i 's/inside = \[ "lan0" \];/& forwarding = false;/' "$conf"
check "a reload without forwarding" ctl reload
expect "the other line" down "$(line 1 state)"
wait_for 20 idle
echo "- is idle"
