/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Never queue: the first without an active connection, however slow it is; when all are at work,
 * the shortest expected delay (ip_vs_nq.c).
 */
#include "sched/sched.h"

static bool is_idle_or_sooner(const struct target *a, const struct target *b)
{
	if (a->active == 0 || b->active == 0)
		return b->active != 0;
	return target_is_sooner(a, b);
}

static int nq_pick(struct sched_run *run)
{
	return sched_best(run, is_idle_or_sooner);
}

const struct scheduler scheduler_nq = { .pick = nq_pick };
