#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the kernel's own test of IPVS shows (tools/testing/selftests/netfilter/ipvs.sh), by the same
# commands: first to IPVS by ipvsadm, then to uplinkd by uplinkctl ipvs.
#
#     client 10.0.0.2 ---+--- 10.0.0.1 gw 172.16.0.1 --- 172.16.0.2 server
#                        |      10.9.0.1                      |
#                        +------------------------- 10.0.0.3 -+
#
# Then, through uplinkd alone and with every kind of tunnel, what is more than a request: a datagram in
# fragments, half a megabyte (by NAT to a server that takes smaller packets, of which the client
# learns; a tunnel takes whole ones in fragments), and SCTP.
#
# By NAT the answer comes back through the gateway; by direct routing and by tunnel it goes from the
# server to the client without it, and the server has the service's address itself.
modules="ip_vs ip_vs_rr nf_conntrack ipip ip_gre fou sctp bridge veth"
. "$(dirname "$0")/lab.sh"

up() {
	local host

	for host in client gw server switch; do
		namespace $host
	done
	ip -batch - <<-END
		link add front netns $lab-client type veth peer name client netns $lab-switch
		link add front netns $lab-gw type veth peer name gw netns $lab-switch
		link add front netns $lab-server type veth peer name server netns $lab-switch
		link add back netns $lab-gw type veth peer name back netns $lab-server
	END
	n switch ip -batch - <<-END
		link add switch type bridge
		link set switch up
		link set client master switch up
		link set gw master switch up
		link set server master switch up
	END
	n client ip -batch - <<-END
		address add 10.0.0.2/24 dev front
		link set front up
		route add 10.9.0.1 via 10.0.0.1
	END
	n gw ip -batch - <<-END
		address add 10.0.0.1/24 dev front
		address add 172.16.0.1/24 dev back
		address add 10.9.0.1/32 dev lo
		link set front up
		link set back up
	END
	n server ip -batch - <<-END
		address add 10.0.0.3/24 dev front
		address add 172.16.0.2/24 dev back
		link set front up
		link set back up
		link add ipip0 type ipip local 172.16.0.2
		link set ipip0 up
		link add gre1 type gre local 172.16.0.2
		link set gre1 up
		fou add port 6080 gue
	END
	n gw sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 0 >/proc/sys/net/ipv4/conf/all/send_redirects'
	# The server has the service's address and must not say so; what it gets comes by a way that is
	# not that of its answer.
	n server sh -c 'cd /proc/sys/net/ipv4/conf
		echo 1 >all/arp_ignore; echo 2 >all/arp_announce; echo 0 | tee */rp_filter >/dev/null'
	n switch nft -f - <<-'END'
		table bridge answers {
			counter direct { }
			chain answers {
				type filter hook forward priority 0
				iifname "server" ip saddr 10.9.0.1 tcp sport 80 counter name direct
			}
		}
	END
	serve server server 80
	start server "$top/tests/vm/exchange.py" serve server 132 >"$tmp/sctp" 2>&1
	wait_for 10 grep -q listening "$tmp/sctp"
}

direct_answers() {
	n switch nft list counter bridge answers direct | awk '$1 == "packets" { print $2 }'
}

# A server as the method wants it: the service's address, and where answers go.
prepare() {
	local device=lo

	if [ "$1" = nat ]; then
		n server ip route replace 10.0.0.2 via 172.16.0.1
	else
		n server ip route replace 10.0.0.2 dev front
	fi
	[ "$1" != tunnel ] || device=ipip0
	[ "$1" = nat ] || n server ip address add 10.9.0.1/32 dev $device
}

clean() {
	lvs -C
	n server ip address flush to 10.9.0.1/32
}

# method NAME LETTER
method() {
	local before packets

	lvs_is_there
	lvs -A -t 10.9.0.1:80 -s rr
	lvs -a -t 10.9.0.1:80 -r 172.16.0.2:80 "-$2"
	lvs -L -n
	prepare "$1"
	before=$(direct_answers)
	expect "an answer by $1" "server 10.0.0.2" "$(ask client 10.9.0.1 80)"
	packets=$(($(direct_answers) - before))
	echo "- packets from the server straight to the client: $packets"
	[ "$([ $packets = 0 ] && echo nat || echo "$1")" = "$1" ] || fail "the answer came through the gateway"
	[ "$1" != nat ] || [ $packets = 0 ] || fail "the answer did not come through the gateway"
	lvs -d -t 10.9.0.1:80 -r 172.16.0.2:80
	expect "no answer without a server" "error: connection refused" "$(ask client 10.9.0.1 80)"
}

# exchange KIND SIZE: of the service, at a port that is the protocol's
exchange() {
	local port=80

	[ "$1" != sctp ] || port=132
	expect "$1, $2 bytes there and back" "server 10.0.0.2 $2" \
		"$(n client "$top/tests/vm/exchange.py" "$1" 10.9.0.1 $port "$2")"
}

# Of which the client is to find out: the server does not ask it for less.
smaller_packets() {
	n gw ip link set back mtu 1400
	n server ip link set back mtu 1400
	n server ip route replace 10.0.0.2 via 172.16.0.1 advmss 1460
}

# kinds METHOD [TUNNEL]: of packets
kinds() {
	cat >"$conf" <<-END
		services = ( { name = "all"; scheduler = "rr";
		  listen = [ "tcp/10.9.0.1:80", "udp/10.9.0.1:80", "sctp/10.9.0.1:132" ];
		  servers = ( { address = "172.16.0.2"; method = "$1"; ${2:+tunnel = \"$2\";} } ); } );
	END
	ctl reload
	prepare "$1"
	[ "$1" != nat ] || smaller_packets
	exchange udp 20
	exchange udp 4000
	exchange tcp 500000
	exchange sctp 20
	[ "$1" != nat ] || expect "the client learned the path MTU" 1400 \
		"$(n client ip route get 10.9.0.1 | sed -n 's/.* mtu \([0-9]*\).*/\1/p')"
}

kinds_end() {
	n server ip address flush to 10.9.0.1/32
	n gw ip link set back mtu 1500
	n server ip link set back mtu 1500
	n client ip route flush cache
}

up
echo 'gateway = { };' >"$conf"
for language in ipvsadm uplinkctl; do
	[ $language = ipvsadm ] || daemon_start
	for name in nat:m route:g tunnel:i; do
		part "${name%:*} by $language" method "${name%:*}" "${name#*:}"
		clean >/dev/null 2>&1 || true
	done
done
part "kinds of packets by nat" kinds nat
kinds_end
part "kinds of packets by route" kinds route
kinds_end
for name in ipip gre gue; do
	part "kinds of packets by tunnel, $name" kinds tunnel $name
	kinds_end
done
parts_end
