/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The power of two choices: of two drawn by weight the lighter one, the first draw when they are
 * equal (ip_vs_twos.c). A draw is a number from 0 to the sum of the weights, both included, as it
 * is there. The draws follow from the seed alone, so that a ring can be made again.
 */
#include "sched/sched.h"

/* The next random number; the state is a counter (splitmix64). */
static uint64_t next_random(struct sched_run *run)
{
	uint64_t random = sched_mix(run->random);

	run->random += UINT64_C(0x9e3779b97f4a7c15);
	return random;
}

static const struct target *draw(struct sched_run *run, uint64_t total)
{
	uint64_t left = next_random(run) % (total + 1);

	for (size_t i = run->n; i-- > 0;) {
		const struct target *target = &run->targets[i];

		if (!target_takes(target))
			continue;
		if (left <= target->weight)
			return target;
		left -= target->weight;
	}
	return NULL;
}

static int twos_pick(struct sched_run *run)
{
	const struct target *first, *second;
	uint64_t total = 0;

	for (size_t i = 0; i < run->n; i++)
		total += target_takes(&run->targets[i]) ? run->targets[i].weight : 0;
	first = draw(run, total);
	second = draw(run, total);
	if (!first || !second)
		return -1;
	run->last = (size_t)((target_is_lighter(second, first) ? second : first) - run->targets);
	return (int)run->last;
}

const struct scheduler scheduler_twos = { .pick = twos_pick };
