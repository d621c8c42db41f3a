#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that are told of events: what they get, in which order, and that one that is slow, fails,
# never ends or belongs to somebody else is nobody else's trouble.
. "$(dirname "$0")/lab.sh"
lab_up 2
daemon_options=(--hook-limit 2s)

hook 10-record <<END
echo "\$UPLINKD_EVENT \$UPLINKD_NAME \$UPLINKD_OLD_STATE>\$UPLINKD_STATE" >>"$tmp/told"
case \$UPLINKD_EVENT in
uplink-*)
	env | grep ^UPLINKD_ | sort >"$tmp/new.\$UPLINKD_UPLINK"
	mv "$tmp/new.\$UPLINKD_UPLINK" "$tmp/last.\$UPLINKD_UPLINK"
	;;
esac
END
hook 20-second <<<"echo second \$UPLINKD_NAME \$UPLINKD_EVENT >>'$tmp/told'"

told() {
	grep -qxF "$1" "$tmp/told"
}
forget() {
	: >"$tmp/told"
}
variable() {
	sed -n "s/^UPLINKD_$2=//p" "$tmp/last.dsl$1"
}
children() {
	pgrep -c -P "$daemon" || true
}
no_children() {
	[ "$(children)" = 0 ]
}
# With other options, and nothing of what was before: no outage, no penalty, nothing told.
restart() {
	daemon_stop
	rm -f "$tmp/run/trust"
	forget
	daemon_options=("$@")
	daemon_start
}

