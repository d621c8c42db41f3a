# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # lab.sh has the variables
#
# A system bus of the lab's own, to be sourced after lab.sh. Skips where there is no dbus-daemon.

command -v dbus-daemon >/dev/null || skip "dbus-daemon is not installed"

# bus_conf RULES [MORE]: writes $tmp/bus.conf. RULES say who may own names and call methods, MORE
# stands behind the policy.
bus_conf() {
	cat >"$tmp/bus.conf" <<-END
		<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
		 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
		<busconfig>
		  <type>system</type>
		  <listen>unix:path=$tmp/bus</listen>
		  <auth>EXTERNAL</auth>
		  <policy context="default">
		    <allow user="*"/>
		    <allow send_type="signal"/>
		    <allow send_requested_reply="true" send_type="method_return"/>
		    <allow send_requested_reply="true" send_type="error"/>
		    <allow receive_type="method_call"/>
		    <allow receive_type="method_return"/>
		    <allow receive_type="error"/>
		    <allow receive_type="signal"/>
		    $1
		  </policy>
		  ${2-}
		</busconfig>
	END
}

# Everybody may have any name and call everything.
# shellcheck disable=SC2034 # for those who source this
readonly bus_open='<allow own="*"/> <allow send_type="method_call"/>'

# bus_start: the bus is $bus, and used from then on
bus_start() {
	dbus-daemon --config-file="$tmp/bus.conf" --nofork --nopidfile 2>>"$tmp/bus.log" &
	# shellcheck disable=SC2034 # for those who source this
	bus=$!
	bus_use
}

bus_use() {
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$tmp/bus
	wait_for 20 bus_listens
}

# The socket is there a moment before one can connect to it.
bus_listens() {
	/usr/bin/python3 -ISc 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$tmp/bus"
}
