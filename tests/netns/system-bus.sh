#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# On the system bus (a real dbus-daemon with the shipped policy): everybody may read, only root may
# change, changes of a line are signalled, and the daemon outlives the bus.
. "$(dirname "$0")/lab.sh"
# shellcheck source-path=SCRIPTDIR/../helpers source=bus.sh
. "$helpers/bus.sh"

bus_conf '<deny own="*"/> <deny send_type="method_call"/>
	<allow send_destination="org.freedesktop.DBus"/>' "<include>$top/units/org.uplinkd1.conf</include>"
bus_start
lab_up 2
config "" "" <<<'services = ( { name = "www"; listen = [ "tcp/dsl0:80" ]; servers = ( { address = "172.16.0.2:80"; } ); } );'
daemon_start

as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
call() {
	busctl --system call org.uplinkd1 "$@"
}
property() {
	busctl --system get-property org.uplinkd1 "$@"
}

wait_for 20 busctl --system status org.uplinkd1
expect 'version' 's "'"$("$build/src/uplinkd" --version | awk '{ print $NF }')"'"' \
	"$(property /org/uplinkd1 org.uplinkd1.Manager Version)"
expect "the state of a line, for anybody" 's "up"' \
	"$(as_nobody busctl --system get-property org.uplinkd1 /org/uplinkd1/uplink/dsl0 org.uplinkd1.Uplink State)"
expect_match "all objects, for anybody" "*/org/uplinkd1/service/www*" \
	"$(as_nobody busctl --system call org.uplinkd1 /org/uplinkd1 org.freedesktop.DBus.ObjectManager GetManagedObjects)"
for method in Reload Flush; do
	expect "$method, for nobody" "Call failed: Access denied" \
		"$(as_nobody busctl --system call org.uplinkd1 /org/uplinkd1 org.uplinkd1.Manager $method 2>&1)"
done
expect "disable, for nobody" "Call failed: Access denied" \
	"$(as_nobody busctl --system call org.uplinkd1 /org/uplinkd1/uplink/dsl0 org.uplinkd1.Uplink Disable 2>&1)"
expect "nothing came of it" "up" "$(line 0 state)"
check "reload, for root" call /org/uplinkd1 org.uplinkd1.Manager Reload

busctl --system monitor org.uplinkd1 --json=short >"$tmp/signals" 2>"$tmp/monitor" &
wait_for 20 grep -q -i monitoring "$tmp/monitor" "$tmp/signals"
line_cut 0
wait_for 20 grep -q 'PropertiesChanged.*down' "$tmp/signals"
echo "- the change is signalled"
answers() {
	grep -c '"type":"method_return"' "$tmp/signals"
}
answered_more() {
	[ "$(answers)" -gt "$1" ]
}
# announcements: all that uplinkd has signalled until now, which comes before its next answer
announcements() {
	local before

	wait_for 20 nothing_to_do
	before=$(answers || true)
	property /org/uplinkd1 org.uplinkd1.Manager Version >/dev/null
	wait_for 20 answered_more "$before"
	grep -c PropertiesChanged "$tmp/signals"
}
announced=$(announcements)
check "prefixes of dsl1" ctl delegate dsl1 2001:db8:b100::/56
wait_for 20 grep -q 'PropertiesChanged.*2001:db8:b100' "$tmp/signals"
echo "- a delegated prefix is signalled"
expect "what has not changed is not" 1 "$(($(announcements) - announced))"
check "disable, for root" call /org/uplinkd1/uplink/dsl1 org.uplinkd1.Uplink Disable
expect "the command sees it" disabled "$(line 1 state)"
check "enable, for root" call /org/uplinkd1/uplink/dsl1 org.uplinkd1.Uplink Enable

kill "$bus"
wait "$bus" 2>/dev/null || true
line_mend 0
wait_for 20 line_is 0 up
echo "- the daemon outlives the bus"
rm -f "$tmp/bus"
bus_start
wait_for 30 busctl --system status org.uplinkd1
expect "and is on the next one" 's "up"' "$(property /org/uplinkd1/uplink/dsl0 org.uplinkd1.Uplink State)"
