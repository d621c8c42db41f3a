/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locality-based least connection with replication: a destination has a set of targets, which grows
 * by wlc's pick when the least loaded of it leaves by lblc_leaves() (ip_vs_lblcr.c). The set is the
 * kernel's memory of who served the destination, see service/picks.c.
 */
#include "sched/locality.h"

static int lblcr_pick(struct sched_run *run)
{
	return sched_best(run, target_is_lighter);
}

const struct scheduler scheduler_lblcr = { .pick = lblcr_pick, .key = SCHED_KEY_DESTINATION };
