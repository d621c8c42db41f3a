#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What ipvsadm's lists tell of traffic: packets and bytes of connections while they live, rates,
# clients that are remembered, and connections, also by mark, by direct routing and as templates. A
# weight alone is changed without loading anything, and outlives the daemon.
. "$(dirname "$0")/lab.sh"
lab_up 1
n web2 tee /proc/sys/net/ipv4/conf/{all,eth0}/arp_ignore <<<1 >/dev/null
n web2 ip address add "${address4[0]}/32" dev lo
serve web2 web2 90
n gw nft -f - <<-'END'
	table inet marking {
		chain prerouting {
			type filter hook prerouting priority -160
			tcp dport 7000 ct state new meta mark set meta mark | 5
		}
	}
END
config "" <<<""
daemon_start

vip=${address4[0]}
ipvs() {
	ctl ipvs "$@"
}

# numbers OPTION SERVER: the columns of a server
numbers() {
	ipvs -L -n --exact "--$1" -t "$vip:80" | awk -v server="$2" '$2 == server { $1 = $2 = ""; print }'
}

connections() {
	ipvs -L -n -c | awk 'NR > 2 { sub(/:[0-9]+$/, "", $4); print $1, $3, $4, $5, $6 }' | sort -u
}

ipvs -R <<-END
	-A -t $vip:80 -s rr -p 60 -M 255.255.255.0
	-a -t $vip:80 -r 172.16.0.2:80 -m
	-A -t $vip:90 -s rr -p 90
	-a -t $vip:90 -r 172.16.0.3:90 -g
	-A -u $vip:90 -s rr
	-a -u $vip:90 -r 172.16.0.3:90 -g
	-A -f 5 -s rr
	-a -f 5 -r 172.16.0.2:80 -m
END

expect "nothing yet" "0 0 0 0 0" "$(numbers stats 172.16.0.2:80 | xargs)"
flow long inet tcp "$vip" 80
# Both lists look at what lives; it goes on meanwhile.
lives() {
	read -r conns in out bytes_in bytes_out < <(numbers stats 172.16.0.2:80)
	[ "$conns" = 1 ] && [ "$in" -gt 10 ] && [ "$out" -gt 10 ] && [ "$bytes_in" -gt 600 ] &&
		[ "$bytes_out" -gt 600 ]
}
wait_for 20 lives
rises() {
	read -r _ in _ bytes_in _ < <(numbers rate 172.16.0.2:80)
	[ "$in" -gt 20 ] && [ "$in" -lt 400 ] && [ "$bytes_in" -gt 1000 ]
}
wait_for 20 rises

# Who asks may be slow; what goes on meanwhile is not to be counted.
kill -STOP "${flows[long]}"
read -r _ before _ < <(numbers stats 172.16.0.2:80)
ipvs -Z -t "$vip:80"
read -r conns in _ bytes_in _ < <(numbers stats 172.16.0.2:80)
kill -CONT "${flows[long]}"
expect "no connection since" 0 "$conns"
[ "$in" -lt "$before" ] || fail "$in packets right after zeroing, $before before"
goes_on() {
	read -r _ in _ < <(numbers stats 172.16.0.2:80)
	[ "$in" -gt 5 ]
}
wait_for 20 goes_on
expect_unbroken long
flow_end long
read -r _ in _ _ bytes_out < <(numbers stats 172.16.0.2:80)
[ "$bytes_out" -lt 1000000 ] || fail "$bytes_out bytes of a connection that has ended"

# closed: the end of the long flow was acknowledged
closed() {
	not grep -F "$vip:80 " <<<"$(connections | grep -v -e NONE -e TIME_WAIT)"
}
wait_for 20 closed
flow direct inet tcp "$vip" 90
flow marked inet tcp "$vip" 7000
flow datagrams inet udp "$vip" 90
expect "remembered" "1 1 0 0" "$(numbers persistent-conn 172.16.0.2:80 | awk '{ print $1, $2, 0, 0 }')"
expect "connections" \
	"TCP ESTABLISHED 198.51.100.10 $vip:7000 172.16.0.2:80
TCP ESTABLISHED 198.51.100.10 $vip:90 172.16.0.3:90
TCP NONE 198.51.100.0 $vip:80 172.16.0.2:80
TCP NONE 198.51.100.10 $vip:90 172.16.0.3:90
UDP UDP 198.51.100.10 $vip:90 172.16.0.3:90" \
	"$(connections | grep -v TIME_WAIT)"
for flow in direct marked datagrams; do
	expect_unbroken "$flow"
	flow_end "$flow"
done

if printf '%s\n' "-E -t $vip:80 -s wlc" "-Z -t $vip:81" | ipvs -R 2>"$tmp/out"; then
	fail "a service that is not there was zeroed"
fi
expect "the mistake" "command 2 of 2: No such service" "$(cat "$tmp/out")"
expect "nothing changed" rr "$(ipvs -L -n -t "$vip:80" | awk '$1 == "TCP" { print $3 }')"
printf '%s\n' "-A -t $vip:81" "-Z -t $vip:81" "-D -t $vip:81" | check "made, zeroed and gone" ipvs -R

# A weight alone.
weight() {
	ipvs -L -n -t "$vip:80" | awk '$2 == "172.16.0.2:80" { print $4 }'
}

check "a weight" ipvs -e -t "$vip:80" -r 172.16.0.2:80 -m -w 7
expect "the weight" 7 "$(weight)"
expect "appended" "-e -t $vip:80 -r 172.16.0.2:80 -m -w 7" "$(tail -n 1 "$tmp/run/ipvs")"
ctl plan >"$tmp/out"
expect "in force" "nothing to do" "$(cat "$tmp/out")"
printf -- '-e -t %s:80 -r 172.16.0.2:80 -m -w 1' "$vip" >>"$tmp/run/ipvs" # no end: torn
daemon_kill
daemon_start
expect "the weight, after a crash" 7 "$(weight)"
check "drained" ipvs -e -t "$vip:80" -r 172.16.0.2:80 -m -w 0
expect "the weight, again" 0 "$(weight)"
daemon_kill
daemon_start
expect "the weight, after another" 0 "$(weight)"
