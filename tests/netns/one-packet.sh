#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One-packet scheduling: one client port gets answers from both servers in turn, all from the
# address it asked; they leave by the line of the question, and no connection is tracked.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "prefixes = [ \"203.0.113.50/32\" ];" "prefixes = [ \"203.0.113.50/32\" ];" <<'END'
services = (
  { name = "log"; listen = [ "udp/dsl0:5140", "udp/dsl1:5140" ]; one_packet = true;
    servers = ( { address = "172.16.0.2:53"; }, { address = "172.16.0.3:8053"; },
                { address = "[fd00::2]:53"; }, { address = "[fd00::3]:8053"; } ); },
  { name = "own"; listen = [ "udp/203.0.113.50:5141" ]; one_packet = true;
    servers = ( { address = "172.16.0.2:53"; weight = 2; }, { address = "172.16.0.3:8053"; } ); },
  { name = "tracked"; listen = [ "udp/dsl0:5142", "udp/dsl1:5142" ];
    servers = ( { address = "172.16.0.2:53"; }, { address = "172.16.0.3:8053"; } ); },
  { name = "same"; listen = [ "udp/dsl1:53" ]; one_packet = true; scheduler = "sh";
    servers = ( { address = "172.16.0.2"; } ); }
);
END
daemon_start

# one_port NAMESPACE NUMBER ADDRESS PORT: that many datagrams from one port, who answered each; a
# connected socket takes an answer only from the address and port that it asked.
one_port() {
	n "$1" "$helpers/datagrams.py" "${@:2}"
}

sent_by() {
	n gw ip -s -j link show dev "dsl$1" | jq '.[0].stats64.tx.packets'
}

tracked() {
	n gw conntrack -L -p udp 2>/dev/null | grep -cE "dport=(5140|5141) " || true
}

for line in 0 1; do
	expect "40 datagrams of a port by dsl$line" "web1:20 web2:20" \
		"$(one_port inet 40 "${address4[line]}" 5140 | tally 1)"
	expect "IPv6 by dsl$line" "web1:20 web2:20" \
		"$(one_port inet 40 "${address6[line]}" 5140 | tally 1)"
done
expect "servers see the client" "$inet4" "$(one_port inet 20 "${address4[0]}" 5140 | cut -d' ' -f2 | sort -u)"
expect "a server that keeps the port" "web1:5" "$(one_port inet 5 "${address4[1]}" 53 | tally 1)"
for line in 0 1; do
	expect "a tracked service with the same servers by dsl$line" "web1:2 web2:2" \
		"$(ask inet -u -n 4 "${address4[line]}" 5142 | tally 1)"
done

# An address that both providers route here: the answer takes the line of the question.
for line in 0 1; do
	n "p$line" ip route add 203.0.113.50/32 via "${address4[line]}"
	provider_gives $line 203.0.113.50
	before=$(sent_by $line)
	expect "30 datagrams to an address of its own by dsl$line" "web1:20 web2:10" \
		"$(one_port inet 30 203.0.113.50 5141 | tally 1)"
	check "answers went out of dsl$line" [ $(($(sent_by $line) - before)) -ge 30 ]
done
expect "connections that are tracked" "0" "$(tracked)"

# The box's own are scheduled as connections.
expect "the box itself" "web1 web2" "$(for _ in 1 2; do ask gw -u "${address4[0]}" 5140; done | cut -d' ' -f1 | sort | paste -sd' ')"

check "nothing to do" nothing_to_do
ctl weight log 172.16.0.2:53 0
expect "a server at weight 0" "web2:10" "$(one_port inet 10 "${address4[0]}" 5140 | tally 1)"
