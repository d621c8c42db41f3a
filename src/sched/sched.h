/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a scheduler sees of a real server or a line. */
struct target {
	uint32_t weight;           /* 0: takes no new connections */
	uint32_t active, inactive; /* connections, counted as IPVS does */
	bool usable;
};

/*
 * A scheduler at work: the targets, in order of configuration, and what it remembers from pick to
 * pick. As in IPVS, whose list holds the newest server first, targets are walked from the last to
 * the first (net/netfilter/ipvs/ip_vs_*.c).
 */
struct sched_run {
	struct target *targets;
	size_t n;
	size_t last;                /* the last pick, n before the first */
	uint32_t step, most, level; /* wrr: gcd of the weights, highest level, present level */
};

struct scheduler {
	/* Index of the next target, or -1 when there is none to take. */
	int (*pick)(struct sched_run *run);
	/* Picks until the sequence repeats; NULL when it depends on the load. */
	size_t (*cycle)(const struct target *targets, size_t n);
};

extern const struct scheduler scheduler_rr, scheduler_wrr, scheduler_wlc;

/* The implementation for an id; fo is not one, see policy/choice.h. */
const struct scheduler *scheduler_get(enum scheduler_id id);

struct sched_run sched_run_start(struct target *targets, size_t n);

static inline bool target_takes(const struct target *target)
{
	return target->usable && target->weight > 0;
}

/* Greatest common divisor of the weights that take part; 0 when there is none. */
uint32_t sched_weight_gcd(const struct target *targets, size_t n);
