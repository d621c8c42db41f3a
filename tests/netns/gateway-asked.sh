#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Something was sent into a line without a carrier, so that the kernel looks for the gateway, once a
# second. When the carrier is back it is looked for at once: the kernel's own next time, which is
# made to be a minute off here, is not waited for, and what waited for the gateway gets through.
. "$(dirname "$0")/lab.sh"
lab_up 2
# Another port of the provider's switch, so that it does not lose its own carrier with the line: it
# would swallow the one answer, if it were up a little later than the line.
n p0 ip link add rest type veth peer name other
n p0 ip link set rest up
n p0 ip link set other master line up
config "" "" <<<''
daemon_start

for family in ipv4 ipv6; do
	n gw tee "/proc/sys/net/$family/neigh/dsl0/retrans_time_ms" <<<60000 >/dev/null
done

is_sought() {
	n gw ip neigh show "$1" dev dsl0 | grep -q INCOMPLETE
}

for round in 1 2; do
	line_cut 0
	wait_for 10 line_is 0 down
	for to in "$inet4 ${gateway4[0]}" "$inet6 ${gateway6[0]}"; do
		read -r host gateway <<<"$to"
		start gw ping -I dsl0 -qc1 -W60 "$host" >"$tmp/ping.$host.$round"
		eval "waiting_${host//[.:]/_}=$!"
		wait_for 10 is_sought "$gateway"
	done
	line_mend 0
	wait_for 10 line_is 0 up
	for host in "$inet4" "$inet6"; do
		waiting=waiting_${host//[.:]/_}
		expect "round $round: new packets to $host" 0 \
			"$(n gw ping -I dsl0 -qc1 -W20 "$host" >/dev/null; echo $?)"
		wait_for 20 grep -q " 0% packet loss" "$tmp/ping.$host.$round"
		echo "- round $round: what waited got through to $host"
		wait "${!waiting}"
	done
done
