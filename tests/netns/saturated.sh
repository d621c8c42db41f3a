#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A line of 1 Mbit/s with a deep queue at either end is filled all of a sudden, one way and then the
# other: answers to probes that took a millisecond take seconds, more than their time limit. What the
# line carries shows that it works, so that it does not go down, nor do the connections.
. "$(dirname "$0")/lab.sh"
lab_up 2

config 'tier = 1; loss = { low = "0%"; high = "0%"; };
	probes = ( { kind = "icmp"; targets = [ "198.51.100.11" ]; } );' "tier = 2;" <<<''

# More than three seconds of the line wait in each queue.
n gw tc qdisc add dev dsl0 root tbf rate 1mbit burst 4kb limit 400kb
n p0 tc qdisc add dev customer root tbf rate 1mbit burst 4kb limit 400kb
# Without this the sender notices the queue growing, and is slow to fill it.
for host in client inet; do
	n $host tee /proc/sys/net/ipv4/tcp_congestion_control <<<reno >/dev/null
done
daemon_start
wait_for 20 line_is 0 up

outages() {
	grep -c 'dsl0: .* -> down' "$log" || true
}

# slow: an answer takes more than a second
slow() {
	! n gw ping -I dsl0 -qc1 -W1 198.51.100.12
}

# carries NAMESPACE DEVICE: bytes that have left there
carries() {
	# shellcheck disable=SC2016 # a program of awk
	n "$1" awk -v device="$2:" '$1 == device { print $10 }' /proc/net/dev
}

# fill WHAT CLIENT INET NAMESPACE DEVICE: one gives and the other takes, until a few seconds' worth
# has left there
fill() {
	local before server client

	start inet python3 -c "$peer
$3(socket.create_server(('0.0.0.0', 9000), reuse_port=True).accept()[0])"
	server=$!
	before=$(carries "$4" "$5")
	wait_for 20 listens
	start client python3 -c "$peer
$2(socket.create_connection(('$inet4', 9000)))"
	client=$!
	wait_for 60 slow
	echo "- $1: the queue is full"
	wait_for 60 carried "$4" "$5" $((before + 2000000))
	stop "$server" 2>/dev/null || true
	stop "$client" 2>/dev/null || true
	expect "$1: outages" 0 "$(outages)"
	expect "$1: state" up "$(line 0 state)"
	wait_for 60 not slow
}
peer='
import socket
def give(s):
    while True: s.send(bytes(65536))
def take(s):
    while s.recv(65536): pass'

listens() {
	[ -n "$(n inet ss -Hltn "sport = 9000")" ]
}

carried() {
	[ "$(carries "$1" "$2")" -gt "$3" ]
}

flow stays client tcp $inet4 80
fill "upwards" give take gw dsl0
fill "downwards" take give p0 customer
expect_unbroken stays
