#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Somebody removes what is ours: rules, routes, the nftables table, an alias. All comes back by
# itself, at once, and what is not ours stays untouched throughout.
. "$(dirname "$0")/lab.sh"
lab_up 2

# Other people's things, next to ours.
n gw ip rule add from 10.99.0.0/16 lookup 99 priority 150
n gw ip route add 10.98.0.0/16 via 172.16.0.2 table 99
n gw ip address add 10.97.0.1/24 dev lan0
n gw nft -f - <<'END'
table ip other {
	chain watch {
		type filter hook forward priority 0
		counter
	}
}
END

provider_gives 0 203.0.113.10
config "" "" <<'END'
services = ( { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80", "tcp/203.0.113.10:80" ];
               servers = ( { address = "172.16.0.2:80"; }, { address = "[fd00::2]:80"; } ); } );
domains = ( { name = "tryme.example"; interface = "dsl0"; addresses = [ "203.0.113.10/24" ]; } );
END
daemon_start
state=$(dump)
foreign=$(n gw nft -sa list table ip other; n gw ip route show table 99; n gw ip rule | grep -c 10.99)

restored() {
	diff <(echo "$state") <(dump)
}

# repaired WHAT COMMAND...
repaired() {
	"${@:2}"
	wait_for 20 restored
	wait_for 20 nothing_to_do
	echo "- $1"
	expect "in over dsl0" "web1 $inet4" "$(ask inet "${address4[0]}" 80)"
	expect "in over dsl1" "web1 $inet4" "$(ask inet "${address4[1]}" 80)"
	expect "out over both lines" "dsl0:2 dsl1:2" "$(ask client -n 4 $inet4 80 | via | tally 2)"
	check "$1: nothing to do" nothing_to_do
}

strict_again() {
	n gw tee /proc/sys/net/ipv4/conf/dsl0/rp_filter <<<1 >/dev/null
}

table=$(line 0 table)
repaired "a rule" n gw ip rule delete priority 101
repaired "all of our rules" n gw ip -4 rule flush protocol 117
repaired "all of our IPv6 rules" n gw ip -6 rule flush protocol 117
repaired "a line's table" n gw ip route flush table "$table"
repaired "a line's table, IPv6" n gw ip -6 route flush table "$table"
repaired "the whole table of nftables" n gw nft delete table inet uplinkd
repaired "a chain of it" n gw nft flush chain inet uplinkd mark_pre
repaired "an alias" n gw ip address delete 203.0.113.10/24 dev dsl0
repaired "reverse path filter" strict_again
expect "the others' things" "$foreign" \
	"$(n gw nft -sa list table ip other; n gw ip route show table 99; n gw ip rule | grep -c 10.99)"

# These take the others' things as well, so they come last and ours alone are looked for.
n gw nft flush ruleset
ours_is_back() {
	n gw nft list chain inet uplinkd egress && nothing_to_do
}
wait_for 20 ours_is_back
echo "- nft flush ruleset"
expect "in" "web1 $inet4" "$(ask inet "${address4[1]}" 80)"
n gw ip rule flush
wait_for 20 nothing_to_do
echo "- ip rule flush"
expect "in" "web1 $inet4" "$(ask inet "${address4[1]}" 80)"
expect "out" "dsl0:2 dsl1:2" "$(ask client -n 4 $inet4 80 | via | tally 2)"
