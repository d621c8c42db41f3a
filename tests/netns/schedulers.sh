#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every scheduler, by which server answers which connection. Those that go by load get connections
# that are held, one after the other, and have to choose exactly as IPVS does, which takes the last
# server of the file among equals; those that hash have to keep clients or destinations. Then
# thresholds: a full server gets nothing until it has fallen below the lower one.
. "$(dirname "$0")/lab.sh"
lab_up 2
serve web1 a 101
serve web2 b 101
serve web1 c 102
for i in 21 22 23 24; do
	provider_gives 0 203.0.113.$i
done
# Ended connections are forgotten soon, also by the servers: they could not tell one that comes from
# the same port by another service.
for web in web1 web2; do
	n $web tee /proc/sys/net/ipv4/tcp_max_tw_buckets <<<0 >/dev/null
done
n gw tee /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_{close,time_wait,last_ack,fin_wait,close_wait} \
	<<<1 >/dev/null
n gw nft -f - <<'END'
table ip foreign {
	chain marks {
		type filter hook prerouting priority -151
		ip daddr 203.0.113.21-203.0.113.24 tcp dport 121 meta mark set 0x10000
		ip daddr 203.0.113.21-203.0.113.24 tcp dport 122 meta mark set 0x20000
		ip daddr 203.0.113.21-203.0.113.24 tcp dport 123 meta mark set 0x30000
	}
}
END

# service NAME SCHEDULER LISTEN WEIGHTS EXTRAS-OF-SERVICE EXTRAS-OF-A: with servers a, b and c
service() {
	local weights

	read -ra weights <<<"${4:-3 2 1}"
	cat <<-END
		{ name = "$1"; scheduler = "$2"; listen = [ "$3" ]; $5
		  servers = ( { address = "172.16.0.2:101"; weight = ${weights[0]}; $6 },
		              { address = "172.16.0.3:101"; weight = ${weights[1]}; },
		              { address = "172.16.0.2:102"; weight = ${weights[2]}; } ); },
	END
}
config "" "" <<END
services = (
$(
	port=200
	for s in rr wrr fo ovf lc wlc sed nq twos sh mh; do
		service $s $s tcp/dsl0:$((port++)) "" "" ""
	done
	service sh-port sh tcp/dsl0:220 "" 'scheduler_flags = [ "sh-port" ];' ""
	service mh-port mh tcp/dsl0:221 "" 'scheduler_flags = [ "mh-port" ];' ""
	service sh-fallback sh tcp/dsl0:222 "" 'scheduler_flags = [ "sh-fallback" ];' ""
	service mh-fallback mh tcp/dsl0:223 "" 'scheduler_flags = [ "mh-fallback" ];' ""
	service dh dh mark/0x10000 "" "" ""
	service lblc lblc mark/0x20000 "" "" ""
	service lblcr lblcr mark/0x30000 "" "" ""
	service full wrr tcp/dsl0:230 "8 1 1" "" "upper = 3; lower = 2;"
	service least lc tcp/dsl0:231 "1 1 1" "" "upper = 2;"
) );
domains = ( { name = "tryme.example"; interface = "dsl0"; addresses = [
  "203.0.113.21/24", "203.0.113.22/24", "203.0.113.23/24", "203.0.113.24/24" ]; } );
END
# libconfig takes no comma after the last of a list.
sed -zi 's/,[[:space:]]*);/ );/g' "$conf"
daemon_start

# order NAME PORT CONNECTIONS: who answers them, held one after the other
order() {
	hold "$1" inet -n "$3" 203.0.113.5 "$2"
	order=$(held "$1" | awk '{ printf "%s", $1 }')
}
order rr 200 6
expect_match "rr, in turn" "@(cbacba|bacbac|acbacb|abcabc|bcabca|cabcab)" "$order"
order wrr 201 6
expect "wrr" "a:3 b:2 c:1" "$(held wrr | tally 1)"
order fo 202 6
expect "fo" aaaaaa "$order"
order ovf 203 9
expect "ovf, one more than the weight each" aaaabbbcc "$order"
wait_for 20 counts_are ovf active "4 3 2"
expect "ovf, all full" "error: connection refused" "$(ask inet 203.0.113.5 203)"
order lc 204 9
expect "lc" cbacbacba "$order"
order wlc 205 12
expect "wlc" "a:6 b:4 c:2" "$(held wlc | tally 1)"
order sed 206 9
expect "sed" abacbaaba "$order"
order nq 207 6
expect "nq" cbaaba "$order"
order twos 208 12
expect "twos" 12 "$(held twos | grep -c '^[abc] ')"

