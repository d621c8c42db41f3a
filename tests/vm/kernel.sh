#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The tests of src/kernel that want what other kernels may lack: tunnels of every kind, and those who
# are told of the end of their connection.
modules="ipip sit ip_gre ip6_tunnel ip6_gre fou fou6 nf_conntrack veth"
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

# run TEST: of tests/kernel; what this kernel should have is not skipped
run() {
	"$build/tests/kernel/$1" >"$tmp/$1" 2>&1 || fail "$1 ended with status $?: $(tail -n 20 "$tmp/$1")"
	echo "- $(grep -o '[0-9]* test(s) run' "$tmp/$1")"
}

for name in tunnel ability provoke flows; do
	part "test_$name" run "test_$name"
done
parts_end
