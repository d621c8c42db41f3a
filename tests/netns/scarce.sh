#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What others can take away: somebody changes a packet filter of his own faster than ours can be read,
# and a line that dies is noticed all the same; there is no file descriptor left for a while, and the
# command works again after that though nobody has hung up.
. "$(dirname "$0")/lab.sh"
lab_up 2

{
	echo 'policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; scheduler = "fo"; } ); services = ('
	for i in {2000..2999}; do
		echo "{ name = \"s$i\"; listen = [ \"tcp/dsl0:$i\" ]; servers = ( { address = \"172.16.0.2:80\"; } ); },"
	done
	echo '{ name = "last"; listen = [ "tcp/dsl1:80" ]; servers = ( { address = "172.16.0.2:80"; } ); } );'
} | config "" ""
daemon_start
check "nothing to do" nothing_to_do

echo "--- a stranger who never rests"
n gw nft 'add table ip other; add set ip other s { type ipv4_addr; }'
nsenter --net="/run/netns/$lab-gw" nft -i >/dev/null 2>&1 \
	< <(while printf '%s element ip other s { 10.0.0.1 }\n' add delete 2>/dev/null; do :; done) &
stranger=$!
# A plan asks for everything to be read; it may be that there is a pause just then.
unreadable() {
	! ctl plan && grep -q "cannot read the kernel's packet filter" "$log"
}
wait_for 60 unreadable
echo "- the packet filter cannot be read"
line_cut 0
wait_for 20 line_is 0 down
expect "new connections" "dsl1:4" "$(ask client -n 4 $inet4 80 | via | tally 2)"
stop $stranger || true
line_mend 0
wait_for 20 line_is 0 up
wait_for 20 nothing_to_do
expect "after him, new connections" "dsl0:4" "$(ask client -n 4 $inet4 80 | via | tally 2)"
check "a reload" ctl reload

echo "--- no descriptors"
answers() {
	n gw timeout 2 "$build/src/ctl/uplinkctl" --runtime-dir "$tmp/run" status
}
# Those before the first that is free; some may be given back just then.
take_descriptors() {
	local used=0

	while [ -e "/proc/$daemon/fd/$used" ]; do
		used=$((used + 1))
	done
	prlimit --pid "$daemon" --nofile="$used:"
	not answers
}
wait_for 60 take_descriptors
echo "- no answer"
wait_for 20 grep -q "cannot accept on" "$log"
prlimit --pid "$daemon" --nofile=1024:
wait_for 20 answers
echo "- an answer again"
