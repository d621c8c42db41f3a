#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The runner of these tests itself: what boot promises in its --help.
# shellcheck disable=SC2317 # the parts are called by their names

set -euo pipefail
here=$(dirname "$(realpath "$0")")
tmp=$(mktemp -d "${TMPDIR:-/tmp}/uplinkd-runner.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
status=0

# boot WANTED-STATUS [OPTION...] COMMAND...: output goes to $tmp/out and $tmp/err
boot() {
	local got=0

	"$here/boot" "${@:2}" >"$tmp/out" 2>"$tmp/err" || got=$?
	if [ "$got" = 77 ] && [ "$1" != 77 ]; then
		tail -n 1 "$tmp/out"
		exit 77
	fi
	[ "$got" = "$1" ] || complain "exit status $got instead of $1: $(tail -n 5 "$tmp/err")"
}

complain() {
	echo "$*"
	return 1
}

# output OUT ERR: what there must be
output() {
	[ "$(cat "$tmp/out")" = "$1" ] || complain "standard output: $(cat "$tmp/out")"
	[ "$(cat "$tmp/err")" = "$2" ] || complain "standard error: $(cat "$tmp/err")"
}

success() {
	boot 0 true
	output "" ""
}

failure() {
	boot 3 bash -c 'echo out; echo err >&2; exit 3'
	output out err
}

# Arguments keep their blanks and quotes, the directory is the same, and the kernel another.
surroundings() {
	cd "$tmp"
	# shellcheck disable=SC2016 # for that shell to expand
	boot 0 sh -c 'echo "$1"; pwd; id -u; [ "$(uname -r)" != "$2" ]' sh "a  'b'" "$(uname -r)"
	output "a  'b'"$'\n'"$tmp"$'\n'0 ""
}

# A megabyte, to the last byte
much() {
	boot 0 head -c 1000000 /dev/zero
	[ "$(wc -c <"$tmp/out")" = 1000000 ] || complain "$(wc -c <"$tmp/out") bytes of 1000000"
}

files() {
	mkdir -p "$tmp/shared"
	boot 0 --write "$tmp/shared" sh -c "echo 1 >$tmp/shared/file; echo 2 >$tmp/file"
	[ "$(cat "$tmp/shared/file")" = 1 ] || complain "--write did not write"
	[ ! -e "$tmp/file" ] || complain "the files of the machine were changed"
}

loads_modules() {
	boot 0 --modules "ip_vs ip_vs_mh" grep -c '^ip_vs' /proc/modules
	output 2 ""
	boot 125 --modules "no_such_module" true
}

# With the bus and the journal; the status is that of the command all the same.
under_systemd() {
	boot 5 --systemd sh -c 'cat /proc/1/comm; busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus GetId >/dev/null && journalctl -q -u vm >/dev/null && exit 5'
	output systemd ""
}

limit() {
	boot 124 --seconds 6 sleep 100
	grep -q "no end within 6 s" "$tmp/err" || complain "$(head -n 1 "$tmp/err")"
}

crash() {
	boot 125 sh -c 'echo c >/proc/sysrq-trigger'
	grep -q "sysrq" "$tmp/err" || complain "no console: $(head -n 5 "$tmp/err")"
}

for part in success failure surroundings much files loads_modules under_systemd limit crash; do
	result=0
	set +e
	(
		set -e
		"$part"
	)
	result=$?
	set -e
	case $result in
	0) echo "ok $part" ;;
	77) exit 77 ;;
	*) echo "not ok $part" && status=1 ;;
	esac
done
exit $status
