/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locality-based least connection with replication: a destination has a set of targets, which grows
 * under load and shrinks when it was left alone for long (ip_vs_lblcr.c). The set is walked from
 * the newest member. The pick is for a destination that has none, and is that of wlc.
 */
#include "sched/locality.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int new_pick(struct sched_run *run)
{
	return sched_best(run, target_is_lighter);
}

/* Index of the least loaded target of the set that takes connections, or -1. */
static int least_loaded(const struct lblcr_set *set, const struct target *targets)
{
	int least = -1;

	for (size_t i = set->targets.n; i-- > 0;) {
		uint16_t at = set->targets.v[i];

		if (target_takes(&targets[at]) &&
		    (least < 0 || target_is_lighter(&targets[at], &targets[least])))
			least = at;
	}
	return least;
}

/* The most loaded target leaves, whether or not it still takes connections. */
static void shrink(struct lblcr_set *set, const struct target *targets, uint64_t now_ms)
{
	size_t most = set->targets.n;

	for (size_t i = set->targets.n; i-- > 0;) {
		const struct target *target = &targets[set->targets.v[i]];

		if (target->weight && (most == set->targets.n ||
				       target_is_lighter(&targets[set->targets.v[most]], target)))
			most = i;
	}
	if (most == set->targets.n)
		return;
	set->targets.n--;
	memmove(&set->targets.v[most], &set->targets.v[most + 1],
		(set->targets.n - most) * sizeof(*set->targets.v));
	set->changed_ms = now_ms;
}

static int join(struct lblcr_set *set, int target, uint64_t now_ms)
{
	int r;

	array_foreach(&set->targets, member)
		if (*member == target)
			return 0;
	r = array_push(&set->targets, (uint16_t)target);
	if (r == 0)
		set->changed_ms = now_ms;
	return r;
}

int lblcr_pick(struct lblcr_set *set, struct target *targets, size_t n, uint64_t now_ms,
	       uint64_t keep_ms)
{
	struct sched_run run = sched_run_start(targets, n);
	int pick = least_loaded(set, targets), r;

	if (set->targets.n > 1 && now_ms > set->changed_ms + keep_ms)
		shrink(set, targets, now_ms);
	if (pick >= 0 && !lblc_leaves(targets, n, (size_t)pick))
		return pick;
	pick = new_pick(&run);
	if (pick < 0)
		return -ENOENT;
	r = join(set, pick, now_ms);
	return r < 0 ? r : pick;
}

void lblcr_set_done(struct lblcr_set *set)
{
	array_done(&set->targets);
}

const struct scheduler scheduler_lblcr = { .pick = new_pick, .key = SCHED_KEY_DESTINATION };
