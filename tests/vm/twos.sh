#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The power of two choices is not among the schedulers of this kernel: what uplinkd does is compared
# with its formula (ip_vs_twos.c of Linux 5.19 and later), worked out many times with other dice.
. "$(dirname "$0")/yardstick.sh"

# formula ROUNDS: the mean of what each server takes, and its deviation
formula() {
	awk -v rounds="$1" -v count="$count" -v text="$(weights)" '
		function draw(  left, i) {
			left = int(rand() * (total + 1))
			for (i = n; i >= 1; i--) {
				if (left <= w[i]) return i
				left -= w[i]
			}
		}
		BEGIN {
			srand(1)
			n = split(text, w, " ")
			for (i = 1; i <= n; i++) total += w[i]
			for (r = 0; r < rounds; r++) {
				for (i = 1; i <= n; i++) taken[i] = 0
				for (c = 0; c < count; c++) {
					first = draw(); second = draw()
					if (taken[second] * w[first] < taken[first] * w[second]) first = second
					taken[first]++
				}
				for (i = 1; i <= n; i++) { sum[i] += taken[i]; squares[i] += taken[i] ^ 2 }
			}
			for (i = 1; i <= n; i++) {
				mean = sum[i] / rounds
				printf "%.1f %.1f\n", mean, sqrt(squares[i] / rounds - mean ^ 2)
			}
		}'
}

twos() {
	address=10.9.$service.1
	our_service twos
	come ours --rate "$rate"
	paste <(taken ours) <(formula 40) >"$tmp/both"
	awk '{ printf "- took %d, by the formula %.1f, deviation %.1f\n", $1, $2, $3 }' "$tmp/both"
	awk '{ d = $1 - $2; if (d < 0) d = -d; bad = bad || d > 4 * $3 + 1 } END { exit bad }' "$tmp/both"
}

yardstick_up
case_of 6
try "twos" twos
parts_end
