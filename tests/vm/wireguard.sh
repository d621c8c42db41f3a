#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# WireGuard of the gateway itself, whose peer is on the Internet and calls nobody: the tunnel moves
# to another line within a moment when its line goes with its interface, comes back with another
# address, or just dies under an address that stays; by the peer's word, who sees the endpoint.
modules="wireguard veth bridge nf_conntrack nf_nat nf_tables"
. "$(dirname "$0")/lab.sh"
lab_up 2

config "tier = 1;" "tier = 2;" <<'END'
policies = ( { name = "lan"; from = [ "172.16.0.0/24" ]; use = [ "dsl0", "dsl1" ]; } );
END
daemon_start

for host in gw inet; do
	wg genkey >"$tmp/key.$host"
	n $host ip link add wg0 type wireguard
	n $host wg set wg0 listen-port 51820 private-key "$tmp/key.$host"
done
public() {
	wg pubkey <"$tmp/key.$1"
}
n gw wg set wg0 peer "$(public inet)" allowed-ips 10.200.0.2/32 endpoint $inet4:51820
n inet wg set wg0 peer "$(public gw)" allowed-ips 10.200.0.1/32
n gw ip address add 10.200.0.1/24 dev wg0
n inet ip address add 10.200.0.2/24 dev wg0
n gw ip link set wg0 up
n inet ip link set wg0 up

endpoint_is() {
	[[ $(n inet wg show wg0 endpoints) == *"	$1:"* ]] && n gw ping -qc1 -W1 10.200.0.2
}

# moves WHAT ADDRESS: the tunnel carries, and the peer sees it come from there
moves() {
	wait_for 20 endpoint_is "$2"
	echo "- $1: $(n inet wg show wg0 endpoints | cut -f2)"
}

start gw ping -qi 0.2 10.200.0.2 >"$tmp/ping"
moves "at first" "${address4[0]}"
line_unplug 0
moves "the line's interface is gone" "${address4[1]}"

provider_takes_back 0 "${address4[0]}"
address4[0]=203.0.113.9
line_plug 0
wait_for 20 line_is 0 up
line_cut 1
moves "the other line is dead, with its address" 203.0.113.9
line_mend 1
wait_for 20 line_is 1 up
line_cut 0
moves "and this one" "${address4[1]}"
line_mend 0
wait_for 20 line_is 0 up

# The address changes while the line stays.
line_cut 1
moves "back on the first" 203.0.113.9
provider_gives 0 203.0.113.11
n gw ip address delete 203.0.113.9/24 dev dsl0
n gw ip address add 203.0.113.11/24 dev dsl0
moves "another address" 203.0.113.11
