#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "Three or more lines break the weights." With three, and with five, of which some share a
# provider's net: the weights are kept exactly, whoever goes and comes, and in policies too.
. "$(dirname "$0")/lab.sh"
lab_up 3
# Two lines more, at the first two providers.
gateway4+=(203.0.113.1 192.0.2.1)
address4+=(203.0.113.8 192.0.2.8)
gateway6+=(2001:db8:a::1 2001:db8:b::1)
address6+=(2001:db8:a::8 2001:db8:b::8)
for i in 3 4; do
	p=p$((i - 3))
	ip link add "dsl$i" netns "$lab-gw" type veth peer name second netns "$lab-$p"
	n "$p" ip link set second master line up
	n gw ip link set "dsl$i" up
	provider_gives $((i - 3)) "${address4[i]}"
	provider_gives $((i - 3)) "${address6[i]}"
	n gw ip address add "${address4[i]}/24" dev "dsl$i"
	n gw ip address add "${address6[i]}/64" dev "dsl$i"
done

# shares WHAT WANTED N: of N connections of either family
shares() {
	expect "$1" "$2" "$(ask client -n "$3" $inet4 80 | via | tally 2)"
	expect "$1, IPv6" "$2" "$(ask client -n "$3" $inet6 80 | via | tally 2)"
}

config "weight = 5;" "weight = 3;" "weight = 1;" </dev/null
daemon_start
shares "5 : 3 : 1" "dsl0:10 dsl1:6 dsl2:2" 18

config "weight = 1;" "weight = 2;" "weight = 3;" "weight = 4;" "weight = 5;" <<'END'
policies = ( { name = "three"; from = [ "172.16.0.12" ]; use = [ "dsl4", "dsl2", "dsl0" ]; },
             { name = "rest"; use = [ "dsl0", "dsl1", "dsl2", "dsl3", "dsl4" ]; } );
END
check "reload" ctl reload
for i in 3 4; do
	wait_for 20 line_is $i up
done
shares "1 : 2 : 3 : 4 : 5" "dsl0:2 dsl1:4 dsl2:6 dsl3:8 dsl4:10" 30
expect "some of them, by a policy" "dsl0:2 dsl2:6 dsl4:10" \
	"$(ask client -n 18 --bind 172.16.0.12 $inet4 80 | via | tally 2)"
expect "UDP" "dsl0:1 dsl1:2 dsl2:3 dsl3:4 dsl4:5" "$(ask client -u -n 15 $inet4 53 | via | tally 2)"
expect "the box itself" "dsl0:1 dsl1:2 dsl2:3 dsl3:4 dsl4:5" "$(ask gw -n 15 $inet4 80 | via | tally 2)"

line_cut 1
wait_for 20 line_is 1 down
shares "without the second" "dsl0:2 dsl2:6 dsl3:8 dsl4:10" 26
check "disable" ctl disable dsl3
shares "nor the fourth" "dsl0:2 dsl2:6 dsl4:10" 18
check "enable" ctl enable dsl3
line_mend 1
wait_for 20 line_is 1 up
shares "all again" "dsl0:2 dsl1:4 dsl2:6 dsl3:8 dsl4:10" 30
for i in 0 1 2 3; do
	check "disable" ctl disable "dsl$i"
done
shares "one left" "dsl4:5" 5
