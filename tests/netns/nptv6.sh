#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# IPv6 sources and lines. A host inside with an address of a line's delegated prefix goes by that
# line unchanged, whatever the others weigh; by another line it is translated: net by net where the
# line has nptv6, each host by itself, else to the line's address. A policy that wants another line
# has its way. When the line is dead its sources are translated, and when it is back they are not.
. "$(dirname "$0")/lab.sh"
lab_up 3

provider_delegates 0 2001:db8:a100::/56
provider_delegates 1 2001:db8:b100::/60
n gw ip address add 2001:db8:a100:1::1/64 dev lan0
n client ip address add 2001:db8:a100:1::10/64 dev eth0 nodad preferred_lft 0
n web1 ip address add 2001:db8:a100:1::2/64 dev eth0 nodad preferred_lft 0
# Each is a destination for one line, and the second policy pins what goes to .12 to the third.
config "nptv6 = true;" "nptv6 = true;" "" <<'END'
policies = (
  { name = "third"; to = [ "2001:db8:f::12" ]; use = [ "dsl2" ]; },
  { name = "second"; to = [ "2001:db8:f::11" ]; use = [ "dsl1" ]; },
  { name = "first"; to = [ "2001:db8:f::10" ]; use = [ "dsl0" ]; },
  { name = "rest"; use = [ "dsl0", "dsl1", "dsl2" ]; }
);
services = ( { name = "www"; listen = [ "tcp/[2001:db8:a100:1::80]:80" ];
               servers = ( { address = "[fd00::2]:80"; } ); } );
END
daemon_start

# as SOURCE DESTINATION: what the Internet sees of a host inside that speaks from SOURCE
as() {
	n client "$helpers/ask.py" --bind "$1" "$2" 80
}

expect "nothing is delegated yet" "inet ${address6[0]}" "$(as 2001:db8:a100:1::10 2001:db8:f::10)"
expect "nor to translate to" "inet ${address6[1]}" "$(as fd00::10 2001:db8:f::11)"
check "delegate" ctl delegate dsl0 2001:db8:a100::/56
check "delegate, by interface" ctl delegate dsl1 2001:db8:b100::/60

for _ in 1 2 3 4 5 6; do
	expect "its own line" "inet 2001:db8:a100:1::10" "$(as 2001:db8:a100:1::10 2001:db8:f::13)"
done
expect "another, translated" "inet 2001:db8:b100:e::10" "$(as 2001:db8:a100:1::10 2001:db8:f::11)"
expect "another, to its address" "inet ${address6[2]}" "$(as 2001:db8:a100:1::10 2001:db8:f::12)"
expect "local addresses, translated" "inet 2001:db8:a100:ff::10" "$(as fd00::10 2001:db8:f::10)"
expect "each by itself" "inet 2001:db8:a100:ff::11" "$(as fd00::11 2001:db8:f::10)"
expect "and by the other line" "inet 2001:db8:b100:f::10" "$(as fd00::10 2001:db8:f::11)"
expect "from outside to a host" "web1 $inet6" "$(ask inet 2001:db8:a100:1::2 80)"
check "nothing to do" nothing_to_do

line_cut 0
wait_for 20 line_is 0 down
expect_match "its line is dead" "inet @(2001:db8:b100:e::10|${address6[2]})" \
	"$(as 2001:db8:a100:1::10 2001:db8:f::13)"
line_mend 0
wait_for 20 line_is 0 up
expect "its line is back" "inet 2001:db8:a100:1::10" "$(as 2001:db8:a100:1::10 2001:db8:f::13)"

# What was delegated outlives the daemon.
daemon_stop
daemon_start
expect "kept" "inet 2001:db8:a100:1::10" "$(as 2001:db8:a100:1::10 2001:db8:f::13)"
check "no more" ctl delegate dsl1
expect "then its address" "inet ${address6[1]}" "$(as fd00::10 2001:db8:f::11)"

# The hooks of DHCPv6 clients; their socket and command are elsewhere here.
mkdir "$tmp/bin"
printf '#!/bin/sh\nexec "%s" --runtime-dir "%s" "$@"\n' "$build/src/ctl/uplinkctl" "$tmp/run" >"$tmp/bin/uplinkctl"
chmod +x "$tmp/bin/uplinkctl"
for hook in dhcpcd odhcp6c; do
	sed "s,/run/uplinkd,$tmp/run,g" "$top/hooks/$hook" >"$tmp/bin/$hook"
done
# by_hook HOOK [VARIABLE=VALUE...] [ARGUMENT...]
by_hook() {
	n gw env PATH="$tmp/bin:$PATH" "${@:2}" sh "$tmp/bin/$1" dsl1 bound
}
delegated() {
	line 1 'delegated | join(" ")'
}
check "dhcpcd" by_hook dhcpcd interface=dsl1 reason=BOUND6 new_dhcp6_ia_pd1_prefix1=2001:db8:b100:: \
	new_dhcp6_ia_pd1_prefix1_length=60 new_dhcp6_ia_pd1_prefix1_vltime=3600 \
	new_dhcp6_ia_pd1_prefix2=2001:db8:b200:: new_dhcp6_ia_pd1_prefix2_length=60 \
	new_dhcp6_ia_pd1_prefix2_vltime=0
expect "dhcpcd says" "2001:db8:b100::/60" "$(delegated)"
check "dhcpcd" by_hook dhcpcd interface=dsl1 reason=EXPIRE6
expect "dhcpcd says" "" "$(delegated)"
check "odhcp6c" by_hook odhcp6c 'PREFIXES=2001:db8:b100::/60,1800,3600 2001:db8:b200::/60,0,0,class=7'
expect "odhcp6c says" "2001:db8:b100::/60" "$(delegated)"
expect "and it is used" "inet 2001:db8:b100:f::10" "$(as fd00::10 2001:db8:f::11)"
check "odhcp6c" by_hook odhcp6c PREFIXES=
expect "then its address" "inet ${address6[1]}" "$(as fd00::10 2001:db8:f::11)"
