/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Overflow: the heaviest until it has more active connections than its weight, then the next
 * (ip_vs_ovf.c). So each takes one more than its weight; when all have, nobody takes any.
 */
#include "sched/sched.h"

static bool has_room(const struct target *target)
{
	return target->active <= target->weight;
}

static bool is_heavier_with_room(const struct target *a, const struct target *b)
{
	return has_room(a) && (!has_room(b) || a->weight > b->weight);
}

static int ovf_pick(struct sched_run *run)
{
	int pick = sched_best(run, is_heavier_with_room);

	return pick >= 0 && has_room(&run->targets[pick]) ? pick : -1;
}

const struct scheduler scheduler_ovf = { .pick = ovf_pick };
