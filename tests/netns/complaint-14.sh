#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "160 to 210 processes an event, and route churn eats the CPU." Whatever happens, the daemon starts
# no process at all, as long as there are no hooks; and changes of routes that are not its business
# change nothing of ours.
#
# To count them, the daemon is put into a state in which its first child would begin a process
# namespace of its own, which can be seen from outside.
. "$(dirname "$0")/lab.sh"
lab_up 2
daemon_prefix=(unshare --pid)
# The leak sanitizer needs a process of its own, which it cannot have there.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0

config "weight = 2;" "" <<'END'
policies = ( { name = "guests"; from = [ "172.16.0.11" ]; use = [ "dsl1" ]; },
             { name = "rest"; use = [ "dsl0", "dsl1" ]; } );
services = ( { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80" ];
               servers = ( { address = "172.16.0.2:80"; check = { kind = "tcp"; interval = "100ms"; }; },
                           { address = "172.16.0.3:8000"; } ); } );
END
daemon_start

has_started_processes() {
	readlink "/proc/$daemon/ns/pid_for_children"
}
expect "processes, started" 0 "$(has_started_processes | wc -l)"
for i in 1 2 3; do
	line_cut 0
	wait_for 20 line_is 0 down
	line_mend 0
	wait_for 20 line_is 0 up
	line_unplug 1
	wait_for 20 line_is 1 absent
	line_plug 1
	wait_for 20 line_is 1 up
	line_address 0 "203.0.113.$((10 + i))/24"
done
check "weight" ctl weight www 172.16.0.2:80 7
check "disable" ctl disable dsl1
check "enable" ctl enable dsl1
config "" "" </dev/null
check "reload" ctl reload
n gw nft delete table inet uplinkd
wait_for 20 nothing_to_do
expect "it works" "dsl0:2 dsl1:2" "$(ask client -n 4 $inet4 80 | via | tally 2)"
expect "processes, after $(ctl events | wc -l) events" 0 "$(has_started_processes | wc -l)"

# cpu: of the daemon, in hundredths of a second
cpu() {
	awk '{ print $14 + $15 }' "/proc/$daemon/stat"
}
ours() {
	n gw nft -s list table inet uplinkd
	n gw ip rule
	n gw ip route show table "$(line 0 table)"
}
churn() {
	local i j

	for i in {50..65}; do
		for ((j = 0; j < 125; j++)); do
			echo "route $1 10.$i.$j.0/24 via 172.16.0.2"
		done | n gw ip -batch -
		wait_for 20 heard "$1" "10.$i.124.0/24"
	done
}

# heard WHAT ROUTE: the monitor has; what it does not keep up with would be lost
heard() {
	grep -q "^$([ "$1" = add ] || echo "Deleted ")$2 " "$tmp/watch.ip"
}
before=$(ours)
start_cpu=$(cpu)
watch
churn add
churn delete
expect "of ours, while 4000 routes came and went" "" "$(watched | grep -v '10\.[56][0-9]\.')"
expect "and after" "$before" "$(ours)"
echo "- that took the daemon $(($(cpu) - start_cpu)) hundredths of a second"
expect "processes" 0 "$(has_started_processes | wc -l)"

# What is counted can be counted.
mkfifo "$tmp/gate"
exec {gate}<>"$tmp/gate" # so that nobody waits to open it
hook 10-wait <<<"read -r x <'$tmp/gate'"
line_cut 0
wait_for 20 has_started_processes
echo "- with a hook, one process"
echo go >&"$gate"
