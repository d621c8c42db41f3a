#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Destinations that one line alone reaches, whatever the policies say: the modem in front of each
# line, which has a net of its own and knows no other, and an office for which main has a route by
# a router on that line. The Internet knows the offices, too: that is the way while the line is down.
# None of it counts for the shares of the lines.
. "$(dirname "$0")/lab.sh"
lab_up 2

# modem LINE: 192.168.10LINE.1 and fd64:10LINE::1, next to the gateway
modem() {
	namespace "modem$1"
	ip link add eth0 netns "$lab-modem$1" type veth peer name modem netns "$lab-p$1"
	n "p$1" ip link set modem master line up
	n "modem$1" ip -batch - <<-END
		link set eth0 up
		address add 192.168.10$1.1/24 dev eth0
		address add fd64:10$1::1/64 dev eth0
	END
	line_address "$1" "192.168.10$1.2/24"
	line_address "$1" "fd64:10$1::2/64"
	serve "modem$1" "modem$1" 80
}

# office LINE: 198.18.10LINE.1 and 2001:db8:10LINE::1, behind the provider's router
office() {
	local address

	for address in "198.18.10$1.1/32" "2001:db8:10$1::1/128"; do
		n "p$1" ip address add "$address" dev lo
		n inet ip address add "$address" dev lo preferred_lft 0
	done
	n gw ip route add "198.18.10$1.0/24" via "${gateway4[$1]}"
	n gw ip route add "2001:db8:10$1::/64" via "${gateway6[$1]}"
	serve "p$1" "office$1" 80
}

for line in 0 1; do
	modem $line
	office $line
done
config "weight = 2;" "" <<'END'
policies = (
  { name = "users0"; user = "20100"; use = [ "dsl0" ]; otherwise = "drop"; },
  { name = "users1"; user = "20101"; use = [ "dsl1" ]; otherwise = "drop"; },
  { name = "from0"; from = [ "172.16.0.11", "fd00::11" ]; use = [ "dsl0" ]; },
  { name = "from1"; from = [ "172.16.0.12", "fd00::12" ]; use = [ "dsl1" ]; }
);
END
daemon_start

as_user() {
	n gw setpriv --reuid "$1" --regid "$1" --clear-groups "$helpers/ask.py" "${@:2}"
}

# reached WHO SOURCE ADDRESS: always by this one, who sees this source
reached() {
	local wanted="$1 $2:8" net=172.16.0.1

	[[ $3 != *:* ]] || net=fd00::1
	expect "the LAN to $3" "$wanted" "$(ask client -n 8 "$3" 80 | tally 0)"
	for i in 0 1; do
		expect "the LAN, with a policy for dsl$i" "$wanted" \
			"$(ask client -n 8 --bind "$net$((i + 1))" "$3" 80 | tally 0)"
		expect "a process, with a policy for dsl$i" "$wanted" "$(as_user 2010$i -n 8 "$3" 80 | tally 0)"
	done
	expect "the box" "$wanted" "$(ask gw -n 8 "$3" 80 | tally 0)"
}

# line_reaches LINE: what it alone reaches
line_reaches() {
	reached "modem$1" "192.168.10$1.2" "192.168.10$1.1"
	reached "modem$1" "fd64:10$1::2" "fd64:10$1::1"
	reached "office$1" "${address4[$1]}" "198.18.10$1.1"
	reached "office$1" "${address6[$1]}" "2001:db8:10$1::1"
	expect "the LAN by UDP" "modem$1 192.168.10$1.2" "$(ask client -u "192.168.10$1.1" 80)"
}

shares() {
	expect "shares of the lines" "dsl0:8 dsl1:4" "$(ask client -n 12 $inet4 80 | via | tally 2)"
	expect "shares of the lines, IPv6" "dsl0:8 dsl1:4" "$(ask client -n 12 $inet6 80 | via | tally 2)"
}

for line in 0 1; do
	line_reaches $line
	shares
done

for line in 0 1; do
	other=$((1 - line))
	line_cut $line
	wait_for 20 line_is $line down
	for address in "198.18.10$line.1" "2001:db8:10$line::1"; do
		expect "dsl$line is cut: the LAN to its office" "dsl$other:8" \
			"$(ask client -n 8 "$address" 80 | via | tally 2)"
	done
	line_reaches $other
	line_mend $line
	wait_for 20 line_is $line up
done
line_reaches 0
line_reaches 1
shares
