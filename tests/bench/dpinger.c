/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dpinger's published algorithm and pfSense's defaults, in simulated time, as something to compare
 * with; no code of either. One target is asked every 500 ms, and an answer that takes longer than
 * 2 s is lost. Every second the share of lost ones among the questions of the last 60 s is looked
 * at; above 20 % there is an alarm, and ten looks in a row without that end it.
 *
 * The way is silent from some moment on, and works again from the alarm on. For moments spread over
 * the interval between two looks this prints when the alarm began and ended after that, in
 * microseconds, a line each: "silence" and "recovery".
 */
#include "base/array.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	MS = 1000,
	INTERVAL_US = 500 * MS,
	LOST_AFTER_US = 2000 * MS,
	PERIOD_US = 60000 * MS,
	LOOK_US = 1000 * MS,
	LOSS_PERCENT = 20,
	HOLD_LOOKS = 10,
	QUESTIONS = PERIOD_US / INTERVAL_US
};

/* Silent from `cut_us` until `mend_us`; 0: not yet known. */
struct way {
	uint64_t cut_us, mend_us;
};

static bool is_answered(const struct way *way, uint64_t sent_us)
{
	return sent_us < way->cut_us || (way->mend_us && sent_us >= way->mend_us);
}

static bool is_lossy(const struct way *way, uint64_t now_us)
{
	uint64_t last = now_us / INTERVAL_US, answered = 0, lost = 0;

	for (uint64_t i = 0; i < QUESTIONS && i <= last; i++) {
		uint64_t sent_us = (last - i) * INTERVAL_US;

		if (is_answered(way, sent_us))
			answered++;
		else if (now_us - sent_us > LOST_AFTER_US)
			lost++;
	}
	return lost * 100 / (answered + lost) > LOSS_PERCENT;
}

static void run(uint64_t cut_us)
{
	struct way way = { .cut_us = cut_us };
	unsigned hold = 0;

	/* Looks fall between questions. */
	for (uint64_t now_us = INTERVAL_US / 2;; now_us += LOOK_US) {
		bool lossy = is_lossy(&way, now_us);

		if (lossy && !way.mend_us) {
			printf("silence %" PRIu64 "\n", now_us - way.cut_us);
			way.mend_us = now_us;
		}
		if (lossy)
			hold = HOLD_LOOKS;
		else if (hold && --hold == 0) {
			printf("recovery %" PRIu64 "\n", now_us - way.mend_us);
			return;
		}
	}
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;

	if (!rounds) {
		fprintf(stderr, "Usage: dpinger ROUNDS\n");
		return 2;
	}
	for (unsigned long i = 0; i < rounds; i++)
		run(2 * PERIOD_US + LOOK_US * i / rounds);
	return 0;
}
