#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# FTP through a service with a helper: data connections, active and passive, go to the server of
# their control connection and over its line; without the helper they do not.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "" "" <<'END'
services = (
  { name = "ftp"; listen = [ "tcp/dsl0:21", "tcp/dsl1:21" ]; helper = "ftp";
    servers = ( { address = "172.16.0.2"; }, { address = "172.16.0.3:2121"; },
                { address = "[fd00::2]:21"; }, { address = "[fd00::3]:2121"; } ); },
  { name = "plain"; listen = [ "tcp/dsl0:2100" ]; servers = ( { address = "172.16.0.2:21"; } ); }
);
END
start web1 "$helpers/ftp.py" serve web1 21 >"$tmp/ftp1" 2>&1
start web2 "$helpers/ftp.py" serve web2 2121 >"$tmp/ftp2" 2>&1
wait_for 20 grep -q listening "$tmp/ftp1"
wait_for 20 grep -q listening "$tmp/ftp2"
daemon_start
! grep -q 'no connection tracking helper "ftp"' "$log" || skip "this kernel has no FTP helper"

# twice ADDRESS MODE: two sessions, one at each server.
twice() {
	for _ in 1 2; do
		n inet "$helpers/ftp.py" ask "$1" 21 "$2"
	done | sort | paste -sd' '
}

for line in 0 1; do
	for mode in pasv epsv port eprt; do
		expect "$mode by dsl$line" "web1 $inet4 web2 $inet4" "$(twice "${address4[line]}" $mode)"
	done
	for mode in epsv eprt; do
		expect "$mode by dsl$line, IPv6" "web1 $inet6 web2 $inet6" \
			"$(twice "${address6[line]}" $mode)"
	done
done
expect_match "without a helper" "error: *" "$(n inet "$helpers/ftp.py" ask "${address4[0]}" 2100 pasv)"
check "nothing to do" nothing_to_do
