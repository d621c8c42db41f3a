#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An ICMP error about what a server with direct routing has sent is addressed to the service, and
# has to reach just that server, IPv4 and IPv6; and so have all fragments of a datagram.
. "$(dirname "$0")/lab.sh"
lab_up 1

for web in web1 web2; do
	n "$web" tee /proc/sys/net/ipv4/conf/{all,eth0}/arp_ignore <<<1 >/dev/null
	n "$web" tee /proc/sys/net/ipv4/conf/{all,eth0}/arp_announce <<<2 >/dev/null
	n "$web" ip address add 203.0.113.5/32 dev lo
	n "$web" ip address add 2001:db8:a::5/128 dev lo
done
serve web2 web2 80 53

config "" <<'END'
services = (
  { name = "www"; listen = [ "tcp/dsl0:80", "udp/dsl0:53" ]; scheduler = "rr"; method = "route";
    servers = ( { address = "172.16.0.2"; }, { address = "172.16.0.3"; },
                { address = "[fd00::2]"; }, { address = "[fd00::3]"; } ); }
);
END
daemon_start

# errors WEB VERSION: ICMP errors that have reached it
errors() {
	if [ "$2" = 4 ]; then
		n "$1" nstat -asz IcmpInDestUnreachs | awk '/Icmp/ { print $2 }'
	else
		n "$1" nstat -asz Icmp6InDestUnreachs | awk '/Icmp6/ { print $2 }'
	fi
}

# complain FLOW SERVICE: from where the client is, about a segment from the service to the client
complain() {
	local port

	port=$(n inet ss -Htnp "dst [$2]" | grep "pid=${flows[$1]}," | awk '{ print $4 }')
	n inet python3 -IS - "$2" "${port##*:}" <<'PY'
import socket, struct, sys

service, port = sys.argv[1], int(sys.argv[2])
family = socket.AF_INET6 if ":" in service else socket.AF_INET
tcp = struct.pack("!HHLLHHHH", 80, port, 1, 1, 0x5010, 1000, 0, 0)
there = socket.inet_pton(family, service)
if family == socket.AF_INET:
    here = socket.inet_pton(family, "198.51.100.10")
    quoted = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 1, 0x4000, 60, 6, 0, there, here) + tcp
    message = struct.pack("!BBHHH", 3, 1, 0, 0, 0) + quoted
    total = sum(struct.unpack("!%dH" % (len(message) // 2), message))
    total = (total >> 16) + (total & 0xffff)
    total += total >> 16
    message = message[:2] + struct.pack("!H", ~total & 0xffff) + message[4:]
    raw = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_ICMP)
else:
    here = socket.inet_pton(family, "2001:db8:f::10")
    quoted = struct.pack("!LHBB16s16s", 6 << 28, 20, 6, 60, there, here) + tcp
    message = struct.pack("!BBHL", 1, 3, 0, 0) + quoted
    raw = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
raw.sendto(message, (service, 0))
PY
}

# error_reaches FLOW SERVICE VERSION: the server that the flow is with, and no other
error_reaches() {
	local web other was_web was_other

	web=$(flow_log "$1" | awk '/sees/ { print $2 }')
	other=$([ "$web" = web1 ] && echo web2 || echo web1)
	was_web=$(errors "$web" "$3") was_other=$(errors "$other" "$3")
	complain "$1" "$2"
	more() {
		[ "$(errors "$web" "$3")" = $((was_web + 1)) ]
	}
	wait_for 20 more - - "$3"
	expect "errors that reached the other server" "$was_other" "$(errors "$other" "$3")"
	expect_unbroken "$1"
}

for i in 1 2; do
	flow "a$i" inet tcp 203.0.113.5 80
	error_reaches "a$i" 203.0.113.5 4
	flow "b$i" inet tcp 2001:db8:a::5 80
	error_reaches "b$i" 2001:db8:a::5 6
done

# In pieces of 1,480 bytes.
for i in 1 2 3 4; do
	n inet python3 -IS -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(20)
s.sendto(b"x" * 4000, ("203.0.113.5", 53))
answer, peer = s.recvfrom(65535)
print(answer.split()[0].decode(), len(answer) > 4000)' >>"$tmp/pieces" || fail "datagram $i got no answer"
done
expect "datagrams in pieces" "2 web1 True 2 web2 True" "$(sort "$tmp/pieces" | uniq -c | awk '{ print $1, $2, $3 }' | paste -sd' ')"

# A line that takes less than a whole packet, as PPPoE does.
n p0 ip link set customer mtu 1400
n gw ip link set dsl0 mtu 1400
clamped() {
	n gw nft list table netdev uplinkd | grep "maxseg size set 1360"
}
wait_for 20 clamped
flow small inet tcp 203.0.113.5 80
web=$(flow_log small | awk '/sees/ { print $2 }')
port=$(n inet ss -Htnp "dst 203.0.113.5" | grep "pid=${flows[small]}," | awk '{ print $4 }')
expect "segments that the server sends at most" "mss:1348" \
	"$(n "$web" ss -Htin "dport = ${port##*:}" | grep -o 'mss:[0-9]*' | head -n 1)"
