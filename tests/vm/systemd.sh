#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# uplinkd.service under systemd: it starts, reloads, restarts and stops while traffic goes on; the
# journal has the fields of events; on the system bus everybody may read and only root may change; a
# real systemd-resolved takes the DNS servers; and its sandbox leaves hooks, scripts, probes, checks
# and whatever else it does what they need.
# shellcheck source-path=SCRIPTDIR source=systemd-lab.sh
. "$(dirname "$0")/systemd-lab.sh"

services() {
	cat <<-'END'
		services = ( { name = "www"; listen = [ "tcp/dsl0:80" ]; servers = ( { address = "172.16.0.2:80"; } ); } );
	END
}

# says WHAT: in the journal
says() {
	grep -q -e "$1" "$log"
}

starts() {
	config "" "" < <(services)
	check "start" systemctl start uplinkd
	# The first arrangement is in when systemd says so.
	expect "a connection" "inet dsl0" "$(ask client $inet4 80 | via | head -n 1 | sed 's/dsl1/dsl0/')"
	expect "the service" "web1 $inet4" "$(ask inet "${address4[0]}" 80)"
	expect "the unit" "active running" "$(property ActiveState) $(property SubState)"
	expect "warnings" "" "$(journalctl --unit uplinkd --priority warning --output cat)"
}

reloads() {
	local pid

	pid=$(property MainPID)
	config "weight = 7;" "" < <(services)
	check "reload" systemctl reload uplinkd
	expect "the weight" 7 "$(line 0 weight)"
	config "wait = 7;" "" < <(services)
	if systemctl reload uplinkd 2>"$tmp/reload"; then
		fail "a bad file was reloaded"
	fi
	wait_for 10 says 'uplinkctl.*uplinkd.conf:3: uplinks\[0\].wait'
	expect "the weight" 7 "$(line 0 weight)"
	expect "the unit" "active $pid" "$(property ActiveState) $(property MainPID)"
	config "weight = 7;" "" < <(services)
}

restarts() {
	local pid

	pid=$(property MainPID)
	check "a wish" ctl disable dsl1
	flow long client tcp $inet4 80
	check "restart" systemctl restart uplinkd
	check "another process" test "$(property MainPID)" != "$pid"
	expect "the wish" "disabled" "$(line 1 state)"
	check "nothing to do" nothing_to_do
	check "stop" systemctl stop uplinkd
	expect "the end" "inactive success" "$(property ActiveState) $(property Result)"
	check "what outlives it" test -s /run/uplinkd/lines
	expect "without it, a connection" "inet dsl0" "$(ask client $inet4 80 | via)"
	expect "without it, the service" "web1 $inet4" "$(ask inet "${address4[0]}" 80)"
	check "start" systemctl start uplinkd
	check "enable" ctl enable dsl1
	expect_unbroken long
}

# entry STATE: of the first line, the last one
entry() {
	journalctl --unit uplinkd --output json UPLINKD_EVENT=uplink-state UPLINKD_UPLINK=dsl0 \
		"UPLINKD_STATE=$1" | tail -n 1
}
has_entry() {
	[ -n "$(entry "$1")" ]
}

journal() {
	line_cut 0
	wait_for 20 has_entry down
	expect "the entry" "uplink dsl0: up -> down (no carrier)|5|up|no carrier|uplinkd.service|0d3a19513c0847118398338a40a6e45f" \
		"$(entry down | jq -r '[.MESSAGE, .PRIORITY, .UPLINKD_OLD_STATE, .UPLINKD_REASON, ._SYSTEMD_UNIT, .MESSAGE_ID] | join("|")')"
	line_mend 0
	wait_for 40 line_is 0 up
}

