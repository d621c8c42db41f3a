#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A line of 1 Mbit/s with a deep queue at either end is filled all of a sudden, one way and then the
# other: answers to probes that took a millisecond take seconds, more than their time limit. What the
# line carries shows that it works, so that it does not go down, nor do the connections.
. "$(dirname "$0")/lab.sh"
lab_up 2

config 'tier = 1; loss = { high = "0%"; };
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

# fill WHAT FROM TO NAMESPACE DEVICE: as much as there is room for, until a few seconds' worth went
fill() {
	local before sender

	start "$3" python3 -c 'import socket; s = socket.create_server(("0.0.0.0", 9000)); c = s.accept()[0]
while c.recv(65536): pass'
	before=$(carries "$4" "$5")
	start "$2" python3 -c 'import socket, sys, time
for _ in range(100):
    try:
        s = socket.create_connection((sys.argv[1], 9000)); break
    except OSError:
        time.sleep(0.1)
while True: s.send(bytes(65536))' "$6"
	sender=$!
	wait_for 60 slow
	echo "- $1: the queue is full"
	wait_for 60 carried "$4" "$5" $((before + 2000000))
	stop "$sender" 2>/dev/null || true
	expect "$1: outages" 0 "$(outages)"
	expect "$1: state" up "$(line 0 state)"
	wait_for 60 not slow
}

carried() {
	[ "$(carries "$1" "$2")" -gt "$3" ]
}

flow stays client tcp $inet4 80
fill "upwards" client inet gw dsl0 $inet4
fill "downwards" inet gw p0 customer "${address4[0]}"
expect_unbroken stays
