# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # lab.sh has the variables
#
# Part of tests/netns/lab.sh: assertions, and the traffic that they are about.

# --- assertions -------------------------------------------------------------------------------

fail() {
	echo "FAILED: $*"
	exit 1
}

skip() {
	echo "skipped: $*"
	exit 77
}

# expect WHAT WANTED GOT
expect() {
	[ "$2" = "$3" ] || fail "$1: wanted '$2', got '$3'"
	echo "- $1: ${3:-nothing}"
}

# expect_match WHAT PATTERN GOT: the same with a pattern of bash.
expect_match() {
	# shellcheck disable=SC2053 # a pattern is meant
	[[ $3 == $2 ]] || fail "$1: wanted '$2', got '$3'"
	echo "- $1: $3"
}

# check WHAT COMMAND...: the command succeeds.
check() {
	"${@:2}" >"$tmp/check" 2>&1 || fail "$1: '${*:2}' said: $(cat "$tmp/check")"
	echo "- $1"
}

# --- traffic ----------------------------------------------------------------------------------

# ask NAMESPACE [options of ask.py] ADDRESS PORT: "SERVER SOURCE-ADDRESS-IT-SAW", or "error: ..."
ask() {
	n "$1" "$helpers/ask.py" "${@:2}"
}

# Addresses of lines in what is read become the lines' names.
via() {
	local i script=

	for i in "${!address4[@]}"; do
		script+="s/\\b${address4[i]//./\\.}\$/dsl$i/;s/\\b${address6[i]}\$/dsl$i/;"
	done
	sed "$script"
}

# tally FIELD: how often each value of that field was read: "dsl0:3 dsl1:1"
tally() {
	awk -v f="$1" '/^error/ { count[$0]++; next } { count[$f]++ }
		END { for (v in count) print v ":" count[v] }' | sort | paste -sd' '
}

# serve NAMESPACE NAME PORT...
serve() {
	n "$1" "$helpers/serve.py" "${@:2}" 2>>"$tmp/servers.log"
}

# flow NAME NAMESPACE tcp|udp ADDRESS PORT: a long conversation, see flow.py; flow_log NAME is what
# it said so far.
declare -A flows
flow() {
	start "$2" "$helpers/flow.py" "${@:3}" >"$tmp/flow.$1" 2>&1
	flows[$1]=$!
	wait_for 20 grep -q sees "$tmp/flow.$1"
}

flow_log() {
	cat "$tmp/flow.$1"
}

flow_said() {
	grep -q "$2" "$tmp/flow.$1"
}

# shellcheck disable=SC2034 # for whom it may concern
# flow_end NAME: sets $sent, $answered and $silence (in ms). Not for a subshell, which cannot wait.
flow_end() {
	stop "${flows[$1]}" || true
	read -r _ sent _ answered _ silence < <(tail -n 1 "$tmp/flow.$1")
}

# hold NAME NAMESPACE [options of hold.py] ADDRESS PORT: connections that stand and say nothing;
# held NAME says who answered them, in their order, let_go NAME closes them.
hold() {
	start "$2" "$helpers/hold.py" "${@:3}" >"$tmp/held.$1" 2>&1
	flows[$1]=$!
	wait_for 20 grep -q ^held "$tmp/held.$1"
}

held() {
	sed '/^held/,$d' "$tmp/held.$1"
}

# ends NAME: what became of those that ended, without the times
ends() {
	sed '1,/^held/d; s/^[0-9.]* //' "$tmp/held.$1"
}

let_go() {
	stop "${flows[$1]}" || true
}

# expect_unbroken FLOW: nothing was lost.
expect_unbroken() {
	flow_end "$1"
	expect "messages of flow $1 answered, of $sent" "$sent" "$answered"
}