bus() {
	expect_match "introspection" "*org.uplinkd1.Manager*.Reload *method*.Version *property*" \
		"$(busctl introspect org.uplinkd1 /org/uplinkd1)"
	expect_match "for nobody, by the command" "*dsl0*up*" "$(as_nobody uplinkctl status)"
	expect "for nobody, reading" 's "up"' \
		"$(as_nobody busctl get-property org.uplinkd1 /org/uplinkd1/uplink/dsl0 org.uplinkd1.Uplink State)"
	if as_nobody uplinkctl disable dsl0 2>"$tmp/refused"; then
		fail "anybody may disable a line"
	fi
	expect_match "for nobody, changing" "*root*" "$(cat "$tmp/refused")"
	expect "for nobody, the unit" "Call failed: Access denied" \
		"$(as_nobody busctl call org.uplinkd1 /org/uplinkd1 org.uplinkd1.Manager Flush 2>&1)"
	check "for root" busctl call org.uplinkd1 /org/uplinkd1 org.uplinkd1.Manager Reload
}

# --- the sandbox ------------------------------------------------------------------------------

# Everything that is sent, tried, run or rewritten at once: a target or server of every kind.
features() {
	cat >"$conf" <<-END
		gateway = { inside = [ "lan0" ]; };
		uplinks = (
		  { name = "dsl0"; interface = "dsl0"; gateway = [ "${gateway4[0]}", "${gateway6[0]}" ]; quorum = 9; pass = 2;
		    nptv6 = true; mtu = 1480; dns = [ "198.18.0.2" ]; quota = { bytes = "1GB"; };
		    probes = ( $(probe icmp 'targets = [ "198.51.100.11", "2001:db8:f::11" ];'),
		      $(probe arp), $(probe nd), $(probe tcp 'targets = [ "198.51.100.12:443", "[2001:db8:f::12]:443" ];'),
		      $(probe http 'targets = [ "198.51.100.13" ]; match = "^inet ";'), $(probe dns 'targets = [ "198.18.0.2" ]; name = "q.example"; type = "A";'),
		      $(probe script 'targets = [ "198.51.100.14" ]; path = "/etc/uplinkd/ping";') ); },
		  { name = "dsl1"; interface = "dsl1"; gateway = [ "${gateway4[1]}", "${gateway6[1]}" ]; tier = 2; metered = true; }
		);
		services = (
		  $(service tcp 81 'kind = "tcp";'), $(service http 82 'kind = "http";'), $(service icmp 83 'kind = "icmp";'),
		  $(service udp 84 'kind = "udp"; send = "hello\\n"; expect = "web2 172.16.0.1";'),
		  $(service script 85 'kind = "script"; path = "/etc/uplinkd/connect";'),
		  { name = "ipip"; listen = [ "tcp/dsl0:86" ]; method = "tunnel"; servers = ( { address = "172.16.0.2"; } ); },
		  { name = "direct"; listen = [ "tcp/dsl0:87" ]; method = "route"; servers = ( { address = "172.16.0.3"; } ); }
		);
	END
}

# probe KIND REST, service KIND PORT CHECK
probe() {
	echo "{ kind = \"$1\"; interval = \"500ms\"; ${2-} }"
}
service() {
	echo "{ name = \"$1\"; listen = [ \"tcp/dsl0:$2\" ]; servers = ( { address = \"172.16.0.3:8000\"; check = { $3 interval = \"1s\"; }; } ); }"
}

scripts() {
	cat >/etc/uplinkd/ping <<-'END'
		#!/bin/sh
		exec ping -qc 1 -W 5 -I "$UPLINKD_INTERFACE" "$1"
	END
	cat >/etc/uplinkd/connect <<-'END'
		#!/bin/bash
		exec 3<>"/dev/tcp/$1/$2"
	END
	# What uplinkd.8 says of hooks under systemd.
	cat >/etc/uplinkd/hooks.d/10-tries <<-'END'
		#!/bin/sh
		try() {
			"$@" >/dev/null 2>&1 && echo "may $*" || echo "may not $*"
		}
		{
			try touch /run/by-hook
			try touch /var/lib/by-hook
			try touch /tmp/by-hook
			try touch /etc/by-hook
			try touch /usr/by-hook
			try cat /run/of-another
			try ip route show table 201
			try nft list table inet uplinkd
			try uplinkctl status
			try systemctl is-active uplinkd
			try setpriv --reuid 65534 true
			try unshare -m true
		} >/run/tries.$$
		mv /run/tries.$$ /run/tries
	END
	install -m 600 -o 65534 /dev/null /run/of-another
	chmod 755 /etc/uplinkd/ping /etc/uplinkd/connect /etc/uplinkd/hooks.d/10-tries
}

