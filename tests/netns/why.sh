#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Why a line is not used, in one look: `uplinkctl status` says it in the line's own row, whatever the
# reason is.
. "$(dirname "$0")/lab.sh"
lab_up 3

# says LINE TEXT: its row of the table has that
says() {
	ctl status | grep "^dsl$1 " | grep -qF -e "$2"
}

echo_of() {
	printf 'probes = ( { kind = "icmp"; targets = [ "198.51.100.1%s" ]; interval = "200ms"; timeout = "200ms"; } );' "$1"
}

write() {
	config "probes = ( { kind = \"icmp\"; targets = [ \"198.51.100.10\", \"198.51.100.99\" ]; } ); ${1:-}" \
		"failback = \"manual\"; $(echo_of 1) ${2:-}" "tier = 2; $(echo_of 2) ${3:-}" <<<''
}

write
daemon_start
wait_for 20 says 0 "IPv4 and IPv6; no good answer from 198.51.100.99"
wait_for 10 says 2 "; stands by for tier 1"
check "that of tier 1 does not" not says 1 "stands by"

line_cut 1
wait_for 10 says 1 "no carrier"
check "carrier" says 1 "down "
line_mend 1
# shellcheck disable=SC2016 # the quotes are part of it
wait_for 20 says 1 '; held back until `uplinkctl failback dsl1`'
check "failback" ctl failback dsl1
line_silence 1
wait_for 10 says 1 "down "
check "silence" says 1 "no answer from 198.51.100.11"
line_silence 0
wait_for 10 says 0 "down "
wait_for 10 not says 2 "stands by"
line_silence 2
wait_for 20 says 2 "; used for want of a better"
line_speak 0
line_speak 1
line_speak 2
for line in 0 1 2; do
	wait_for 60 line_is $line up
done

check "disable" ctl disable dsl1
check "the operator" says 1 "disabled by the operator"
check "enable" ctl enable dsl1
n gw nft -f - <<-NFT
	table inet firewall {
		chain out {
			type filter hook output priority 0
			oifname "dsl2" icmp type echo-request reject
		}
	}
NFT
wait_for 10 says 2 "probes cannot be sent: operation not permitted"
n gw nft delete table inet firewall

day=$(date -d '3 days' +%a)
write 'quota = { bytes = "1kB"; };' "schedule = [ \"${day,,}\" ];" ''
check "reload" ctl reload
wait_for 10 says 1 "; outside its schedule"
n client ping -q -c 3 $inet4 >/dev/null
wait_for 90 says 0 "; quota used up"
wait_for 10 says 2 "up "
check "what is spared is not waited for" not says 2 "stands by"
n gw ip address flush dev dsl0
wait_for 10 says 0 "no address"
n gw ip link delete dsl0
wait_for 10 says 0 "absent "

# All about one line: its probes below it, and the policies that would give it something now.
# A machine that stood still has an answer missing for a moment.
sheet_is_well() {
	ctl uplinks dsl2 >"$tmp/sheet"
	grep -Eq '^STATE +up$' "$tmp/sheet" && grep -Eq '^198\.51\.100\.12 +icmp +good ' "$tmp/sheet"
}
wait_for 20 sheet_is_well
echo "- its state, and its probe"
check "both gateways" grep -A 1 "^GATEWAYS  *${gateway4[2]}\$" "$tmp/sheet"
