#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The main table has a route over a line by a gateway that no address of the line covers, as
# administrators write it with `onlink`. The line's own table has it as well, and it works.
. "$(dirname "$0")/lab.sh"
lab_up 2

n p1 ip -batch - <<'END'
address add 192.168.77.1/32 dev line
address add 2001:db8:77::1/128 dev line
address add 10.77.0.1/32 dev lo
address add fd77::1/128 dev lo
END
n gw ip route add 10.77.0.0/16 via 192.168.77.1 dev dsl1 onlink
n gw ip route add fd77::/64 via 2001:db8:77::1 dev dsl1 onlink
serve p1 p1 8080

config "" "" </dev/null
daemon_start
check "the arrangement is complete" ctl reload
expect "a client" "p1 ${address4[1]}" "$(ask client 10.77.0.1 8080)"
expect "a client, IPv6" "p1 ${address6[1]}" "$(ask client fd77::1 8080)"
expect "the box" "p1 ${address4[1]}" "$(ask gw 10.77.0.1 8080)"
expect "the box, IPv6" "p1 ${address6[1]}" "$(ask gw fd77::1 8080)"
check "nothing to do" nothing_to_do
