#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Direct routing: requests reach servers unchanged, by their MAC address, and conntrack sees nothing
# of them. The servers have the address of the service and use the gateway, so that replies go back
# over the line of the request. TCP, UDP with fragments, IPv4 and IPv6; mixed with a server by NAT;
# ICMP errors; counts; what is open outlives a reload and a restart.
. "$(dirname "$0")/lab.sh"
lab_up 2

# The address of the service, for itself alone.
for web in web1 web2; do
	n "$web" tee /proc/sys/net/ipv4/conf/{all,eth0}/arp_ignore <<<1 >/dev/null
	n "$web" tee /proc/sys/net/ipv4/conf/{all,eth0}/arp_announce <<<2 >/dev/null
	for line in 0 1; do
		n "$web" ip address add "${address4[line]}/32" dev lo
		n "$web" ip address add "${address6[line]}/128" dev lo
	done
done
serve web2 web2 80 53

config "" "" <<'END'
services = (
  { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80", "udp/dsl0:53", "udp/dsl1:53" ];
    scheduler = "rr"; method = "route";
    servers = ( { address = "172.16.0.2"; }, { address = "172.16.0.3"; },
                { address = "[fd00::2]"; }, { address = "[fd00::3]"; } ); },
  { name = "mixed"; listen = [ "tcp/dsl0:8000" ]; scheduler = "rr"; method = "route";
    servers = ( { address = "172.16.0.3"; }, { address = "172.16.0.2:80"; method = "nat"; } ); },
  { name = "least"; listen = [ "tcp/dsl0:8053" ]; scheduler = "wlc"; method = "route";
    servers = ( { address = "172.16.0.3"; } ); }
);
END
daemon_start

# servers FIELD: of service www, the IPv4 ones
servers() {
	ctl status --json | jq -r "[.services[0].servers[0, 1].$1] | join(\" \")"
}

counts_are() {
	[ "$(servers active)" = "$1" ]
}

tracked() {
	n gw conntrack -L -p tcp --dport "$1" 2>/dev/null | wc -l
}

for line in 0 1; do
	expect "pages over dsl$line" "web1:4 web2:4" "$(ask inet -n 8 "${address4[line]}" 80 | tally 1)"
	expect "pages over dsl$line, IPv6" "web1:4 web2:4" "$(ask inet -n 8 "${address6[line]}" 80 | tally 1)"
	expect "the server sees the client" 198.51.100.13 \
		"$(ask inet --bind 198.51.100.13 "${address4[line]}" 80 | cut -d' ' -f2)"
	expect "names over dsl$line" "web1:4 web2:4" "$(ask inet -u -n 8 "${address4[line]}" 53 | tally 1)"
done
by_line() {
	ctl services --json | jq -r '[.[0].servers[0, 1].by_line[]] | group_by(.uplink)[] |
		"\(.[0].uplink):\(map(.picks) | add)"' | paste -sd' '
}
expect "picks by line" "dsl0:17 dsl1:17" "$(by_line)"
expect "unchanged: conntrack saw nothing" 0 "$(tracked 80)"

expect "the box itself" "web1:2 web2:2" "$(ask gw -n 4 203.0.113.5 80 | tally 1)"
expect "the box itself, IPv6" "web1:2 web2:2" "$(ask gw -n 4 2001:db8:a::5 80 | tally 1)"

expect "beside a server by NAT" "web1:4 web2:4" "$(ask inet -n 8 203.0.113.5 8000 | tally 1)"

for i in 1 2 3 4; do
	flow "t$i" inet tcp 203.0.113.5 80
done
wait_for 20 counts_are "2 2"
echo "- open connections are counted"
flow "u1" inet udp 203.0.113.5 53
check "reload" ctl reload
daemon_stop
daemon_start
wait_for 20 counts_are "2 2"
echo "- open connections are counted after a restart"
for i in 1 2 3 4; do
	expect_unbroken "t$i"
done
expect_unbroken u1
wait_for 20 counts_are "0 0"

# A server dies without a word.
config "" "" <<'END'
services = (
  { name = "www"; listen = [ "tcp/dsl0:80", "udp/dsl0:53" ]; scheduler = "rr"; method = "route";
    check = { kind = "icmp"; fail = 2; pass = 2; };
    servers = ( { address = "172.16.0.2"; }, { address = "172.16.0.3"; } ); }
);
END
check "another configuration" ctl reload
hold both inet -n 4 203.0.113.5 80
n lan ip link set web1 down
wait_for 20 server_is www 172.16.0.2 down
all_told() {
	[ "$(ends both | wc -l)" = 2 ]
}
wait_for 20 all_told
expect "its clients are told" "web1: connection reset by peer" "$(ends both | sort -u)"
expect "new ones go to the other" "web2:4" "$(ask inet -n 4 203.0.113.5 80 | tally 1)"
