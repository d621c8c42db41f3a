/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Weighted least connection: least overhead for its weight (ip_vs_wlc.c), overhead as
 * ip_vs_dest_conn_overhead() has it since 6.1.183 and 6.12.104.
 */
#include "sched/sched.h"

static uint64_t overhead(const struct target *target)
{
	return ((uint64_t)target->active << 8) + target->active + target->inactive;
}

static int wlc_pick(struct sched_run *run)
{
	const struct target *least = NULL;

	for (size_t i = run->n; i-- > 0;) {
		const struct target *target = &run->targets[i];

		if (!target_takes(target))
			continue;
		if (!least || overhead(least) * target->weight > overhead(target) * least->weight)
			least = target;
	}
	if (!least)
		return -1;
	run->last = (size_t)(least - run->targets);
	return (int)run->last;
}

const struct scheduler scheduler_wlc = { .pick = wlc_pick };
