#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A PPPoE line that is dialled by a unit of systemd's, as `reconnect` has it: the provider ends the
# session and it is dialled again; the server is gone, so the unit's job fails, which is said, with
# longer waits; and a command that has systemd start pppd outside of the sandbox.
# shellcheck disable=SC2034 # for systemd-lab.sh
lab_of=pppoe-lab.sh
# shellcheck source-path=SCRIPTDIR source=systemd-lab.sh
. "$(dirname "$0")/systemd-lab.sh"

# The unit of uplinkd-pppd.8, and what it calls. systemd says "started" when the session is up.
peer_files() {
	mkdir -p /etc/ppp/peers
	cat >/etc/ppp/peers/dsl0 <<-'END'
		plugin pppoe.so nic-wan0
		plugin uplinkd.so
		user user0
		unit 0
		noauth
		noipdefault
		usepeerdns
		mtu 1492
		mru 1492
		lcp-echo-interval 1
		lcp-echo-failure 3
		pppoe-padi-timeout 1
		pppoe-padi-attempts 1
	END
	cat >/etc/systemd/system/pppd@.service <<-'END'
		[Unit]
		Description=Internet line %i
		[Service]
		Type=notify
		ExecStart=/usr/sbin/pppd call %i up_sdnotify linkname %i
		StandardOutput=null
	END
	systemctl daemon-reload
}

# line_file RECONNECT
line_file() {
	cat >"$conf" <<-END
		gateway = { inside = [ "lan0" ]; resolver = "file"; };
		uplinks = ( { name = "dsl0"; interface = "ppp0"; failback = "at-once"; reconnect = { $1 after = "1s"; }; } );
	END
}

unit_is() {
	[ "$(systemctl show --property ActiveState --value "$1")" = "$2" ]
}
# told TEXT: of events, how often
told() {
	ctl events | grep -c -e "$1" || true
}
was_told() {
	[ "$(told "$1")" -ge "${2-1}" ]
}

fail() {
	echo "FAILED: $*"
	ctl events | tail -n 30
	systemctl status --no-pager --lines 20 pppd@dsl0 || true
	exit 1
}

terminate() {
	local pid

	for pid in $(sessions 0); do
		kill -TERM "$pid"
	done
}

by_unit() {
	line_file 'unit = "pppd@dsl0.service";'
	check "start" systemctl start uplinkd
	wait_for 120 line_is 0 up
	check "it was dialled" was_told "dialled again by pppd@dsl0.service"
	expect "a connection" "inet" "$(ask client $inet4 80 | cut -d' ' -f1)"
}

again() {
	local before

	before=$(session 0)
	terminate
	wait_for 120 another "$before"
	wait_for 120 line_is 0 up
	check "why it ended" was_told "ip-down (peer terminated"
	expect "a connection" "inet" "$(ask client $inet4 80 | cut -d' ' -f1)"
}

# another SESSION: in its place
another() {
	local now

	now=$(session 0)
	[ -n "$now" ] && [ "$now" != "$1" ]
}

in_vain() {
	local pids

	pids=$(sessions 0)
	# shellcheck disable=SC2086 # several
	kill -KILL "${servers[0]}" $pids
	wait_for 60 was_told "the unit is not restarted: it failed to start"
	wait_for 120 waited 2
	check "told of once" test "$(told "the unit is not restarted")" = 1
	# The journal's clock reads when a message comes to be written there, not when it was sent.
	expect "waits as long as they should be" yes \
		"$(waits | awk '$1 < 2 ^ NR - 0.5 { bad = 1 } END { print bad ? "no" : "yes" }')"
	server_start 0
	wait_for 120 line_is 0 up
}

# The seconds between each failure of the unit and its next start, by systemd's own messages
readonly failed_id=be02cf6855d2428ba40df7e9d022f03d starting_id=7d4958e842da4a758f6c1cdc7b36dcc5
waits() {
	journalctl --unit pppd@dsl0 --output json MESSAGE_ID=$failed_id MESSAGE_ID=$starting_id |
		jq -r '"\(.MESSAGE_ID) \(.__MONOTONIC_TIMESTAMP | tonumber / 1e6)"' |
		awk -v failed=$failed_id '$1 == failed { at = $2; next } at { print $2 - at; at = 0 }'
}
waited() {
	[ "$(waits | wc -l)" -ge "$1" ]
}

by_command() {
	check "disable" ctl disable dsl0 # or it is dialled at once, which cancels the job that stops it
	systemctl stop pppd@dsl0
	line_file 'command = [ "/usr/bin/systemd-run", "--unit=line0", "--collect", "--property=Type=notify",
		"/usr/sbin/pppd", "call", "dsl0", "up_sdnotify" ];'
	check "reload" systemctl reload uplinkd
	check "enable" ctl enable dsl0
	wait_for 120 line_is 0 up
	expect "a connection" "inet" "$(ask client $inet4 80 | cut -d' ' -f1)"
}

lab_inet
namespace gw
provider_files
gateway_files
provider_up 0
lab_lan
install_uplinkd
peer_files
part by-unit by_unit
part again again
part in-vain in_vain
part by-command by_command
parts_end
