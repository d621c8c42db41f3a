#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A server dies without a word. Its idle TCP clients are reset at once, over the line and over a
# hosted address, IPv4 and IPv6; UDP clients go on at the other server; clients of the other server
# notice nothing; and where on_down is "keep" connections survive the outage. The server is used
# again when it is back. Then it is taken out by hand: it keeps what it has until the deadline.
. "$(dirname "$0")/lab.sh"
lab_up 2
provider_gives 0 203.0.113.10

config "" "" <<'END'
services = (
  { name = "www"; listen = [ "tcp/dsl0:80", "tcp/203.0.113.10:80" ]; scheduler = "rr";
    check = { kind = "tcp"; interval = "500ms"; fail = 5; pass = 2; };
    servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.3:8000"; },
                { address = "[fd00::2]:80"; }, { address = "[fd00::3]:8000"; } ); },
  { name = "dns"; listen = [ "udp/dsl0:53" ]; scheduler = "rr";
    check = { kind = "tcp"; interval = "500ms"; fail = 5; pass = 2; };
    servers = ( { address = "172.16.0.2:53"; }, { address = "172.16.0.3:8053"; } ); },
  { name = "kept"; listen = [ "tcp/dsl0:81" ]; scheduler = "rr"; on_down = "keep";
    check = { kind = "tcp"; interval = "500ms"; fail = 5; pass = 2; };
    servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.3:8000"; } ); }
);
domains = ( { name = "tryme.example"; interface = "dsl0"; addresses = [ "203.0.113.10/24" ]; } );
END
daemon_start

hold line inet -n 2 203.0.113.5 80
hold domain inet -n 2 203.0.113.10 80
hold six inet -n 2 2001:db8:a::5 80
hold local client -n 2 203.0.113.5 80
hold kept inet -n 2 203.0.113.5 81
for name in line domain six local kept; do
	expect "who holds $name" "web1 web2" "$(held $name | awk '{ print $1 }' | sort | paste -sd' ')"
done
flow dns1 inet udp 203.0.113.5 53
flow dns2 inet udp 203.0.113.5 53
flow other inet tcp 203.0.113.5 80
flow_said other web2 || { flow_end other && flow other inet tcp 203.0.113.5 80; }
expect_match "a busy client of the other server" "*web2*" "$(flow_log other)"

n lan ip link set web1 down
wait_for 20 server_is www 172.16.0.2:80 down
wait_for 20 server_is www '[fd00::2]:80' down
expect_match "the reason" "*?*" "$(server www 172.16.0.2:80 reason)"
all_told() {
	local name

	for name in line domain six local; do
		[ -n "$(ends $name)" ] || return 1
	done
}
wait_for 20 all_told
for name in line domain six local; do
	expect "what became of $name" "web1: connection reset by peer" "$(ends $name)"
done
# How long after the verdict, as two clocks of this machine saw it: a figure, no assertion.
verdict=$(ctl --json events | jq -s '[.[] | select(.text | test("172.16.0.2:80 up -> down"))][0].time')
for name in line domain local; do
	awk -v name=$name -v verdict="$verdict" \
		'/reset/ { printf "- %s was told %.0f ms after the verdict\n", name, ($1 - verdict) * 1000 }' \
		"$tmp/held.$name"
done
expect "new connections" "web2:6" "$(ask inet -n 6 203.0.113.5 80 | tally 1)"
expect "new connections, IPv6" "web2:6" "$(ask inet -n 6 2001:db8:a::5 80 | tally 1)"
wait_for 20 server_is dns 172.16.0.2:53 down
for name in dns1 dns2; do
	wait_for 20 sh -c "grep sees '$tmp/flow.$name' | tail -n 1 | grep -q web2"
done
expect "kept" "" "$(ends kept)"
daemon_kill
daemon_start
expect "dead also for the next daemon" "web2:6" "$(ask inet -n 6 203.0.113.5 80 | tally 1)"
sed -i 's/interval = "500ms"/interval = "600ms"/' "$conf"
ctl reload
expect "dead also when the check changes" "web2:6" "$(ask inet -n 6 203.0.113.5 80 | tally 1)"

n lan ip link set web1 up
wait_for 20 server_is www 172.16.0.2:80 up
wait_for 20 server_is www '[fd00::2]:80' up
wait_for 20 server_is kept 172.16.0.2:80 up
expect "it is back" "web1:3 web2:3" "$(ask inet -n 6 203.0.113.5 80 | tally 1)"
expect "it is back, IPv6" "web1:3 web2:3" "$(ask inet -n 6 2001:db8:a::5 80 | tally 1)"
expect_unbroken other
for name in line domain six local kept; do
	expect "no other of $name was told" "" "$(ends $name | grep -v '^web1: connection reset')"
	let_go $name
done

# Every second connection would be 1 s late if a SYN were lost.
sent_again() {
	n inet nstat -asz TcpExtTCPSynRetrans | awk '/Retrans/ { print $2 }'
}
before=$(sent_again)
expect "the same source port again and again" "web1:10 web2:10" \
	"$(ask inet -n 20 --port 40001 203.0.113.5 80 | tally 1)"
expect "and in IPv6" "web1:10 web2:10" \
	"$(ask inet -n 20 --port 40001 2001:db8:a::5 80 | tally 1)"
expect "SYNs sent again" "$before" "$(sent_again)"

hold drained inet -n 2 203.0.113.5 80
flow busy1 inet tcp 203.0.113.5 80
flow busy2 inet tcp 203.0.113.5 80
ctl drain www 172.16.0.2:80 1s
expect "while it drains" "drained 0" "$(server www 172.16.0.2:80 state) $(server www 172.16.0.2:80 weight)"
expect "new ones" "web2:6" "$(ask inet -n 6 203.0.113.5 80 | tally 1)"
wait_for 20 sh -c "[ -n \"\$(sed '1,/^held/d' '$tmp/held.drained')\" ]"
expect "at the deadline" "web1: connection reset by peer" "$(ends drained)"
wait_for 20 grep -q broken "$tmp"/flow.busy?
expect "busy ones" "broken: connection reset by peer" \
	"$(cat "$tmp"/flow.busy? | grep -o 'broken: .*')"
ctl weight www 172.16.0.2:80 1
expect "and back" "web1:3 web2:3" "$(ask inet -n 6 203.0.113.5 80 | tally 1)"
