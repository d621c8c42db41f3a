#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The line in use fails again and again, by silence, with its carrier and with its interface, under
# a stream of datagrams. What is lost until that is known is lost; from then on nothing goes to the
# dead line, has the address of another, or comes back as unreachable, and the stream of a line
# that is well loses nothing at all. A daemon that is killed meanwhile, and the next one that finds
# a line silent, make no difference to that.
. "$(dirname "$0")/lab.sh"
# shellcheck source=../helpers/failover.sh
. "$helpers/failover.sh"

stream_pace=5000
well=198.51.100.12
lab_up 3
probes="probes = ( { kind = \"icmp\"; targets = [ \"$inet4\", \"198.51.100.11\" ]; } );"
config "$probes" "$probes" "$probes" <<'END'
policies = ( { name = "well"; from = [ "172.16.0.2" ]; use = [ "dsl2" ]; },
             { name = "rest"; use = [ "dsl0", "dsl1" ]; scheduler = "fo"; } );
END
daemon_start
for i in 0 1 2; do
	wait_for 20 line_is $i up
	wait_for 20 works $i
done
departures_count
stream_starts client $inet4
stream_starts web1 $well
wait_for 20 departed_more 2

for way in silence carrier link carrier silence link silence link carrier silence; do
	fail_over $way
	expect "to the line that was lost by $way" 0 "$stray"
done

line=$(used)
line_silence "$line"
wait_for 20 is_lost "$line"
daemon_kill
before=$(departed "$line")
daemon_start
wait_for 20 is_lost "$line"
expect "to the silent line, from one daemon to the next" 0 $(($(departed "$line") - before))
expect "the stream goes by" $((1 - line)) "$(used)"
line_speak "$line"
wait_for 20 works "$line"

stream_ends $well
expect "came, of $sent by the line that is well" "$sent" "$came"
expect "seen from" "${address4[2]}=$sent" "$sources"
expect "errors" 0 "$errors"
stream_ends $inet4
expect "of $sent, told to be unreachable" 0 "$errors"
expect "came twice" 0 "$twice"
expect "lines of the stream" "${address4[0]} ${address4[1]}" \
	"$(tr ' ' '\n' <<<"$sources" | cut -d= -f1 | sort -r | paste -sd' ')"
