# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # lab.sh has the variables
#
# What a PPPoE line may go through, to be sourced by pppoe.sh and pppoe-hooks.sh. The first line is
# the one that carries everything while it can, so that each of its ends shows.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/pppoe-lab.sh"

cat >"$conf" <<'END'
gateway = { inside = [ "lan0" ]; resolver = "file"; };
uplinks = (
  { name = "dsl0"; interface = "ppp0"; probes = ( { kind = "icmp"; targets = [ "198.51.100.11", "198.51.100.12" ]; } ); },
  { name = "dsl1"; interface = "ppp1"; tier = 2; }
);
policies = (
  { name = "p2p";  user = "108"; use = [ "dsl1" ]; otherwise = "drop"; },
  { name = "rest"; use = [ "dsl0", "dsl1" ]; scheduler = "fo"; }
);
services = (
  { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80" ]; servers = ( { address = "172.16.0.2:80"; } ); }
);
END

# goes_by N LINE: new connections of the inside
goes_by() {
	expect "$1 connections of the inside" "dsl$2:$1" "$(ask client -n "$1" $inet4 80 | by_line | tally 2)"
}

# comes_in LINE...: the service answers over these lines
comes_in() {
	local i

	for i; do
		expect "the service over dsl$i" "web1 $inet4" "$(ask inet "$(address "$i")" 80)"
	done
}

goes() {
	! line_is 0 up
}

same_session() {
	[ "$(session 0)" = "$1" ]
}

# The session is another one, whether the line is trusted yet or not.
dialled_again() {
	has_address 0 && ! same_session "$1"
}

is_back() {
	dialled_again "$1" && line_is 0 up
}

# ended REASON: what is told of the last end of the first line; the hooks do not know why
ended() {
	[ "$teller" = hooks ] || ctl events | grep "uplink dsl0  up -> .* (PPP: $1" >/dev/null
}

# ends_and_returns REASON COMMAND...: the first line ends by the command, the other takes over, and
# after `mend` it is back with another session. All that the gateway does is asserted on connections.
ends_and_returns() {
	local before

	before=$(session 0)
	"${@:2}"
	wait_for 30 goes
	goes_by 2 1
	comes_in 1
	# Probes are faster than LCP, which must have its time.
	wait_for 60 not same_session "$before"
	mend
	wait_for 120 is_back "$before"
	goes_by 2 0
	comes_in 0 1
	[ -z "$1" ] || wait_for 10 ended "$1"
}

mend() {
	:
}

both_are_up() {
	goes_by 2 0
	comes_in 0 1
	# As the blog has it: one user by the second line, all others by the first.
	expect "user 108" "dsl1:1" "$(n gw setpriv --reuid 108 --clear-groups "$helpers/ask.py" $inet4 80 | by_line | tally 2)"
	expect "user 109" "dsl0:1" "$(n gw setpriv --reuid 109 --clear-groups "$helpers/ask.py" $inet4 80 | by_line | tally 2)"
	expect "the box itself" "dsl0:1" "$(ask gw $inet4 80 | by_line | tally 2)"
}

big_packets() {
	local i

	for i in 0 1; do
		check "1492 bytes by dsl$i" n gw ping -q -c 1 -W 5 -M "do" -s 1464 -I "ppp$i" $inet4
		if n gw ping -q -c 1 -W 2 -M "do" -s 1465 -I "ppp$i" $inet4 >"$tmp/ping" 2>&1; then
			fail "1493 bytes went by dsl$i"
		fi
	done
	n inet nft -f - <<-'NFT'
		table ip mss {
			counter fits { }
			counter exceeds { }
			chain watch {
				type filter hook input priority 0
				ip saddr 100.64.0.0/16 tcp flags syn tcp option maxseg size > 1452 counter name exceeds
				ip saddr 100.64.0.0/16 tcp flags syn tcp option maxseg size <= 1452 counter name fits
			}
		}
	NFT
	goes_by 1 0
	# One of a slow machine is sent again.
	expect_match "segments that fit" "fits:[1-9]* exceeds:0" \
		"$(n inet nft list counters table ip mss | awk '/counter/ { name = $2 } /packets/ { print name ":" $2 }' | paste -sd' ')"
}

hang_up() {
	kill -HUP "${clients[0]}"
}

redial() {
	ends_and_returns "user request" hang_up
}

terminate() {
	local pid

	for pid in $(sessions 0); do
		kill -TERM "$pid"
	done
}

provider_ends_it() {
	ends_and_returns "peer terminated" terminate
}

lose_carrier() {
	n p0 ip link set customer down
}

carrier_is_lost() {
	mend() {
		n p0 ip link set customer up
	}
	ends_and_returns "no carrier on wan0" lose_carrier
}

mute() {
	n p0 nft "add table netdev mute; add chain netdev mute drops { type filter hook ingress device customer priority -10; policy drop; }"
}

provider_is_silent() {
	mend() {
		n p0 nft delete table netdev mute
	}
	ends_and_returns "" mute
	[ "$teller" = hooks ] || ctl events | grep "ppp ppp0  ip-down (no echo replies)" >/dev/null ||
		fail "LCP's silence was not told"
}

kill_server() {
	local pids

	pids=$(sessions 0)
	kill -KILL "${servers[0]}"
	# shellcheck disable=SC2086 # several
	kill -KILL $pids
}

server_dies() {
	mend() {
		server_start 0
	}
	ends_and_returns ".*" kill_server
}

# A line that does so is dialled, and not trusted.
comes_and_goes() {
	local before

	for _ in {1..10}; do
		before=$(session 0)
		hang_up
		wait_for 60 dialled_again "$before"
	done
	wait_for 30 line_is 0 probing
	expect_match "the line" "back, trusted after * outages lately)" "$(line 0 reason)"
	goes_by 2 1
	comes_in 1
}

knows_resolvers() {
	grep -q "nameserver 198.51.100.10" "$runtime/resolv.conf"
}

pppoe_up
[ "$teller" = plugin ] || daemon_start
dial 0
dial 1
if [ "$teller" = plugin ]; then # it tells again when somebody listens
	for i in 0 1; do
		wait_for 60 has_address $i
	done
	daemon_start
fi
for i in 0 1; do
	wait_for 60 line_is $i up
done
wait_for 20 knows_resolvers
daemon_kill
daemon_start
part still-knows-resolvers knows_resolvers
part both-are-up both_are_up
part big-packets big_packets
part redial redial
part provider-ends-it provider_ends_it
part carrier-is-lost carrier_is_lost
part provider-is-silent provider_is_silent
part server-dies server_dies
part comes-and-goes comes_and_goes
ctl events | tail -n 100
parts_end
