#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A reload that changes nothing says nothing to the kernel: "plan" says "nothing to do", and
# neither nftables nor routing report any change, whether the reload comes by command or by signal.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "weight = 3;" "" <<'END'
policies = (
  { name = "p2p"; user = "20108"; use = [ "dsl1" ]; },
  { name = "rest"; use = [ "dsl0", "dsl1" ]; sticky = "10m"; }
);
services = (
  { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80", "udp/203.0.113.5:53" ]; scheduler = "wlc";
    servers = ( { address = "172.16.0.2"; weight = 2; }, { address = "172.16.0.3"; }, { address = "[fd00::2]"; } ); }
);
domains = ( { name = "tryme.example"; interface = "lan0"; addresses = [ "10.1.1.1/32", "fd01::1/128" ]; } );
END
daemon_start
check "nothing to do" nothing_to_do

# The kernel reports an IPv6 address, and its route, a while after it was added.
is_there() {
	n gw ip -6 route get fd01::1 | grep ^local
}
wait_for 20 is_there
watch
for try in first second third; do
	check "$try reload" ctl reload
done
reloads() {
	grep -c 'configuration .* loaded' "$log" || true
}
more_reloads() {
	[ "$(reloads)" -gt "$1" ]
}
count=$(reloads)
kill -HUP "$daemon"
wait_for 20 more_reloads "$count"
check "nothing to do" nothing_to_do
expect "changes" "" "$(watched)"
