#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Policies by user and by group: the socket's packets leave by the line of the policy, with an
# address of that line. A connection stays where it is when another policy comes.
. "$(dirname "$0")/lab.sh"
lab_up 2

config "" "" <<'END'
policies = (
  { name = "p2p"; user = "20108"; use = [ "dsl1" ]; },
  { name = "crew"; group = [ "20200", "20201" ]; use = [ "dsl1" ]; }
);
END
daemon_start

# as USER GROUP COMMAND...: ask from the gateway as that user
as() {
	n gw setpriv --reuid "$1" --regid "$2" --clear-groups "$helpers/ask.py" "${@:3}" | via
}

for server in $inet4 $inet6; do
	expect "root" "inet dsl0" "$(as 0 0 "$server" 80)"
	expect "the user" "inet dsl1" "$(as 20108 20108 "$server" 80)"
	expect "the user, UDP" "inet dsl1" "$(as 20108 20108 -u "$server" 53)"
	expect "another user" "inet dsl0" "$(as 20109 20109 "$server" 80)"
	expect "another user of the group" "inet dsl1" "$(as 20109 20201 "$server" 80)"
done
expect "shares" "dsl1:10" "$(as 20108 20108 -n 10 $inet4 80 | tally 2)"

flow talk gw tcp $inet4 80
config "" "" <<<'policies = ( { name = "all"; use = [ "dsl1" ]; } );'
check "reload" ctl reload
expect "a new connection" "inet dsl1" "$(as 0 0 $inet4 80)"
expect_unbroken talk
