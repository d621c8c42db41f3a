#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "UDP, SIP and WireGuard keep the old source address after a PPPoE line got a new one." The line's
# interface goes and comes with another address, as pppd's does. A telephone with fixed ports, a
# socket of the gateway that is connected to nobody, as tunnels have, and a flow that never pauses
# are heard with the new address, and no entry with the old one is left; likewise from line to line.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "tier = 1;" "tier = 2;" <<'END'
policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; } );
END
daemon_start

start client "$helpers/again.py" udp $inet4 5060 5060 >"$tmp/again.sip"
start client "$helpers/again.py" udp $inet6 5060 5062 >"$tmp/again.six"
start gw "$helpers/again.py" udp $inet4 5060 51820 >"$tmp/again.tunnel"
flow quic client udp $inet4 443

# heard ADDRESS4 ADDRESS6: everybody is, with these addresses
heard() {
	local name

	for name in sip tunnel; do
		wait_for 20 last_is "$tmp/again.$name" "$1"
	done
	wait_for 20 last_is "$tmp/again.six" "$2"
	wait_for 20 last_is "$tmp/flow.quic" "$1"
	echo "- all are heard with $1"
}

last_is() {
	[ "$(awk '/sees/ { a = $NF } END { print a }' "$1")" = "$2" ]
}

heard "${address4[0]}" "${address6[0]}"
line_unplug 0
heard "${address4[1]}" "${address6[1]}"
# The tunnel takes another address by itself, which may be before its old entry's turn comes.
none_left() {
	[ "$(n gw conntrack -L 2>/dev/null | grep -cF 203.0.113.5)" = 0 ]
}
wait_for 20 none_left
echo "- no entry with the old address"

provider_takes_back 0 203.0.113.5
address4[0]=203.0.113.9
address6[0]=2001:db8:a::9
line_plug 0
wait_for 20 line_is 0 up
line_cut 1
heard 203.0.113.9 2001:db8:a::9
expect "entries with the old address" "" "$(n gw conntrack -L 2>/dev/null | grep -F 203.0.113.5)"

# The only line: nothing to move to, and back with another address.
line_unplug 0
wait_for 20 line_is 0 absent
address4[0]=203.0.113.11
address6[0]=2001:db8:a::11
line_plug 0
heard 203.0.113.11 2001:db8:a::11
