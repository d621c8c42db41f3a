#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Somebody else marks packets and connections, too. Bits outside our mask come through, and ours
# are not taken for theirs; a mark inside our mask that means no line is left alone.
. "$(dirname "$0")/lab.sh"
lab_up 2

n gw nft -f - <<'END'
table inet other {
	counter kept { }
	counter lost { }
	chain first {
		type filter hook prerouting priority -160
		iifname "lan0" meta mark set meta mark & 0x0000ff00 | 0x00010003
		iifname "lan0" ct mark set ct mark & 0x0000ff00 | 0x00020005
	}
	chain last {
		type filter hook postrouting priority 200
		oifname { "dsl0", "dsl1" } ip daddr 198.51.100.10 jump judge
	}
	chain judge {
		meta mark & 0xffff00ff == 0x00010003 ct mark & 0xffff00ff == 0x00020005 counter name kept return
		counter name lost
	}
}
END
config "" "" <<<'policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; scheduler = "rr"; } );'
daemon_start

counter() {
	n gw nft list counter inet other "$1" | awk '$1 == "packets" { print $2 }'
}

expect "shares" "dsl0:5 dsl1:5" "$(ask client -n 10 $inet4 80 | via | tally 2)"
check "their bits came through" [ "$(counter kept)" -ge 40 ]
expect "packets that lost them" 0 "$(counter lost)"
expect "a mark of nobody" "dsl0:4" "$(ask gw -n 4 --mark 0x0000fe00 $inet4 80 | via | tally 2)"
expect "a mark beside ours" "dsl0:2 dsl1:2" "$(ask gw -n 4 --mark 0x00ff0001 $inet4 80 | via | tally 2)"
