/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the schedulers share. Each scheduler is a file of its own and a line in the table here.
 */
#include "sched/sched.h"

static const struct scheduler *const schedulers[SCHEDULER_ID_MAX] = {
	[SCHEDULER_RR] = &scheduler_rr,
	[SCHEDULER_WRR] = &scheduler_wrr,
	[SCHEDULER_LC] = &scheduler_lc,
	[SCHEDULER_WLC] = &scheduler_wlc,
	[SCHEDULER_SED] = &scheduler_sed,
	[SCHEDULER_NQ] = &scheduler_nq,
	[SCHEDULER_FO] = &scheduler_fo,
	[SCHEDULER_OVF] = &scheduler_ovf,
	[SCHEDULER_TWOS] = &scheduler_twos,
	[SCHEDULER_DH] = &scheduler_dh,
	[SCHEDULER_SH] = &scheduler_sh,
	[SCHEDULER_MH] = &scheduler_mh,
	[SCHEDULER_LBLC] = &scheduler_lblc,
	[SCHEDULER_LBLCR] = &scheduler_lblcr,
	/* These have chosen already, or set the weights (policy/choice.c); the rest is turns. */
	[SCHEDULER_LEAST_LATENCY] = &scheduler_wrr,
	[SCHEDULER_LEAST_USED] = &scheduler_wrr,
	[SCHEDULER_OVERFLOW] = &scheduler_wrr,
};

const struct scheduler *scheduler_get(enum scheduler_id id)
{
	return schedulers[id];
}

enum sched_key scheduler_key(const struct scheduler *scheduler, unsigned flags)
{
	if (scheduler->key == SCHED_KEY_SOURCE && (flags & SCHEDULER_HASH_PORT))
		return SCHED_KEY_SOURCE_PORT;
	return scheduler->key;
}

struct sched_run sched_run_start(struct target *targets, size_t n)
{
	return (struct sched_run){ .targets = targets, .n = n, .last = n };
}

void target_judge(struct target *target)
{
	uint64_t connections = (uint64_t)target->active + target->inactive;
	uint32_t lower = target->lower ? target->lower : target->upper - target->upper / 4;

	if (target->upper && connections >= target->upper)
		target->overloaded = true;
	else if (!target->upper || connections < lower)
		target->overloaded = false;
}

bool target_is_lighter(const struct target *a, const struct target *b)
{
	return target_overhead(a) * b->weight < target_overhead(b) * a->weight;
}

bool target_is_sooner(const struct target *a, const struct target *b)
{
	return ((uint64_t)a->active + 1) * b->weight < ((uint64_t)b->active + 1) * a->weight;
}

int sched_best(struct sched_run *run,
	       bool (*better)(const struct target *a, const struct target *b))
{
	const struct target *best = NULL;

	for (size_t i = run->n; i-- > 0;) {
		const struct target *target = &run->targets[i];

		if (target_takes(target) && (!best || better(target, best)))
			best = target;
	}
	if (!best)
		return -1;
	run->last = (size_t)(best - run->targets);
	return (int)run->last;
}

uint32_t sched_gcd(uint32_t a, uint32_t b)
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
		if (target_weighs(&targets[i]))
			divisor = sched_gcd(divisor, targets[i].weight);
	return divisor;
}
