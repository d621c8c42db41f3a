/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Round robin: the next usable target after the last pick (ip_vs_rr.c).
 */
#include "sched/sched.h"

static int rr_pick(struct sched_run *run)
{
	size_t at = run->last;

	for (size_t tried = 0; tried < run->n; tried++) {
		at = at == 0 ? run->n - 1 : at - 1;
		if (target_takes(&run->targets[at])) {
			run->last = at;
			return (int)at;
		}
	}
	return -1;
}

static size_t rr_cycle(const struct target *targets, size_t n)
{
	size_t cycle = 0;

	for (size_t i = 0; i < n; i++)
		cycle += target_takes(&targets[i]);
	return cycle;
}

const struct scheduler scheduler_rr = { .pick = rr_pick, .cycle = rr_cycle };
