#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "One rate-limited ICMP target fails the line over." A target that answers only now and then costs
# nothing while another one answers; and with no other one, replies of connections that go by the
# line keep it up, as long as there are any.
. "$(dirname "$0")/lab.sh"
lab_up 2

# lines TARGET...: the first line is tried by these.
lines() {
	local list

	printf -v list '"%s", ' "$@"
	config "tier = 1; pass = 2; probes = ( { kind = \"icmp\"; targets = [ ${list%, } ];
		interval = \"200ms\"; } );" "tier = 2;" <<-'END'
		policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; } );
	END
}

# What .11 does not answer, of what it is asked.
n inet nft -f - <<-NFT
	table inet limited {
		counter refused { }
		chain in {
			type filter hook input priority 0
			ip daddr 198.51.100.11 icmp type echo-request limit rate over 1/minute burst 3 packets counter name refused drop
		}
	}
NFT

refused() {
	n inet nft list counter inet limited refused | awk '$1 == "packets" { print $2 }'
}

refused_more() {
	[ "$(refused)" -gt "$1" ]
}

outages() {
	grep -c -e '-> down' "$log" || true
}

lines 198.51.100.11 198.51.100.12
daemon_start
wait_for 60 refused_more 40
expect "one of two is limited" up "$(line 0 state)"
expect "outages" 0 "$(outages)"
expect "new connections" "inet dsl0" "$(ask client $inet4 80 | via)"

echo "- no other target, but replies to others"
flow talk client udp $inet4 5060
lines 198.51.100.11
check "reload" ctl reload
before=$(refused)
wait_for 60 refused_more $((before + 30))
expect "the line" up "$(line 0 state)"
expect "outages" 0 "$(outages)"
expect_match "the connection" "*sees ${address4[0]}*" "$(flow_log talk | tail -n 1)"

echo "- nobody says anything any more"
expect_unbroken talk
wait_for 30 line_is 0 down
expect_match "the reason" "no answer from 198.51.100.11*" "$(line 0 reason)"
