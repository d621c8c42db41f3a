#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# IPsec services: the key exchange is scheduled, ESP and AH follow their client to the same server,
# and without an association are answered "protocol unreachable". An exchange that nobody answers is
# forgotten soon, an association later. By NAT, and by MAC address.
. "$(dirname "$0")/lab.sh"
lab_up 1

config "prefixes = [ \"203.0.113.60/32\" ];" <<'END'
services = (
  { name = "vpn"; kind = "ipsec"; listen = [ "dsl0" ]; scheduler = "rr";
    ipsec = { half = "10s"; full = "10s"; };
    servers = ( { address = "172.16.0.2"; }, { address = "172.16.0.3"; },
                { address = "fd00::2"; }, { address = "fd00::3"; } ); },
  { name = "dr"; kind = "ipsec"; listen = [ "203.0.113.60" ]; scheduler = "rr"; method = "route";
    ipsec = { half = "10s"; full = "10s"; };
    servers = ( { address = "172.16.0.2"; }, { address = "172.16.0.3"; } ); }
);
END

# responder WEB NUMBER [silent]
responder() {
	start "$1" "$helpers/protected.py" serve "$1" "172.16.0.$2" "fd00::$2" 203.0.113.60 "${@:3}" \
		>"$tmp/$1" 2>&1
	responders+=($!)
	wait_for 20 grep -q listening "$tmp/$1"
}

responders=()
n web1 ip address add 203.0.113.60/32 dev lo
n web2 ip address add 203.0.113.60/32 dev lo
responder web1 2
responder web2 3
n p0 ip route add 203.0.113.60/32 via "${address4[0]}"
n inet ip route add 203.0.113.60/32 via 198.18.0.2
provider_gives 0 203.0.113.60
daemon_start

# protected CLIENT-ADDRESS ADDRESS WHAT [SECONDS]
protected() {
	n inet "$helpers/protected.py" ask "$2" "$3" "$1" "${@:4}"
}

# everything WHAT CLIENT ADDRESS ERROR
everything() {
	local first second

	expect "$1: ESP before the key exchange" "$4" "$(protected "$2" "$3" esp)"
	first=$(protected "$2" "$3" ike)
	expect_match "$1: a key exchange" "web[12]" "$first"
	expect "$1: the next of this client" "$first" "$(protected "$2" "$3" ike-done)"
	expect "$1: behind NAT" "$first" "$(protected "$2" "$3" nat)"
	expect "$1: ESP" "$first" "$(protected "$2" "$3" esp)"
	# In IPv6 it is an extension header, and what is in it is looked at.
	[[ $2 = *:* ]] || expect "$1: AH" "$first" "$(protected "$2" "$3" ah)"
	second=$(protected "$5" "$3" ike)
	check "$1: another client goes to the other server, $second" [ "$first" != "$second" ]
	expect "$1: and its ESP" "$second" "$(protected "$5" "$3" esp)"
	expect "$1: the first again" "$first" "$(protected "$2" "$3" esp)"
	wait_for 60 forgotten "$2" "$3"
	expect "$1: ESP after its idle time" "$4" "$(protected "$2" "$3" esp)"
}

# Nobody asks meanwhile: asking would renew.
forgotten() {
	n gw nft list ruleset >"$tmp/ruleset" && not known "$1"
}

known() {
	grep -E 'elements|expires' "$tmp/ruleset" | grep -F "$1 "
}

everything nat $inet4 "${address4[0]}" "error: protocol not available" 198.51.100.11
everything nat6 $inet6 "${address6[0]}" "error: connection refused" 2001:db8:f::11
everything route $inet4 203.0.113.60 "error: protocol not available" 198.51.100.11

# A server that does not answer is forgotten after the short time.
for responder in "${responders[@]}"; do
	stop "$responder" || true
done
responder web1 2 silent
responder web2 3 silent
sed -i 's/half = "10s"; full = "10s"/half = "2s"; full = "10m"/' "$conf"
check "a long time" ctl reload
for to in "${address4[0]}" 203.0.113.60; do
	expect "a silent server" "silence" "$(protected 198.51.100.12 "$to" ike 1)"
	wait_for 20 forgotten 198.51.100.12
	echo "- it was forgotten after the short time"
	expect "its ESP" "error: protocol not available" "$(protected 198.51.100.12 "$to" esp)"
done
check "nothing to do" nothing_to_do
