#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Under systemd, events are entries of the journal with fields; with the standard error output
# elsewhere they are lines there, whatever the environment says.
. "$(dirname "$0")/lab.sh"
lab_up 2
mkdir "$tmp/journal"
"$helpers/journal.py" "$tmp/journal/socket" >"$tmp/entries" &
wait_for 20 test -S "$tmp/journal/socket"

cat >"$tmp/under-systemd" <<END
#!/bin/sh
mount -t tmpfs run /run
mkdir -p /run/systemd/journal
mount --bind "$tmp/journal" /run/systemd/journal
JOURNAL_STREAM=\${STREAM:-\$(stat -L -c %d:%i /proc/self/fd/2)} exec "\$@"
END
chmod +x "$tmp/under-systemd"
daemon_prefix=(unshare -m "$tmp/under-systemd")

# noted MARK: the journal has taken all that was said until now
noted() {
	python3 -IS -c 'import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"MARK=" + sys.argv[2].encode(), sys.argv[1])' \
		"$tmp/journal/socket" "$1"
	wait_for 20 grep -q "\"MARK\": \"$1\"" "$tmp/entries"
}
entry() {
	jq -c "select(.UPLINKD_EVENT == \"uplink-state\" and .UPLINKD_UPLINK == \"dsl$1\" and .UPLINKD_STATE == \"$2\")" \
		"$tmp/entries" | tail -n 1
}
came() {
	[ -n "$(entry "$1" "$2")" ]
}
field() {
	jq -r ".$1 // empty"
}

config "" "" <<'END'
services = ( { name = "www"; listen = [ "tcp/dsl0:80" ]; servers = ( { address = "172.16.0.2:80"; } ); } );
END
daemon_start
wait_for 20 came 0 up
line_cut 0
wait_for 20 came 0 down
down=$(entry 0 down)
expect "the message" "uplink dsl0: up -> down (no carrier)" "$(field MESSAGE <<<"$down")"
expect "its priority" 5 "$(field PRIORITY <<<"$down")"
expect "what was before, and why not now" "up, no carrier" \
	"$(field UPLINKD_OLD_STATE <<<"$down"), $(field UPLINKD_REASON <<<"$down")"
check "its MESSAGE_ID is the one in the manual" \
	grep -q -A 1 -F '.It Li uplink-state' <(grep -B 1 -F "$(field MESSAGE_ID <<<"$down")" "$top/man/uplinkd.8")
check "drain" ctl drain www 172.16.0.2:80
wait_for 20 grep -q '"UPLINKD_EVENT": "server-state"' "$tmp/entries"
expect "a server" "www 172.16.0.2:80 drained" "$(jq -r 'select(.UPLINKD_EVENT == "server-state") |
	[.UPLINKD_SERVICE, .UPLINKD_SERVER, .UPLINKD_STATE] | join(" ")' "$tmp/entries" | tail -n 1)"
expect "none of it is said twice" 0 "$(grep -c dsl0 "$log" || true)"
expect "the rest has its priority in front" 1 "$(grep -c '^<6>uplinkd .* runs' "$log" || true)"

check "stop" daemon_stop
line_mend 0
noted begin
export STREAM=1:2
daemon_start
wait_for 20 line_is 0 up
noted end
expect "elsewhere" "" "$(sed -e '1,/"MARK": "begin"/d' -e '/"MARK": "end"/,$d' "$tmp/entries")"
expect_match "as lines" "*uplink dsl0: start -> up*" "$(grep 'dsl0: start' "$log" | tail -n 1)"
