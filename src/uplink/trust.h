/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/line.h"

/*
 * How long a line that is back has to work before it is trusted. Pure; times are monotonic
 * microseconds.
 *
 * A line with probes waits for `pass` good answers, by default 5 s; one without is trusted at once.
 * From the fourth outage in 10 minutes on the penalty's level rises by one with each, and the wait
 * is 5 s doubled as often, up to 5 minutes; the level falls by one for every 10 minutes without an
 * outage. A line that has never been up is trusted with its first good answer.
 */
enum {
	TRUST_LEVEL_MAX = 6 /* the first whose wait is the longest */
};

void trust_outage(struct line_trust *trust, uint64_t now_us);
void trust_decay(struct line_trust *trust, uint64_t now_us);
/* The wait that the penalty asks for now, 0 for none; and when the level falls next, 0: never. */
uint64_t trust_penalty_us(const struct line_trust *trust);
uint64_t trust_next_us(const struct line_trust *trust);
