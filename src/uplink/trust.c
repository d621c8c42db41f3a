/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The penalty of a line that flaps. Everything is kept as fixed points in time, from which the
 * level at any later time follows: it does not matter how often it is looked at.
 */
#include "uplink/trust.h"

#include <string.h>

enum {
	BASE_US = 5 * 1000 * 1000,
	WAIT_MAX_US = 300 * 1000 * 1000,
	PERIOD_US = 600 * 1000 * 1000
};

void trust_decay(struct line_trust *trust, uint64_t now_us)
{
	while (trust->level && now_us >= trust->level_us + PERIOD_US) {
		trust->level--;
		trust->level_us += PERIOD_US;
	}
}

void trust_outage(struct line_trust *trust, uint64_t now_us)
{
	uint64_t earliest = trust->outages_us[TRUST_OUTAGES - 1];

	trust_decay(trust, now_us);
	if (earliest && now_us - earliest < PERIOD_US && trust->level < TRUST_LEVEL_MAX)
		trust->level++;
	trust->level_us = now_us;
	memmove(&trust->outages_us[1], &trust->outages_us[0],
		(TRUST_OUTAGES - 1) * sizeof(*trust->outages_us));
	trust->outages_us[0] = now_us;
}

uint64_t trust_penalty_us(const struct line_trust *trust)
{
	uint64_t wait;

	if (!trust->level)
		return 0;
	wait = (uint64_t)BASE_US << trust->level;
	return wait < WAIT_MAX_US ? wait : WAIT_MAX_US;
}

uint64_t trust_next_us(const struct line_trust *trust)
{
	return trust->level ? trust->level_us + PERIOD_US : 0;
}
