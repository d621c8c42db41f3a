/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Weighted round robin (ip_vs_wrr.c): a level sinks from the largest weight in steps of the
 * greatest common divisor; a walk over the targets takes those whose weight reaches it. Those that
 * are overloaded are passed over, and the level goes by their weights nevertheless.
 */
#include "sched/sched.h"

static void wrr_start(struct sched_run *run)
{
	uint32_t largest = 0;

	run->step = sched_weight_gcd(run->targets, run->n);
	for (size_t i = 0; i < run->n; i++)
		if (target_weighs(&run->targets[i]) && run->targets[i].weight > largest)
			largest = run->targets[i].weight;
	run->most = largest ? largest - (run->step - 1) : 0;
	run->level = run->most;
	run->last = run->n;
}

static bool any_takes(const struct sched_run *run)
{
	for (size_t i = 0; i < run->n; i++)
		if (target_takes(&run->targets[i]))
			return true;
	return false;
}

static int wrr_pick(struct sched_run *run)
{
	if (run->step == 0)
		wrr_start(run);
	if (run->most == 0)
		return -1;
	for (;;) {
		if (run->last == 0) {
			if (!any_takes(run))
				return -1;
			run->level = run->level > run->step ? run->level - run->step : run->most;
			run->last = run->n;
		}
		run->last--;
		if (target_takes(&run->targets[run->last]) &&
		    run->targets[run->last].weight >= run->level)
			return (int)run->last;
	}
}

static size_t wrr_cycle(const struct target *targets, size_t n)
{
	uint32_t step = sched_weight_gcd(targets, n);
	size_t cycle = 0;

	for (size_t i = 0; i < n; i++)
		if (target_takes(&targets[i]))
			cycle += targets[i].weight / step;
	return cycle;
}

const struct scheduler scheduler_wrr = { .pick = wrr_pick, .cycle = wrr_cycle };
