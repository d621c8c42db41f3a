/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The back-off of redialling, and what the ends of systemd's jobs mean.
 */
#include "uplink/redial.h"

#include "base/array.h"

#include <string.h>

enum {
	DOUBLED_MAX = 4
};

/* It was up until now: long enough for that to count? */
static void end_up(struct redial *redial, uint64_t after_us, uint64_t now_us)
{
	if (redial->up_us && now_us - redial->up_us >= after_us)
		redial->doubled = 0;
	redial->up_us = 0;
}

static void not_down(struct redial *redial, enum redial_need need, uint64_t after_us,
		     uint64_t now_us)
{
	redial->down_us = redial->last_us = 0;
	if (need != REDIAL_UP)
		end_up(redial, after_us, now_us);
	else if (!redial->up_us)
		redial->up_us = now_us;
}

bool redial_due(struct redial *redial, enum redial_need need, uint64_t after_us, uint64_t now_us,
		uint64_t *ret_next_us)
{
	uint64_t due;

	*ret_next_us = 0;
	if (need == REDIAL_UP || need == REDIAL_NOT) {
		not_down(redial, need, after_us, now_us);
		return false;
	}
	end_up(redial, after_us, now_us);
	if (!redial->down_us)
		redial->down_us = now_us;
	if (need == REDIAL_DIALLING)
		return false;
	due = (redial->last_us ? redial->last_us : redial->down_us) + (after_us << redial->doubled);
	if (now_us < due) {
		*ret_next_us = due;
		return false;
	}
	redial->last_us = now_us;
	if (redial->doubled < DOUBLED_MAX)
		redial->doubled++;
	*ret_next_us = now_us + (after_us << redial->doubled);
	return true;
}

void redial_over(struct redial *redial, uint64_t now_us)
{
	if (redial->last_us)
		redial->last_us = now_us;
}

const char *redial_job_trouble(const char *result)
{
	static const char *const troubles[][2] = {
		{ "done", NULL },
		{ "canceled", "its job was cancelled" },
		{ "timeout", "its job took too long" },
		{ "failed", "it failed to start" },
		{ "dependency", "a unit that it requires failed to start" },
	};

	for (size_t i = 0; i < ELEMENTS_OF(troubles); i++)
		if (strcmp(troubles[i][0], result) == 0)
			return troubles[i][1];
	return result;
}
