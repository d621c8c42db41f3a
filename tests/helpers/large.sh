# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # lab.sh has the variables
#
# To be sourced after lab.sh: exchanges of many full packets, for lines that take only small ones.

# exchange NAMESPACE ADDRESS [SECONDS]: who sent it all back, whom it saw, and how much that was;
# nothing when that takes longer
exchange() {
	# shellcheck disable=SC2016 # for that shell to expand
	n "$1" timeout "${3:-20}" bash -c 'exec 3<>"/dev/tcp/$0/80"
		{ head -c 500000 /dev/zero | tr "\0" x; echo; } >&3
		head -n 1 <&3' "$2" | awk '{ print $1, $2, length($3) }'
}

# exchanges WHAT: over both lines, outbound and to the services
exchanges() {
	local line f inet

	for line in 0 1; do
		for f in 4 6; do
			local -n address=address$f inet=inet$f
			expect "$1: out, dsl$line" "inet ${address[line]} 500000" "$(exchange client "${inet%?}$line")"
			expect "$1: in, dsl$line" "web$((line + 1)) $inet 500000" "$(exchange inet "${address[line]}")"
		done
	done
}
