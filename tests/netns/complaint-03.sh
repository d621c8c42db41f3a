#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "Everything is flushed because one of three lines died." Whatever happens to one of three lines,
# and however often, not an entry and not a packet of the other two is lost.
. "$(dirname "$0")/lab.sh"
lab_up 3

config "" "" "" <<'END'
policies = (
  { name = "first"; from = [ "172.16.0.11" ]; use = [ "dsl1" ]; },
  { name = "second"; from = [ "172.16.0.12" ]; use = [ "dsl2" ]; },
  { name = "rest"; use = [ "dsl0" ]; otherwise = "any"; }
);
services = ( { name = "www"; listen = [ "tcp/dsl1:80", "tcp/dsl2:80" ];
               servers = ( { address = "172.16.0.2:80"; }, { address = "[fd00::2]:80"; } ); } );
END
daemon_start

for i in 1 2; do
	n client ip route change default via 172.16.0.1 src 172.16.0.1$i
	flow tcp$i client tcp $inet4 80
	flow udp$i client udp $inet4 5060
	flow in$i inet tcp "${address4[$i]}" 80
	flow in6$i inet tcp "${address6[$i]}" 80
	flow box$i gw udp 198.51.100.1$i 5060
	hold idle$i client --bind 172.16.0.1$i $inet4 80
done
n client ip route change default via 172.16.0.1 src 172.16.0.10
hold dead client $inet4 80
watch_destroyed

line_cut 0
wait_for 20 grep -q reset "$tmp/held.dead"
line_mend 0
wait_for 20 line_is 0 up
line_unplug 0
wait_for 20 line_is 0 absent
line_plug 0
wait_for 20 line_is 0 up
check "disabled" ctl disable dsl0
check "enabled" ctl enable dsl0
wait_for 20 line_is 0 up

for i in 1 2; do
	for name in tcp udp in in6; do
		expect_unbroken $name$i
	done
	expect "idle$i" "" "$(ends idle$i)"
done
expect "entries of the other two that were deleted" "" \
	"$(destroyed | grep -F -e 172.16.0.11 -e 172.16.0.12 | grep -v -e TIME_WAIT -e CLOSE || true)"
