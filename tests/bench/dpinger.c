/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What dpinger, with pfSense's defaults, makes of a way that is silent from some moment on and
 * works again from the alarm on (dpinger_model.h). For moments spread over the interval between two
 * looks this prints when the alarm began and ended after that, in microseconds, a line each:
 * "silence" and "recovery".
 */
#include "dpinger_model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void run(uint64_t cut_ms)
{
	struct dpinger dpinger = { 0 };
	uint64_t mend_ms = UINT64_MAX;

	for (;;) {
		uint64_t now_ms = dpinger.now_ms;
		bool alarm = dpinger_step(&dpinger, now_ms < cut_ms || now_ms >= mend_ms);
		uint64_t looked_ms = now_ms + DPINGER_SEND_MS / 2;

		if (alarm && mend_ms == UINT64_MAX) {
			printf("silence %" PRIu64 "\n", (looked_ms - cut_ms) * 1000);
			mend_ms = looked_ms;
		} else if (!alarm && mend_ms != UINT64_MAX) {
			printf("recovery %" PRIu64 "\n", (looked_ms - mend_ms) * 1000);
			return;
		}
	}
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;

	if (!rounds) {
		fprintf(stderr, "usage: %s ROUNDS\n", argv[0]);
		return 2;
	}
	for (unsigned long i = 0; i < rounds; i++)
		run(2 * DPINGER_PERIOD_MS + 1000 * i / rounds);
	return 0;
}
