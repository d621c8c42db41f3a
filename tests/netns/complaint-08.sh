#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "Silence is found after 15 s, or 125." The provider swallows everything while the carrier stays:
# probes find out, new connections go by the other line. When the provider is back the line is first
# watched and then trusted. With both silent, the first to come back is used.
. "$(dirname "$0")/lab.sh"
lab_up 2

probes='probes = ( { kind = "icmp"; targets = [ "198.51.100.11", "198.51.100.12" ]; } );'
config "tier = 1; $probes" "tier = 2; $probes" <<'END'
policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; } );
END
daemon_start

# leads_to LINE: new connections
leads_to() {
	[ "$(ask client -t 1 $inet4 80 | via)" = "inet $1" ]
}

health_is() {
	[ "$(line "$1" health)" = "$2" ]
}

# asked LINE: echo requests that its provider saw
asked() {
	n "p$1" nft list counter netdev asked echo | awk '$1 == "packets" { print $2 }'
}

asked_more() {
	[ "$(asked "$1")" -gt "$2" ]
}

for i in 0 1; do
	n "p$i" nft -f - <<-NFT
		table netdev asked {
			counter echo { }
			chain in {
				type filter hook ingress device "customer" priority -2
				icmp type echo-request counter name echo
			}
		}
	NFT
done

wait_for 20 health_is 0 good
wait_for 20 health_is 1 good
expect "at first" "inet dsl0" "$(ask client $inet4 80 | via)"

line_silence 0
then=${EPOCHREALTIME/./}
wait_for 20 line_is 0 down
echo "- silence found after $(((${EPOCHREALTIME/./} - then) / 1000)) ms"
expect "the reason" "no answer from 198.51.100.11, 198.51.100.12" "$(line 0 reason)"
expect "the link" UP "$(n gw ip -j link show dsl0 | jq -r '.[0].operstate')"
expect "new connections" "dsl1:6" "$(ask client -n 6 $inet4 80 | via | tally 2)"

# A line that is down goes on being asked, by itself.
before=$(asked 0)
wait_for 20 asked_more 0 $((before + 3))
expect "the line" down "$(line 0 state)"

line_speak 0
wait_for 20 line_is 0 up
expect_match "how it came back" "*down -> probing*probing -> up*" \
	"$(grep 'uplink dsl0: ' "$log" | tr '\n' ' ')"
wait_for 20 leads_to dsl0

line_silence 0
line_silence 1
wait_for 20 line_is 0 down
wait_for 20 line_is 1 down
line_speak 1
wait_for 30 line_is 1 up
wait_for 20 leads_to dsl1
line_speak 0
wait_for 30 line_is 0 up
wait_for 20 leads_to dsl0
