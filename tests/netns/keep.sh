#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Connections of a policy that keeps wait for their line to come back: nothing ends them while its
# address is there, new ones use another line meanwhile, and those of other policies are told. When
# the address is gone there is nothing to wait for, and they are told, too.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "tier = 1;" "tier = 2;" <<'END'
policies = (
  { name = "patient"; from = [ "172.16.0.10", "fd00::10" ]; use = [ "dsl0", "dsl1" ]; on_failover = "keep"; },
  { name = "rest"; use = [ "dsl0", "dsl1" ]; }
);
END
daemon_start

hold kept client $inet4 80
hold kept6 client $inet6 80
flow talks client tcp $inet4 80
flow voice client udp $inet4 5060
hold told client --bind 172.16.0.11 $inet4 80
hold box gw $inet4 80
for name in kept kept6 told box; do
	expect "$name goes by the first line" "inet dsl0" "$(held $name | via)"
done

line_cut 0
wait_for 20 line_is 0 down
expect "new connections meanwhile" "dsl1:5" "$(ask client -n 5 $inet4 80 | via | tally 2)"
wait_for 20 grep -q reset "$tmp/held.told"
wait_for 20 grep -q reset "$tmp/held.box"
echo "- those of the other policy are told"
expect "entries that wait" 2 "$(n gw conntrack -L -p tcp --orig-src 172.16.0.10 --state ESTABLISHED 2>/dev/null |
	grep -cF "dst=${address4[0]}" || true)"

line_mend 0
wait_for 20 line_is 0 up
flow_end talks
expect "messages of the one that talked, of $sent" "$sent" "$answered"
expect_match "it never broke" "*inet sees ${address4[0]}*" "$(flow_log talks)"
expect "the silent ones" "" "$(ends kept)$(ends kept6)"
expect "the telephone stayed" "${address4[0]}" "$(flow_log voice | awk '/sees/ { a = $NF } END { print a }')"

n gw ip address delete "${address4[0]}/24" dev dsl0
wait_for 20 grep -q reset "$tmp/held.kept"
expect "without its address it is told" "inet: connection reset by peer" "$(ends kept)"
provider_takes_back 0 "${address4[0]}"
expect "IPv6 goes on" "" "$(ends kept6)"
wait_for 20 flow_said voice "sees ${address4[1]}"
echo "- and the telephone goes on by the other line"
