/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Weighted least connection: least overhead for its weight (ip_vs_wlc.c).
 */
#include "sched/sched.h"

static int wlc_pick(struct sched_run *run)
{
	return sched_best(run, target_is_lighter);
}

const struct scheduler scheduler_wlc = { .pick = wlc_pick };
