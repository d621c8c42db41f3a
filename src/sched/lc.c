/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Least connection: least overhead, whatever the weight (ip_vs_lc.c).
 */
#include "sched/sched.h"

static bool has_less(const struct target *a, const struct target *b)
{
	return target_overhead(a) < target_overhead(b);
}

static int lc_pick(struct sched_run *run)
{
	return sched_best(run, has_less);
}

const struct scheduler scheduler_lc = { .pick = lc_pick };