config "" "" <<'END'
services = ( { name = "www"; listen = [ "tcp/dsl0:80" ];
               servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.3:8000"; } ); } );
END
daemon_start
wait_for 20 told "uplink-state dsl0 start>up"
wait_for 20 told "uplink-state dsl1 start>up"
wait_for 20 told "second dsl1 uplink-state"
wait_for 20 no_children
expect "one after the other, for each line" "uplink-state second" \
	"$(grep dsl1 "$tmp/told" | cut -d' ' -f1 | xargs)"

echo "--- what they get"
line_cut 0
wait_for 20 told "uplink-state dsl0 up>down"
wait_for 20 grep -qx UPLINKD_STATE=down "$tmp/last.dsl0"
expect "the line" "uplink dsl0 dsl0 down no carrier" \
	"$(variable 0 KIND) $(variable 0 UPLINK) $(variable 0 INTERFACE) $(variable 0 STATE) $(variable 0 REASON)"
expect "its table and mark" "$(line 0 table) 0x$(printf %x "$(line 0 mark)")" \
	"$(variable 0 TABLE) $(variable 0 MARK)"
line_mend 0
wait_for 20 grep -qx UPLINKD_STATE=up "$tmp/last.dsl0"
expect "its addresses" "203.0.113.5 2001:db8:a::5 203.0.113.1 2001:db8:a::1" \
	"$(variable 0 ADDRESS) $(variable 0 ADDRESS6) $(variable 0 GATEWAY) $(variable 0 GATEWAY6)"
line_address 1 192.0.2.6/25
n gw ip address delete 192.0.2.5/24 dev dsl1
wait_for 20 grep -q EVENT=uplink-address "$tmp/last.dsl1"
expect "another address" "192.0.2.6 192.0.2.5" "$(variable 1 ADDRESS) $(variable 1 OLD_ADDRESS)"
check "drain" ctl drain www 172.16.0.3:8000
wait_for 20 told "server-state www up>drained"
check "reload" ctl reload
wait_for 20 told "reloaded uplinkd >"
expect "events say the same" "down up" \
	"$(ctl events --json | jq -r 'select(.event == "uplink-state" and .uplink == "dsl0" and .state == "up") | .old_state' | tail -n 1) $(ctl events --json | jq -r 'select(.event == "uplink-state" and .uplink == "dsl0") | .state' | tail -n 1)"

echo "--- failing"
hook 15-fail <<<"echo 'what a pity'; exit 3"
ln -s /nonexistent "$hooks/16-nowhere"
hook 17-unable <<<"true"
sed -i 's|/bin/sh|/nonexistent/sh|' "$hooks/17-unable"
forget
line_cut 0
wait_for 20 told "second dsl0 uplink-state"
expect "its words and its end are in the log" 3 \
	"$(grep -c -e 'hook 15-fail (uplink dsl0): what a pity' -e 'hook 15-fail (uplink dsl0): exit status 3' \
		-e 'hook 17-unable: cannot be started' "$log")"
line_mend 0
wait_for 20 line_is 0 up
wait_for 20 no_children
rm "$hooks"/1[567]-*

echo "--- slow"
# All that dsl0 has to tell waits until the gate is there: its state, and its penalty.
hook 15-slow <<END
[ \$UPLINKD_NAME = dsl0 ] || exit 0
echo waits >>"$tmp/told"
until [ -e "$tmp/gate" ]; do sleep 0.05; done
END
restart --hook-limit 1h
wait_for 20 told waits
wait_for 20 told "second dsl1 uplink-state"
forget
line_cut 1
wait_for 20 told "uplink-state dsl1 up>down"
wait_for 20 told "second dsl1 uplink-state"
expect "it is in nobody's way" "dsl0:4" "$(ask client -n 4 $inet4 80 | via | tally 2)"
for i in 1 2 3; do
	line_cut 0
	wait_for 20 line_is 0 down
	line_mend 0
	wait_for 20 line_is 0 up
done
line_cut 0
wait_for 20 line_is 0 down
line_mend 1
wait_for 20 told "uplink-state dsl1 down>up"
expect "its own line waits" 0 "$(grep -c "state dsl0" "$tmp/told" || true)"
touch "$tmp/gate"
wait_for 20 told "uplink-state dsl0 up>down"
wait_for 20 told "uplink-penalty dsl0 >down"
expect "and the last state wins" "uplink-state dsl0 up>down" "$(grep "state dsl0" "$tmp/told")"

echo "--- endless"
hook 15-slow <<<"sleep 1000 & echo \$\$ \$! >'$tmp/pids'; sleep 1000"
restart --hook-limit 2s
wait_for 20 told "second dsl0 uplink-state"
wait_for 20 told "second dsl1 uplink-state"
expect_match "it is killed" "*hook 15-slow (uplink dsl*): takes too long, killed" "$(grep 'uplink.*takes too long' "$log" | tail -n 1)"
gone() {
	local pid

	for pid in $(xargs <"$tmp/pids"); do
		[[ $(ps -o stat= -p "$pid") == Z* ]] || not kill -0 "$pid" || return 1
	done
}
wait_for 20 gone
echo "- and what it has started"
rm "$hooks/15-slow"

echo "--- not to be trusted"
hook 15-open <<<"echo open >>'$tmp/told'"
chmod o+w "$hooks/15-open"
hook 16-theirs <<<"echo theirs >>'$tmp/told'"
chown 65534 "$hooks/16-theirs"
hook 18-off <<<"echo off >>'$tmp/told'"
chmod -x "$hooks/18-off"
hook 19-old~ <<<"echo old >>'$tmp/told'"
restart --hook-limit 2s
wait_for 20 told "second dsl0 uplink-state"
wait_for 20 told "second dsl1 uplink-state"
forget
line_mend 0
wait_for 20 told "second dsl0 uplink-state"
expect "none of these is run" 0 "$(grep -c -e open -e theirs -e off -e old "$tmp/told" || true)"
forget
line_cut 0
wait_for 20 told "second dsl0 uplink-state"
expect "which is said once" 2 "$(grep -c -e '15-open: others than root can write it, refused' \
	-e '16-theirs: others than root can write it, refused' "$log")"
forget
line_mend 0
wait_for 20 told "second dsl0 uplink-state"
chmod 777 "$hooks"
forget
line_cut 0
wait_for 20 grep -q "hooks in $hooks: others than root can write it, refused" "$log"
expect "nor any in such a directory" "" "$(cat "$tmp/told")"
line_mend 0
wait_for 20 line_is 0 up
check "a reload" ctl reload
expect "which is said once, too" 1 "$(grep -c "hooks in $hooks: others than root can write it, refused" "$log")"