states_are() {
	[ "$(ctl status --json | jq -r '[.services[].servers[0].state] | unique | join(" ")')" = "$1" ]
}

sandbox() {
	# No call that is refused goes unnoticed: it kills whoever makes it.
	drop_in strict <<-'END'
		[Service]
		SystemCallErrorNumber=kill
	END
	n p0 "$helpers/dns.py" serve 198.18.0.2
	scripts
	features
	check "restart" systemctl restart uplinkd
	wait_for 60 line_is 0 up
	wait_for 60 states_are up
	ctl status --json | jq -r '.services[] | "- \(.name): \(.servers[0].state)"'
	check "nothing to do" nothing_to_do
	hold established client $inet4 80
	line_cut 0
	wait_for 20 line_is 1 up
	wait_for 20 reset
	line_mend 0
	wait_for 60 line_is 0 up
	let_go established
	wait_for 60 test -s /run/tries
	expect "what a hook may" "touch /run/by-hook;touch /var/lib/by-hook;touch /tmp/by-hook;ip route show table 201;nft list table inet uplinkd;uplinkctl status;systemctl is-active uplinkd" \
		"$(sed -n 's/^may //p' /run/tries | grep -v '^not ' | paste -sd';')"
	expect "what it may not" "touch /etc/by-hook;touch /usr/by-hook;cat /run/of-another;setpriv --reuid 65534 true;unshare -m true" \
		"$(sed -n 's/^may not //p' /run/tries | paste -sd';')"
	check "services by commands" ctl ipvs -A -t "${address4[0]}:88" -s rr
	check "their servers" ctl ipvs -a -t "${address4[0]}:88" -r 172.16.0.2:80 -m
	expect "a service by commands" "web1 $inet4" "$(ask inet "${address4[0]}" 88)"
	expect "denied" "" "$(grep -i -e 'not permitted' -e 'denied' -e 'bad system call' -e 'signal 31' "$log" || true)"
	expect "killed" "0" "$(property NRestarts)"
}

# The connection that was held by the line that died
reset() {
	[ -n "$(ends established)" ]
}

# --- the resolver -----------------------------------------------------------------------------

# link_is LINE PROPERTY VALUE: of resolved's link of that line
link_is() {
	local path

	path=$(busctl -j call org.freedesktop.resolve1 /org/freedesktop/resolve1 org.freedesktop.resolve1.Manager \
		GetLink i "$(cat "/sys/class/net/dsl$1/ifindex")" | jq -r '.data[0]')
	[ "$(busctl -j get-property org.freedesktop.resolve1 "$path" org.freedesktop.resolve1.Link "$2" | jq -c .data)" = "$3" ]
}

# It has a user of its own, and asks the sender of each call who that is.
resolved() {
	local program files=$unpacked/usr/share/dbus-1/system.d

	program=$(command -v systemd-resolved) || skip_part "systemd-resolved is neither installed nor unpacked"
	getent passwd systemd-resolve >/dev/null || {
		echo systemd-resolve:x:64990:64990::/:/bin/false >>/etc/passwd
		echo systemd-resolve:x:64990: >>/etc/group
	}
	[ ! -d "$files" ] || cp "$files"/org.freedesktop.resolve1.conf /usr/share/dbus-1/system.d/
	systemctl reload dbus
	check "resolved" systemd-run --quiet --unit=systemd-resolved --property=Type=notify "$program"
	wait_for 30 link_is 0 DNS '[[2,[198,18,0,2]]]'
	wait_for 30 link_is 0 DefaultRoute true
	expect "a file" "no" "$([ -e /run/uplinkd/resolv.conf ] && echo yes || echo no)"
	line_cut 0
	wait_for 30 link_is 0 DNS '[]'
	line_mend 0
	wait_for 60 line_is 0 up
	wait_for 30 link_is 0 DNS '[[2,[198,18,0,2]]]'
	echo "- back"
	systemctl stop systemd-resolved
	wait_for 30 test -e /run/uplinkd/resolv.conf
}

install_uplinkd
lab_up 2
part starts starts
part reloads reloads
part restarts restarts
part journal journal
part bus bus
part sandbox sandbox
part resolved resolved
parts_end
