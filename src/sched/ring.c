/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns a scheduler's picks into the ring that goes into a slot map. The scheduler works on a copy
 * of the targets in which every pick counts as one more active connection.
 */
#include "sched/ring.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

/* Scales the weights so that the cycle is no longer than RING_MAX. */
static void scale_weights(struct target *targets, size_t n)
{
	uint64_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += target_takes(&targets[i]) ? targets[i].weight : 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t share;

		if (total == 0 || !target_takes(&targets[i]))
			continue;
		share = targets[i].weight * (uint64_t)(RING_MAX - n) / total;
		targets[i].weight = share ? (uint32_t)share : 1;
	}
}

static size_t ring_length(const struct scheduler *scheduler, struct target *targets, size_t n)
{
	if (!scheduler->cycle)
		return RING_BY_LOAD;
	if (scheduler->cycle(targets, n) > RING_MAX)
		scale_weights(targets, n);
	return scheduler->cycle(targets, n);
}

static int ring_fill(struct ring *ring, const struct scheduler *scheduler, struct target *targets,
		     size_t n)
{
	struct sched_run run = sched_run_start(targets, n);
	size_t length = ring_length(scheduler, targets, n);
	bool equal = true;

	for (size_t i = 0; i < length; i++) {
		int pick = scheduler->pick(&run), r;

		if (pick < 0)
			break;
		target_count(&targets[pick]);
		r = array_push(&ring->picks, (uint16_t)pick);
		if (r < 0)
			return r;
		equal = equal && ring->picks.v[i] == ring->picks.v[0];
	}
	if (equal && ring->picks.n)
		ring->picks.n = 1;
	return 0;
}

int ring_make(enum scheduler_id id, const struct target *targets, size_t n, struct ring *ret)
{
	_cleanup_free_ struct target *copy = calloc(n + 1, sizeof(*copy));
	struct ring ring = { 0 };
	int r;

	if (!copy)
		return -ENOMEM;
	if (n)
		memcpy(copy, targets, n * sizeof(*copy));
	r = ring_fill(&ring, scheduler_get(id), copy, n);
	if (r < 0) {
		ring_done(&ring);
		return r;
	}
	*ret = ring;
	return 0;
}

void ring_done(struct ring *ring)
{
	array_done(&ring->picks);
}