# They leave and come: the emptied server is next, as often as it was left. Those that have ended
# count, too, and are forgotten one by one: all of them, here, which takes looking (see below).
forgotten() {
	n gw conntrack -L
	counts_are "$1" active "0 0 0" && counts_are "$1" inactive "0 0 0"
}
for s in lc wlc; do
	let_go $s
	wait_for 20 forgotten $s
done
wait_for 20 caught_up
order lc 204 3
expect "lc, from the beginning" cba "$order"

# servers PORT [options]: which servers each client gets, three times, in a word
servers() {
	local i

	for i in {10..19}; do
		ask inet -n 3 --bind "198.51.100.$i" "${@:2}" 203.0.113.5 "$1" | awk '{ print $1 }' | sort -u | paste -sd+
	done
}
for s in sh:209 mh:210; do
	servers ${s#*:} >"$tmp/servers"
	expect "${s%:*}: every client has one server" "" "$(grep + "$tmp/servers")"
	check "${s%:*}: not all the same" test "$(sort -u "$tmp/servers" | wc -l)" -gt 1
	expect "${s%:*}: again" "$(paste -sd' ' "$tmp/servers")" "$(servers ${s#*:} | paste -sd' ')"
done
for s in sh-port:220 mh-port:221; do
	check "$s: a client has several" grep -q + <(servers ${s#*:})
	expect_match "$s: but not from one port" "[abc]:5" "$(ask inet -n 5 --port 40002 203.0.113.5 ${s#*:} | tally 1)"
done
servers 222 >"$tmp/servers"
check "sh-fallback: a has clients" grep -q a "$tmp/servers"
ctl drain sh-fallback 172.16.0.2:101
expect "sh-fallback: all go on" "" "$(servers 222 | grep -E 'a|error')"
servers 223 >"$tmp/servers"
check "mh-fallback: a has clients" grep -q a "$tmp/servers"
ctl drain mh-fallback 172.16.0.2:101
expect "mh-fallback: a's go on, the others stay" "" \
	"$(servers 223 | paste -d' ' "$tmp/servers" - | awk '$2 ~ /a|error/ || ($1 != "a" && $1 != $2)')"
ctl drain sh 172.16.0.2:101
servers 209 >"$tmp/servers"
check "sh without fallback: clients of a drained server are refused" grep -q error "$tmp/servers"

# by destination
destinations() {
	local i

	for i in 21 22 23 24; do
		for client in 11 12 13; do
			ask inet --bind 198.51.100.$client 203.0.113.$i "$1"
		done | awk '{ print $1 }' | sort -u | paste -sd+
	done | paste -sd' '
}
for s in dh:121 lblc:122 lblcr:123; do
	expect_match "$s: every destination has one server" "? ? ? ?" "$(destinations ${s#*:})"
	expect "$s: again" "$(destinations ${s#*:})" "$(destinations ${s#*:})"
done
hold lblc inet -n 8 203.0.113.21 122
expect "lblc, loaded, but nobody is idle enough" 1 "$(held lblc | awk '{ print $1 }' | sort -u | wc -l)"

# Thresholds: exact where picks go by load; elsewhere as fast as counts are heard.
order full1 230 3
expect "up to the threshold" aaa "$order"
wait_for 20 server_is full 172.16.0.2:101 overloaded
expect "the reason" "upper threshold reached" "$(server full 172.16.0.2:101 reason)"
expect "full" "b:3 c:3" "$(ask inet -n 6 203.0.113.5 230 | tally 1)"
# Looking evicts entries that have expired, which otherwise takes the kernel a minute.
room_is() {
	n gw conntrack -L
	[ "$(($(server full 172.16.0.2:101 active) + $(server full 172.16.0.2:101 inactive)))" = "$1" ]
}
let_go full1
wait_for 20 room_is 0
wait_for 20 server_is full 172.16.0.2:101 up
order full2 230 2
expect "empty again" aa "$order"
hold full3 inet 203.0.113.5 230
wait_for 20 server_is full 172.16.0.2:101 overloaded
let_go full3
wait_for 20 room_is 2
expect "not below the lower one" "overloaded" "$(server full 172.16.0.2:101 state)"
let_go full2
wait_for 20 room_is 0
wait_for 20 server_is full 172.16.0.2:101 up
order least 231 9
expect "with lc" "a:2 b:3 c:4" "$(held least | tally 1)"
