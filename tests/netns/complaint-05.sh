#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "The box's own traffic leaves by the wrong line or with the wrong source." Unbound sockets use the
# best line and its address; sockets bound to an address or a device of a line use that line; and
# when that line is dead though its address is there, those bound to the address use another with an
# address of that one, until it is back. A socket bound to the device insists on it.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "tier = 1;" "tier = 2;" <<'END'
policies = ( { name = "lan"; from = [ "172.16.0.0/24" ]; use = [ "dsl0", "dsl1" ]; } );
END
daemon_start

# everything ADDRESS-OF-DSL0-LEADS-TO ADDRESS-OF-DSL1-LEADS-TO UNBOUND-LEADS-TO
everything() {
	local f=4 p

	for p in "$inet4 ${address4[*]}" "$inet6 ${address6[*]}"; do
		read -r to a0 a1 _ <<<"$p"
		expect "unbound, IPv$f" "$3:3" "$(ask gw -n 3 "$to" 80 | via | tally 2)"
		expect "unbound UDP, IPv$f" "$3:3" "$(ask gw -u -n 3 "$to" 5060 | via | tally 2)"
		expect "bound to dsl0's address, IPv$f" "$1:3" "$(ask gw -n 3 --bind "$a0" "$to" 80 | via | tally 2)"
		expect "bound to dsl1's address, IPv$f" "$2:3" "$(ask gw -n 3 --bind "$a1" "$to" 80 | via | tally 2)"
		expect "UDP bound to dsl0's address, IPv$f" "$1:3" "$(ask gw -u -n 3 --bind "$a0" "$to" 5060 | via | tally 2)"
		expect "UDP bound to dsl1's address, IPv$f" "$2:3" "$(ask gw -u -n 3 --bind "$a1" "$to" 5060 | via | tally 2)"
		f=6
	done
}

everything dsl0 dsl1 dsl0
expect "bound to dsl1" "dsl1:2" "$(ask gw -n 2 --device dsl1 $inet4 80 | via | tally 2)"

echo "- dsl0 is dead"
line_cut 0
wait_for 20 line_is 0 down
everything dsl1 dsl1 dsl1
expect_match "bound to dsl0" "error: *" "$(ask gw -t 1 --device dsl0 $inet4 80)"

echo "- dsl1 is dead"
line_mend 0
wait_for 20 line_is 0 up
line_cut 1
wait_for 20 line_is 1 down
wait_for 20 n gw ping -qc1 -W1 -I dsl0 203.0.113.1
everything dsl0 dsl0 dsl0

echo "- all is well"
line_mend 1
wait_for 20 line_is 1 up
wait_for 20 n gw ping -qc1 -W1 -I dsl1 192.0.2.1
everything dsl0 dsl1 dsl0
