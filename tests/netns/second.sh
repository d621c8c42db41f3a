#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A second daemon in the same network namespace is refused before it changes anything, also with a
# runtime directory and a file of its own; so is --flush beside a daemon.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "" "" <<<'policies = ( { name = "rest"; use = [ "dsl0" ]; } );'
daemon_start
before=$(dump)
echo 'uplinks = ( { name = "other"; interface = "dsl1"; } );' >"$tmp/other.conf"

# refused WORDS ARGUMENTS...: exit status 1, saying these words
refused() {
	local said

	if said=$(n gw "$build/src/uplinkd" "${@:2}" 2>&1); then
		fail "uplinkd ${*:2} was not refused"
	fi
	expect_match "refused" "*$1*" "$said"
}

refused "at work in this network namespace" -c "$tmp/other.conf" --runtime-dir "$tmp/run2"
refused "at work in this network namespace" -c "$tmp/other.conf" --runtime-dir "$tmp/run"
refused "at work in this network namespace" --flush --runtime-dir "$tmp/run2"
expect "what is in the kernel" "$before" "$(dump)"
expect "the first goes on" "inet dsl0" "$(ask client $inet4 80 | via)"

daemon_kill
check "after its death another may start" daemon_start
expect "the line" up "$(line 0 state)"
