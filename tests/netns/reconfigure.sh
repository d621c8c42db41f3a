#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a line is changes in the file under running flows: the source that it leaves with, which is
# an address on no interface, and its own interface. What can go on goes on, over a restart as
# well; the rest begins anew within a moment instead of sticking to what is no more.
. "$(dirname "$0")/lab.sh"
lab_up 3

provider_gives 0 203.0.113.99
n p0 ip route add 203.0.113.99 via 203.0.113.5
policy='policies = ( { name = "rest"; use = [ "dsl0" ]; } );'

config 'snat = "203.0.113.99";' "" <<<"$policy"
daemon_start
flow page client tcp $inet4 80
flow voice client udp $inet4 5060
expect_match "a source on no interface" "*sees 203.0.113.99" "$(flow_log page)"
daemon_kill
daemon_start
expect "after a restart it is the same connection" 1 "$(flow_log page | wc -l)"
expect_unbroken page

config "" "" <<<"$policy"
check "the source goes from the file" ctl reload
wait_for 20 flow_said voice "sees ${address4[0]}"
# A late answer to the old source makes an entry, too, but not one that leaves with it.
expect "entries with the old source" "" "$(n gw conntrack -L --reply-dst 203.0.113.99 2>/dev/null)"

sed -i "s/interface = \"dsl0\"/interface = \"dsl2\"/; s/${gateway4[0]}\"/${gateway4[2]}\"/
	s/${gateway6[0]}\"/${gateway6[2]}\"/" "$conf"
check "the line gets another interface" ctl reload
wait_for 20 flow_said voice "sees ${address4[2]}"
expect "new connections" "inet dsl2" "$(ask client $inet4 80 | via)"
check "nothing to do" nothing_to_do

# A flow of a line that goes while there is no other waits for the next one to come.
line_cut 1
wait_for 20 line_is 1 down
n gw ip link set dsl2 down
wait_for 20 line_is 0 down
sed -i '/name = "dsl0"/d; s/^, *//; s/"dsl0"/"dsl1"/' "$conf"
check "the line goes from the file" ctl reload
line_mend 1
wait_for 20 flow_said voice "sees ${address4[1]}"

# The tables go where the line cannot have the number that it had.
hold chat client $inet4 80
chat_is_reset() {
	ends chat | grep -q "reset by peer"
}
sed -i 's/^gateway = {/& table_base = 252;/' "$conf"
check "other tables" ctl reload
wait_for 20 chat_is_reset
echo "- connections with the old number end"
wait_for 20 flow_said voice "sees ${address4[1]}"
expect "new connections" "inet dsl1" "$(ask client $inet4 80 | via)"
check "nothing to do" nothing_to_do
