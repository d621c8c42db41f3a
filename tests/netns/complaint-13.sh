#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "A change of one interface applies everything anew, and a slow hook blocks it for minutes." While
# every hook takes longer than the whole scenario, a line's failure is acted on at once; what is
# changed in the kernel names that line alone, and an interface that is none of ours changes nothing.
. "$(dirname "$0")/lab.sh"
lab_up 3

config "" "" "" <<'END'
policies = (
  { name = "first"; from = [ "172.16.0.11" ]; use = [ "dsl1" ]; },
  { name = "second"; from = [ "172.16.0.12" ]; use = [ "dsl2" ]; },
  { name = "rest"; use = [ "dsl0", "dsl1" ]; scheduler = "fo"; }
);
services = ( { name = "www"; listen = [ "tcp/dsl1:80" ]; servers = ( { address = "172.16.0.2:80"; } ); } );
END
mkdir -p "$hooks"
cat >"$hooks/slow" <<END
#!/bin/sh
echo "\$UPLINKD_EVENT \$UPLINKD_UPLINK" >>"$tmp/hooked"
exec sleep 300
END
chmod +x "$hooks/slow"
daemon_start

hold moved client $inet4 80
flow stays client tcp $inet4 443
watch
n gw ip link add other type veth peer name another
n gw ip address add 10.96.0.1/24 dev other
n gw ip link set other up
n gw ip link delete other
wait_for 20 caught_up
# What is recorded so far is whole when a change of our own stands behind it.
recorded() {
	n gw nft "add table ip watcher; add chain ip watcher other; delete table ip watcher"
	grep -q "watcher other" "$tmp/watch.nft"
}
wait_for 20 recorded
expect "what an interface that is none of ours changes, but for its address" "" \
	"$(sed '/watcher other/,$d' "$tmp/watch.nft" | grep -v -e '^# new gen' -e watcher -e 10.96.0.1 || true)"

line_cut 2
wait_for 20 line_is 2 down
watched >"$tmp/changes"
expect "lines that the changes name, but for the ring that all share" dsl2 \
	"$(grep -v -e ' picks ' -e NO-CARRIER "$tmp/changes" | grep -o 'dsl[0-9]' | sort -u | paste -sd' ')"
expect_match "changes of nftables" "?([1-4])[0-9]" "$(grep -cE '^(add|delete|replace|insert) ' "$tmp/changes")"

line_cut 0
wait_for 20 line_is 0 down
wait_for 20 grep -q reset "$tmp/held.moved"
expect "acted on while hooks run" "dsl1:3" "$(ask client -n 3 $inet4 80 | via | tally 2)"
wait_for 20 test -s "$tmp/hooked"
expect_match "the hook runs" "*uplink*" "$(head -n 1 "$tmp/hooked")"
