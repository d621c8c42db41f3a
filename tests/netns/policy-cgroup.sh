#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Policies by control group: a path, and a systemd unit, which may not exist yet when the daemon
# starts and gets another inode whenever it is started again.
. "$(dirname "$0")/lab.sh"

root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
[ -n "$root" ] || skip "no cgroup2 file system is mounted"
slice=$root/$lab.slice
unit=$slice/$lab-fetch.service

remove_groups() {
	rmdir "$unit" "$slice/plain" "$slice" 2>/dev/null
}
at_end+=(remove_groups)
mkdir "$slice" || skip "control groups cannot be made in $root"
mkdir "$slice/plain"

lab_up 2
config "" "" <<END
policies = (
  { name = "path"; cgroup = "$lab.slice/plain"; use = [ "dsl1" ]; },
  { name = "unit"; unit = "$lab-fetch.service"; use = [ "dsl1" ]; }
);
END
daemon_start

# inside GROUP COMMAND...: ask from the gateway in that control group
inside() {
	# shellcheck disable=SC2016 # for that shell to expand
	n gw sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$1" "$helpers/ask.py" "${@:2}" | via
}

uses() {
	[ "$(inside "$unit" $inet4 80)" = "inet $1" ]
}

for server in $inet4 $inet6; do
	expect "outside" "inet dsl0" "$(ask gw "$server" 80 | via)"
	expect "inside" "inet dsl1" "$(inside "$slice/plain" "$server" 80)"
	expect "inside, UDP" "inet dsl1" "$(inside "$slice/plain" -u "$server" 53)"
done
for try in first second; do
	mkdir "$unit"
	wait_for 20 uses dsl1
	echo "- the unit's $try start"
	rmdir "$unit"
done
