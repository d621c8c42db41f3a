/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locality-based least connection: a destination stays with its target while that can bear it
 * (ip_vs_lblc.c). The pick is for a destination that has none, and is that of wlc.
 */
#include "sched/locality.h"

static int lblc_pick(struct sched_run *run)
{
	return sched_best(run, target_is_lighter);
}

bool lblc_leaves(const struct target *targets, size_t n, size_t i)
{
	if (!target_weighs(&targets[i]))
		return true;
	if (targets[i].active <= targets[i].weight)
		return false;
	for (size_t other = 0; other < n; other++)
		if (targets[other].usable &&
		    2 * (uint64_t)targets[other].active < targets[other].weight)
			return true;
	return false;
}

const struct scheduler scheduler_lblc = { .pick = lblc_pick, .key = SCHED_KEY_DESTINATION };
