#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A line gets another delegated prefix: what spoke from the old one, as it is or translated, ends at
# once and is told so, also a client that says nothing; new connections have the new prefix; hosts
# that made themselves addresses of the old one stop to use them; the other line's connections live
# on.
. "$(dirname "$0")/lab.sh"
lab_up 2

provider_delegates 0 2001:db8:a100::/56
provider_delegates 1 2001:db8:b100::/56
config "nptv6 = true;" "nptv6 = true;" <<'END'
policies = (
  { name = "second"; to = [ "2001:db8:f::11" ]; use = [ "dsl1" ]; },
  { name = "rest"; use = [ "dsl0" ]; }
);
END
daemon_start
n gw ip address add 2001:db8:a100:1::1/64 dev lan0
n client ip address add 2001:db8:a100:1::10/64 dev eth0 nodad preferred_lft 0
check "delegate" ctl delegate dsl0 2001:db8:a100::/56
check "delegate" ctl delegate dsl1 2001:db8:b100::/56

# A host that makes itself addresses of what is advertised; the client has those that it was given.
n client tee /proc/sys/net/ipv6/conf/eth0/accept_ra <<<0 >/dev/null
lab_host auto 30
n auto ip -6 address flush dev eth0 scope global
n auto ip -6 route delete default
n auto tee /proc/sys/net/ipv6/conf/eth0/accept_ra <<<1 >/dev/null
preferred() {
	n auto ip -6 -o address show dev eth0 scope global -deprecated -tentative | grep "$1"
}
# hears PREFIX: once its port of the switch is open
hears() {
	n gw "$helpers/advertise.py" lan0 1800 "$1" 1800
	preferred "${1%:}"
}
wait_for 20 hears 2001:db8:a100:1::

hold own client --bind 2001:db8:a100:1::10 2001:db8:f::10 80
hold translated client --bind fd00::10 2001:db8:f::10 80
hold other client --bind fd00::10 2001:db8:f::11 80
expect "its own" "inet 2001:db8:a100:1::10" "$(held own)"
expect "translated" "inet 2001:db8:a100:ff::10" "$(held translated)"
expect "by the other line" "inet 2001:db8:b100:ff::10" "$(held other)"
flow talk client udp 2001:db8:f::10 5060
expect_match "a conversation" "*sees 2001:db8:a100:ff::10" "$(flow_log talk)"

provider_delegates 0 2001:db8:a200::/56
n gw ip address add 2001:db8:a200:1::1/64 dev lan0
check "another prefix" ctl delegate dsl0 2001:db8:a200::/56
expect "events" "2001:db8:a100::/56 2001:db8:a200::/56" "$(ctl events --json |
	jq -r 'select(.event == "uplink-prefix" and .uplink == "dsl0").prefixes' | xargs)"
ended() {
	[ "$(ends "$1")" = "inet: connection reset by peer" ]
}
wait_for 20 ended own
wait_for 20 ended translated
echo "- connections are told"
n gw ip address delete 2001:db8:a100:1::1/64 dev lan0
expect "the other line's live on" "" "$(ends other)"
wait_for 20 flow_said talk "sees 2001:db8:a200:ff::10"
echo "- the conversation goes on"
n client ip address add 2001:db8:a200:1::10/64 dev eth0 nodad preferred_lft 0
expect "new connections" "inet 2001:db8:a200:1::10" \
	"$(ask client --bind 2001:db8:a200:1::10 2001:db8:f::10 80)"
expect "translated ones" "inet 2001:db8:a200:ff::11" "$(ask client --bind fd00::11 2001:db8:f::10 80)"
wait_for 20 not preferred 2001:db8:a100:1:
echo "- hosts hear of it"
let_go other

# The prefix becomes smaller, and the net that stands for another is no part of it any more.
hold small client --bind fd00::12 2001:db8:f::10 80
expect "translated" "inet 2001:db8:a200:ff::12" "$(held small)"
check "a smaller prefix" ctl delegate dsl0 2001:db8:a200::/60
wait_for 20 ended small
wait_for 20 flow_said talk "sees 2001:db8:a200:f::10"
echo "- what spoke from the rest goes on from what is left"
expect "its own still does" "inet 2001:db8:a200:1::10" \
	"$(ask client --bind 2001:db8:a200:1::10 2001:db8:f::10 80)"
