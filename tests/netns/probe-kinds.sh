#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# probe-kinds: probes of every kind leave by the line they try, from its address, though everything
# else of the box leaves by another; they follow a change of the address. The line is well only when
# all of them are answered.
. "$(dirname "$0")/lab.sh"
lab_up 2

# On port 5353 of .15, the name servers of the root.
cat >"$tmp/dns.py" <<'END'
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("198.51.100.15", 5353))
while True:
    data, client = server.recvfrom(512)
    server.sendto(data[:2] + b"\x81\x80" + data[4:6] + b"\0\1\0\0\0\0" + data[12:] +
                  b"\0\0\2\0\1\0\0\0\0\0\1\0", client)
END
start inet python3 "$tmp/dns.py" 2>>"$tmp/servers.log"

cat >"$tmp/script.sh" <<'END'
#!/bin/sh
exec ping -qc 1 -W 1 -I "$UPLINKD_INTERFACE" -I "$UPLINKD_SOURCE" "$1"
END
chmod 755 "$tmp/script.sh"

# probe KIND REST
probe() {
	echo "{ kind = \"$1\"; interval = \"200ms\"; timeout = \"10s\"; ${2-} }"
}

# Those whom a kernel answers.
by_kernel() {
	probe icmp 'targets = [ "198.51.100.11", "2001:db8:f::11" ];'
	echo ,
	probe arp
	echo ,
	probe nd
	echo ,
	probe tcp 'targets = [ "198.51.100.12:443", "[2001:db8:f::12]:443" ];'
}

config "tier = 2; quorum = 9; pass = 2; probes = ( $(by_kernel),
	$(probe http 'targets = [ "198.51.100.13" ]; match = "^inet ";'),
	$(probe script "targets = [ \"198.51.100.14\" ]; path = \"$tmp/script.sh\";"),
	$(probe dns 'targets = [ "198.51.100.15:5353" ];') );" "tier = 1;" </dev/null

# count LINE ADDRESS4 ADDRESS6: what the provider sees from there of each kind, and what else goes
# to the targets.
count() {
	n "p$1" nft -f - <<-NFT
		table netdev seen
		delete table netdev seen
		table netdev seen {
			counter icmp4 { }
			counter icmp6 { }
			counter by_arp { }
			counter by_nd { }
			counter tcp4 { }
			counter tcp6 { }
			counter by_http { }
			counter script { }
			counter dns { }
			counter other { }
			chain in {
				type filter hook ingress device "customer" priority 1
				ip saddr $2 ip daddr 198.51.100.11 icmp type echo-request counter name icmp4 accept
				ip6 saddr $3 ip6 daddr 2001:db8:f::11 icmpv6 type echo-request counter name icmp6 accept
				arp operation request arp saddr ip $2 arp daddr ip ${gateway4[$1]} ether daddr ff:ff:ff:ff:ff:ff counter name by_arp accept
				ip6 saddr $3 ip6 hoplimit 255 icmpv6 type nd-neighbor-solicit ip6 daddr ff02::1:ff00:1 counter name by_nd accept
				ip saddr $2 ip daddr 198.51.100.12 tcp dport 443 counter name tcp4 accept
				ip6 saddr $3 ip6 daddr 2001:db8:f::12 tcp dport 443 counter name tcp6 accept
				ip saddr $2 ip daddr 198.51.100.13 tcp dport 80 counter name by_http accept
				ip saddr $2 ip daddr 198.51.100.14 icmp type echo-request counter name script accept
				ip saddr $2 ip daddr 198.51.100.15 udp dport 5353 counter name dns accept
				ip daddr 198.51.100.11-198.51.100.19 counter name other
				ip6 daddr 2001:db8:f::11-2001:db8:f::19 counter name other
			}
		}
	NFT
}

# counters LINE: names and packets
counters() {
	n "p$1" nft -j list counters table netdev seen |
		jq -r '.nftables[].counter // empty | "\(.name) \(.packets)"'
}

# seen LINE: what was seen often
seen() {
	counters "$1" | awk '$2 >= 5 { print $1 }' | sort | paste -sd' '
}

other() {
	counters "$1" | awk '$1 == "other" { print $2 }'
}

all="by_arp by_http by_nd dns icmp4 icmp6 script tcp4 tcp6"

seen_all() {
	[ "$(seen "$1")" = "$all" ]
}

health_is() {
	[ "$(line 0 health)" = "$1" ]
}

count 0 203.0.113.5 2001:db8:a::5
count 1 0.0.0.0 ::
daemon_start
wait_for 60 seen_all 0
wait_for 60 health_is good
wait_for 60 line_is 0 up
expect "by dsl0, from its address" "$all" "$(seen 0)"
expect "by dsl0, from another" 0 "$(other 0)"
expect "by dsl1" 0 "$(other 1)"

echo "- the line gets other addresses"
n gw ip address delete 203.0.113.5/24 dev dsl0
line_address 0 203.0.113.9/24
line_address 0 2001:db8:a::9/64
n gw ip address delete 2001:db8:a::5/64 dev dsl0
provider_takes_back 0 203.0.113.5
count 0 203.0.113.9 2001:db8:a::9
wait_for 60 seen_all 0
wait_for 60 health_is good
expect "by dsl0, from the new ones" "$all" "$(seen 0)"
expect "by dsl1" 0 "$(other 1)"

echo "- one kind is refused"
# A process that answers late just then would be named as well.
config "tier = 2; quorum = 6; pass = 2; probes = ( $(by_kernel) );" "tier = 1;" </dev/null
check "reload" ctl reload
wait_for 60 health_is good
wait_for 60 line_is 0 up
n inet nft -f - <<-NFT
	table inet deaf {
		chain in {
			type filter hook input priority 0
			ip daddr 198.51.100.12 tcp dport 443 reject with tcp reset
		}
	}
NFT
wait_for 60 line_is 0 down
expect "the reason" "no answer from 198.51.100.12:443 (connection refused)" "$(line 0 reason)"
n inet nft delete table inet deaf
wait_for 60 line_is 0 up
