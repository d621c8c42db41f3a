/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the schedulers share. Each scheduler is a file of its own and a line in the table here.
 */
#include "sched/sched.h"

static const struct scheduler *const schedulers[SCHEDULER_ID_MAX] = {
	[SCHEDULER_RR] = &scheduler_rr,
	[SCHEDULER_WRR] = &scheduler_wrr,
	[SCHEDULER_WLC] = &scheduler_wlc,
};

const struct scheduler *scheduler_get(enum scheduler_id id)
{
	return schedulers[id];
}

struct sched_run sched_run_start(struct target *targets, size_t n)
{
	return (struct sched_run){ .targets = targets, .n = n, .last = n };
}

static uint32_t gcd(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

uint32_t sched_weight_gcd(const struct target *targets, size_t n)
{
	uint32_t divisor = 0;

	for (size_t i = 0; i < n; i++)
		if (target_takes(&targets[i]))
			divisor = gcd(divisor, targets[i].weight);
	return divisor;
}
