#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# uplinkd comes to a gateway that has been working for years with a masquerade rule and a default
# route: the connections of that time go on by the line they are on, which is not the one that
# uplinkd prefers.
. "$(dirname "$0")/lab.sh"
lab_up 2

# What there is without uplinkd.
others_add() {
	n gw tee /proc/sys/net/ipv{4,6}/conf/all/forwarding <<<1 >/dev/null
	n gw ip route add default via 192.0.2.1
	n gw nft -f - <<-'END'
		table ip old {
			chain in {
				type nat hook prerouting priority -100
				iifname "dsl1" tcp dport 80 dnat to 172.16.0.2:80
			}
			chain out {
				type nat hook postrouting priority 100
				oifname "dsl1" masquerade
			}
		}
	END
}

others_delete() {
	n gw nft delete table ip old
	n gw ip route delete default
}

others_add
flow lan client tcp $inet4 80
flow voice client udp $inet4 5060
flow box gw tcp $inet4 80
flow site inet tcp 192.0.2.5 80
expect_match "before" "*sees 192.0.2.5" "$(flow_log lan)"

config "weight = 9;" "" </dev/null
daemon_start
others_delete
expect "new connections" "inet dsl0" "$(ask client $inet4 80 | via)"
expect "the box itself" "inet dsl0" "$(ask gw $inet4 80 | via)"
for name in lan voice box site; do
	expect "$name has one line" 1 "$(flow_log $name | wc -l)"
	expect_unbroken $name
done

# The same once more after others had it for a while.
check "flush" ctl flush
others_add
flow call client udp $inet4 5060
flow later client tcp $inet4 80
expect_match "meanwhile" "*sees 192.0.2.5" "$(flow_log call)"
check "reload" ctl reload
others_delete
expect "new connections" "inet dsl0" "$(ask client $inet4 80 | via)"
for name in call later; do
	expect "$name has one line" 1 "$(flow_log $name | wc -l)"
	expect_unbroken $name
done
