#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How many connections a service takes, and how many of each client, at a time and a second, IPv4
# and IPv6: too many are refused at once, too fast ones get no answer. What is there stays, a place
# that is free is given away again.
. "$(dirname "$0")/lab.sh"
lab_up 2

servers='servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.3:8000"; },
                    { address = "[fd00::2]:80"; }, { address = "[fd00::3]:8000"; } );'
config "" "" <<END
services = (
  { name = "all"; listen = [ "tcp/dsl0:81" ]; limits = { connections = 4; }; $servers },
  { name = "each"; listen = [ "tcp/dsl0:82" ]; limits = { client_connections = 2; }; $servers },
  { name = "rate"; listen = [ "tcp/dsl0:83", "udp/dsl0:83" ]; limits = { rate = "1/s"; burst = 5; }; $servers },
  { name = "client-rate"; listen = [ "tcp/dsl0:84" ]; limits = { client_rate = "1/s"; client_burst = 3; }; $servers },
  { name = "none"; listen = [ "tcp/dsl0:85" ]; $servers }
);
END
daemon_start

# at_once WHAT SERVED OF [OPTIONS] ADDRESS PORT: so many connections come through. They wait for half a
# second; after a whole one TCP would send again. A machine that takes that long earns one more.
at_once() {
	local start=${EPOCHREALTIME/./} more wanted="" answers

	answers=$(ask inet -n "$3" -w "$3" --connect 0.5 "${@:4}" | sed 's/^web./web/' | tally 1)
	for ((more = 0; more * 1000000 <= ${EPOCHREALTIME/./} - start; more++)); do
		wanted+="${wanted:+|}error: timed out:$(($3 - $2 - more)) web:$(($2 + more))"
	done
	expect_match "$address: $1" "@($wanted)" "$answers"
}

for address in 203.0.113.5 2001:db8:a::5; do
	source=$([[ $address = *:* ]] && echo 2001:db8:f:: || echo 198.51.100.)
	hold all1 inet -n 2 $address 81
	hold all2 inet -n 4 --bind "${source}11" $address 81
	expect "$address: four in all" "error::2 web1:1 web2:1" "$(held all2 | tally 1 | sed 's/error: connection refused/error:/')"
	let_go all1
	let_go all2

	hold each1 inet -n 3 $address 82
	hold each2 inet -n 3 --bind "${source}11" $address 82
	for name in each1 each2; do
		expect "$address: two of each" "error: connection refused:1 web1:1 web2:1" "$(held $name | tally 1)"
	done
	expect "$address: nobody was ended" "" "$(ends each1)$(ends each2)"
	let_go each1
	let_go each2
	# An ended connection counts until its entry is gone.
	has_room() {
		n gw conntrack -D -p tcp --orig-port-dst 82
		[[ $(ask inet "$address" 82) = web* ]]
	}
	wait_for 20 has_room

	at_once "at a time five, then one a second" 5 20 $address 83
	at_once "of each client three" 3 10 $address 84
	at_once "also of another" 3 10 --bind "${source}12" $address 84
	expect "$address: without limits" "web1:20 web2:20" "$(ask inet -n 40 -w 8 $address 85 | tally 1)"
done
