#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "uplinkctl flush" removes exactly what uplinkd put there: the gateway afterwards is, to the last
# rule, route, address and sysctl, what it was before, and stays so until a reload. The same with
# "uplinkd --flush", without a daemon.
. "$(dirname "$0")/lab.sh"
lab_up 2

n gw ip rule add from 10.99.0.0/16 lookup 99 priority 150
n gw ip route add 10.98.0.0/16 via 172.16.0.2 table 99
n gw ip address add 10.97.0.1/24 dev lan0
n gw nft add table ip other
n gw tee /proc/sys/net/ipv4/conf/dsl1/arp_announce <<<1 >/dev/null
before=$(dump)

config "weight = 3;" "" <<'END'
policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; sticky = "10m"; } );
services = ( { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80" ];
               servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.3:8000"; } ); } );
domains = ( { name = "tryme.example"; interface = "lan0"; addresses = [ "10.1.1.1/24", "fd01::1/64" ]; } );
END
daemon_start
arranged=$(dump)
expect "it works" "web1:2 web2:2" "$(ask inet -n 4 192.0.2.5 80 | tally 1)"

check "flush" ctl flush
expect "what is left" "" "$(diff <(echo "$before") <(dump))"
n gw ip link set dsl1 down
n gw ip link set dsl1 up
n gw ip address add 2001:db8:b::5/64 dev dsl1 2>/dev/null || true
check "the daemon rests" ctl status
as_before() {
	diff <(echo "$before") <(dump)
}
wait_for 20 as_before # the kernel takes a moment for the link's own address
echo "- after events as before"
check "reload" ctl reload
expect "as it was" "" "$(diff <(echo "$arranged") <(dump))"
expect "it works" "web1:2 web2:2" "$(ask inet -n 4 192.0.2.5 80 | tally 1)"

check "SIGTERM" daemon_stop
expect "leaves it as it is" "" "$(diff <(echo "$arranged") <(dump))"
check "uplinkd --flush" n gw "$build/src/uplinkd" -c "$conf" --runtime-dir "$tmp/run" --flush
expect "what is left" "" "$(diff <(echo "$before") <(dump))"
