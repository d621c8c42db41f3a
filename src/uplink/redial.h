/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * When a line that is down is dialled again. Pure; times are monotonic microseconds. Zeroed, it is
 * ready.
 *
 * The first time comes when the line has been down for `after`, the next ones after twice as long
 * each, up to 16 times `after`, counted from the end of the last. It begins anew once the line has
 * been up for `after`: one that comes and goes is not dialled at that rate.
 */
struct redial {
	uint64_t down_us; /* since then, 0: it is not down */
	uint64_t up_us;   /* since then, 0: it is not up */
	uint64_t last_us; /* dialled last, or that ended; 0: never while down */
	unsigned doubled; /* how often the wait was */
};

enum redial_need {
	REDIAL_UP,
	REDIAL_NOT,      /* not up, but somebody else sees to that, or does not want it to be */
	REDIAL_DIALLING, /* down, and what was begun is not over */
	REDIAL_DOWN
};

/* Whether to dial now, which then counts as done; and when to call again, 0: with the next change.
 */
bool redial_due(struct redial *redial, enum redial_need need, uint64_t after_us, uint64_t now_us,
		uint64_t *ret_next_us);

/* What redial_due() began is over, if it did not end at once. */
void redial_over(struct redial *redial, uint64_t now_us);

/* What is wrong when systemd's job for the unit of a line ended with this result, see JobRemoved in
 * org.freedesktop.systemd1(5); NULL: nothing. */
const char *redial_job_trouble(const char *result);
