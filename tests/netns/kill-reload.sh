#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 200 reloads under load, each of which really changes something, with the daemon killed without a
# word in the middle of them and started again: not one request to the service that is not touched
# fails. A restart where nothing differs changes nothing.
. "$(dirname "$0")/lab.sh"
lab_up 2

# variant NUMBER: the file, with another service and policy that differ from one to the next
variant() {
	config "" "" <<-END
		policies = ( { name = "some"; from = [ "10.2.$(($1 % 100)).0/24" ]; use = [ "dsl1" ]; } );
		services = (
		  { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80" ];
		    servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.3:8000"; } ); },
		  { name = "other"; listen = [ "tcp/dsl0:$((1000 + $1))" ];
		    servers = ( { address = "172.16.0.2:80"; weight = $(($1 % 7 + 1)); }, { address = "172.16.0.3:8000"; weight = 3; } ); }
		);
	END
}

variant 0
daemon_start
loads=()
# Clients of their own for each line: behind NAT the server cannot tell which of two addresses was
# asked, and holds connections that have ended against new ones from the same port.
for line in 0 1; do
	start inet "$helpers/ask.py" -n 0 -w 2 --gap 0.002 --bind "198.51.100.1$line" "${address4[line]}" 80 >"$tmp/load.$line"
	loads+=($!)
done
flow in inet tcp "${address4[1]}" 80
flow out client udp $inet4 5060
wait_for 20 test -s "$tmp/load.0" -a -s "$tmp/load.1"

for ((i = 1; i <= 200; i++)); do
	variant $i
	if [ $i = 100 ]; then
		# The reload is on its way when the daemon dies.
		n gw "$build/src/ctl/uplinkctl" --runtime-dir "$tmp/run" reload >/dev/null 2>&1 &
		daemon_kill
		wait $! || true
		daemon_start
	else
		ctl reload || fail "reload $i"
	fi
done
echo "- 200 reloads"
expect "the last variant serves" "web1" "$(ask inet 203.0.113.5 1200 | cut -d' ' -f1 | sed s/2/1/)"
expect "the one before does not" "error: connection refused" "$(ask inet 203.0.113.5 1199)"
for line in 0 1; do
	stop "${loads[line]}"
	expect "failed requests over dsl$line, of $(wc -l <"$tmp/load.$line")" "" "$(grep error "$tmp/load.$line" | sort | uniq -c)"
done

# Killed, nobody there: everything goes on. Started again: nothing to change.
before=$(dump)
daemon_kill
expect "without a daemon, in" "web1:2 web2:2" "$(ask inet -n 4 --bind 198.51.100.19 192.0.2.5 80 | tally 1)"
expect "without a daemon, out" "dsl0:2 dsl1:2" "$(ask client -n 4 $inet4 80 | via | tally 2)"
watch
daemon_start
check "nothing to do" nothing_to_do
expect "changes by the restart" "" "$(watched)"
expect "the kernel" "" "$(diff <(echo "$before") <(dump))"
expect_unbroken in
expect_unbroken out
