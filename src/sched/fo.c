/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Weighted failover: all to the heaviest (ip_vs_fo.c).
 */
#include "sched/sched.h"

static bool is_heavier(const struct target *a, const struct target *b)
{
	return a->weight > b->weight;
}

static int fo_pick(struct sched_run *run)
{
	return sched_best(run, is_heavier);
}

const struct scheduler scheduler_fo = { .pick = fo_pick };
