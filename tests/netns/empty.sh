#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A service none of whose servers may take a connection: whoever asks is refused at once, over
# either line, from inside and from the gateway itself. What runs goes on, and one server is enough
# to be back.
. "$(dirname "$0")/lab.sh"
lab_up 2
neighbour 1

config "" "" <<'END'
services = (
  { name = "empty"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80", "tcp/203.0.113.200:80" ];
    servers = ( { address = "172.16.0.2:80"; weight = 0; }, { address = "172.16.0.3:8000"; weight = 0; },
                { address = "[fd00::2]:80"; weight = 0; } ); },
  { name = "emptied"; listen = [ "tcp/dsl0:81", "tcp/dsl1:81" ];
    servers = ( { address = "172.16.0.2:80"; }, { address = "[fd00::2]:80"; } ); }
);
END
daemon_start

# refused WHAT PORT: from everywhere, at every address
refused() {
	local from address

	for from in inet nb client gw; do
		for address in "${address4[@]:0:2}" "${address6[@]:0:2}"; do
			expect "$1: $from to $address" "error: connection refused:3" \
				"$(ask $from -n 3 -t 10 "$address" "$2" | tally 1)"
		done
	done
}

refused "no server has a weight" 80
for from in client gw; do
	expect "an address that no interface has, from $from" "error: connection refused" \
		"$(ask $from -t 10 203.0.113.200 80)"
done

for line in 0 1; do
	flow four$line inet tcp "${address4[line]}" 81
	flow six$line inet tcp "${address6[line]}" 81
done
check "drain" ctl drain emptied 172.16.0.2:80
check "drain" ctl drain emptied "[fd00::2]:80"
refused "every server is drained" 81
for line in 0 1; do
	expect_unbroken four$line
	expect_unbroken six$line
done

check "weight" ctl weight empty 172.16.0.3:8000 1
for line in 0 1; do
	expect "one server is back" "web2:3" "$(ask inet -n 3 "${address4[line]}" 80 | tally 1)"
	expect "none of IPv6" "error: connection refused" "$(ask inet -t 10 "${address6[line]}" 80)"
done
