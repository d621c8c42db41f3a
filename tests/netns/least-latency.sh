#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "least-latency": all new connections take the line with the shorter round trip, also when that
# becomes the other one, and not for a difference that is hardly one. What exists stays where it is.
. "$(dirname "$0")/lab.sh"
lab_up 2

late() {
	printf '%s %s\n' "${address4[0]}" "$1" "${address4[1]}" "$2" >"$tmp/late.new"
	mv "$tmp/late.new" "$tmp/late"
}
late 20 200
start inet "$helpers/late.py" 198.51.100.11 5353 "$tmp/late" 2>>"$tmp/servers.log"
listens() {
	[ -n "$(n inet ss -Hlnu src 198.51.100.11:5353)" ]
}
wait_for 20 listens # an earlier question would be refused, and the lines be down

# Here answers are late, and a busy machine makes them later: no line is to be down for that, and
# what takes much longer than it should is not to count.
probes='fail = 50;
	probes = ( { kind = "dns"; targets = [ "198.51.100.11:5353" ]; interval = "100ms"; timeout = "600ms"; } );'
config "$probes" "$probes" <<'END'
policies = (
  { name = "fast"; ports = [ "tcp/80", "udp/5060" ]; use = [ "dsl1", "dsl0" ];
    scheduler = "least-latency"; },
  { name = "rest"; use = [ "dsl0", "dsl1" ]; }
);
END
daemon_start

# goes_by LINE: new connections do
goes_by() {
	[ "$(ask client -n 4 $inet4 80 | via | tally 2)" = "dsl$1:4" ]
}

wait_for 30 goes_by 0
echo "- all go by dsl0"
# The first few answers are no mean to rely on.
flow stays client udp $inet4 5060
while [[ $(flow_log stays) != *"sees ${address4[0]}" ]]; do
	flow_end stays
	wait_for 30 goes_by 0
	flow stays client udp $inet4 5060
done
late 200 20
wait_for 30 goes_by 1
echo "- dsl0 became slow: all go by dsl1"
expect "other policies go by turns" "dsl0:6 dsl1:6" "$(ask client -n 12 $inet4 443 | via | tally 2)"

# measured LINE LEAST MOST: its latency in ms
measured() {
	line "$1" latency_ms | awk -v least="$2" -v most="$3" '{ exit !($1 >= least && $1 <= most) }'
}

# 20 ms better is not much better.
late 400 420
wait_for 30 measured 0 390 480
wait_for 30 measured 1 410 500
check "hardly a difference: they stay" goes_by 1
line_cut 1
wait_for 20 line_is 1 down
check "a line that is down has no latency" goes_by 0
expect_unbroken stays
