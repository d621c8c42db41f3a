#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "Failback kills states before the new rules are in, and flows stay on the metered line for hours."
# Clients that connect again the moment they are told end up on the line that is back, never on the
# metered one again, and soon the metered line has nothing left of what stood in for the other.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "tier = 1;" "tier = 2; metered = true;" <<'END'
policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; } );
END
daemon_start

clients=12
line_cut 0
wait_for 20 line_is 0 down
for ((i = 0; i < clients; i++)); do
	start client "$helpers/again.py" tcp $inet4 80 >"$tmp/again.$i"
done
flow voice client udp $inet4 5060
for ((i = 0; i < clients; i++)); do
	wait_for 20 grep -q "sees ${address4[1]}" "$tmp/again.$i"
done

# on_metered: entries on the metered line
on_metered() {
	n gw conntrack -L 2>/dev/null | grep -cF "dst=${address4[1]}" || true
}

none_on_metered() {
	[ "$(on_metered)" = 0 ]
}

expect_match "on the metered line" "1[3-9]" "$(on_metered)"

line_mend 0
wait_for 20 line_is 0 up
for ((i = 0; i < clients; i++)); do
	wait_for 20 grep -q "sees ${address4[0]}" "$tmp/again.$i"
done
expect "what clients saw at once after they were told" "$clients sees ${address4[0]}" \
	"$(grep -h -A1 ended "$tmp"/again.* | grep -o 'sees .*' | sort | uniq -c | sed 's/^ *//')"
wait_for 20 flow_said voice "sees ${address4[0]}"
wait_for 20 none_on_metered
echo "- nothing is left on the metered line"
