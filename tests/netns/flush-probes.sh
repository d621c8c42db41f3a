#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# After a flush the daemon is at rest: nobody is asked over lines whose tables are gone, and nothing
# is held against them. With a reload they are taken for what they were, and asked again.
. "$(dirname "$0")/lab.sh"
lab_up 2

probes='probes = ( { kind = "icmp"; targets = [ "198.51.100.11" ]; interval = "200ms"; } );'
config "tier = 1; $probes" "tier = 2; $probes" <<<''
daemon_start

health_is() {
	[ "$(line "$1" health)" = "$2" ]
}

asked() {
	n p0 nft list counter netdev asked echo | awk '$1 == "packets" { print $2 }'
}

asked_more() {
	[ "$(asked)" -gt "$1" ]
}

n p0 nft -f - <<-NFT
	table netdev asked {
		counter echo { }
		chain in {
			type filter hook ingress device "customer" priority -2
			icmp type echo-request counter name echo
		}
	}
NFT

for i in 0 1; do
	wait_for 20 health_is "$i" good
done
wait_for 20 asked_more 3
check "flush" ctl flush
expect "what is known of the lines then" "unknown unknown" "$(line 0 health) $(line 1 health)"
expect "their states" "up up" "$(line 0 state) $(line 1 state)"
before=$(asked)
# What would be asked in this time is several questions.
n client "$helpers/ask.py" -t 2 192.0.2.99 80 >/dev/null || true
expect "questions asked at rest" 0 "$(($(asked) - before))"
said=$(wc -l <"$log")
check "reload" ctl reload
expect "their states" "up up" "$(line 0 state) $(line 1 state)"
expect "new connections" "dsl0:4" "$(ask client -n 4 $inet4 80 | via | tally 2)"
for i in 0 1; do
	wait_for 20 health_is "$i" good
done
check "no line was ever down" not grep -q -e '-> down' <(tail -n +$((said + 1)) "$log")
