/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shortest expected delay: least active connections for its weight, with the one to come
 * (ip_vs_sed.c).
 */
#include "sched/sched.h"

static int sed_pick(struct sched_run *run)
{
	return sched_best(run, target_is_sooner);
}

const struct scheduler scheduler_sed = { .pick = sed_pick };
