#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# check-line: a server reached over a line is asked over that line, with its address, whatever the
# other line could do; when the line does not carry it any more, it is not asked over the other one.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "" "" <<'END'
services = (
  { name = "far"; listen = [ "tcp/172.16.0.1:80" ]; servers = (
      { address = "198.51.100.10:80"; via = "dsl1";
        check = { kind = "http"; interval = "500ms"; fail = 2; pass = 2; }; } ); }
);
END
daemon_start

# asked LINE: packets to the server's port seen by that line's provider
asked() {
	n "p$1" nft list counter netdev asked web | awk '$1 == "packets" { print $2 }'
}

asked_often() {
	[ "$(asked "$1")" -gt 20 ]
}

for i in 0 1; do
	n "p$i" nft -f - <<-NFT
		table netdev asked {
			counter web { }
			chain in {
				type filter hook ingress device "customer" priority 1
				ip daddr 198.51.100.10 tcp dport 80 counter name web
			}
		}
	NFT
done
wait_for 20 server_is far 198.51.100.10:80 up
wait_for 20 asked_often 1
expect "packets of checks by the other line" 0 "$(asked 0)"
n p1 nft add rule netdev asked in ip daddr 198.51.100.10 tcp dport 80 drop
wait_for 20 server_is far 198.51.100.10:80 down
expect "the reason" "no answer in 500ms" "$(server far 198.51.100.10:80 reason)"
n p1 nft delete table netdev asked
wait_for 20 server_is far 198.51.100.10:80 up
line_cut 1
wait_for 20 server_is far 198.51.100.10:80 unusable
line_mend 1
wait_for 20 server_is far 198.51.100.10:80 up
expect "packets of checks by the other line" 0 "$(asked 0)"
