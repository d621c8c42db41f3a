/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a scheduler sees of a real server or a line. */
struct target {
	uint32_t weight;           /* 0: takes no new connections */
	uint32_t last_weight;      /* the last one above 0, which mh goes by; 0: `weight` */
	uint32_t active, inactive; /* connections, counted as IPVS does */
	uint32_t upper, lower;     /* thresholds, in connections; 0: none, three quarters */
	uint64_t identity;         /* mh: a hash of what names it, its address and port */
	bool usable;               /* false: as if it was not configured */
	bool passive;              /* its connections never count as active: UDP */
	bool overloaded;           /* see target_judge(); carried over by the caller */
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
	uint64_t random;            /* twos: the seed, and then the state, of its draws */
};

/* What of a connection says where it goes; NONE: nothing, it takes the next pick. */
enum sched_key {
	SCHED_KEY_NONE,
	SCHED_KEY_SOURCE,
	SCHED_KEY_SOURCE_PORT,
	SCHED_KEY_DESTINATION
};

/* In a table: no target takes what falls here. */
enum {
	SLOT_NONE = 0xffff
};

/*
 * Schedulers are of three natures. By cycle: pick() and cycle(). By load: pick() alone; lblc and
 * lblcr (sched/locality.h) use it for destinations they do not know. By hash: table() and
 * table_size() alone.
 */
struct scheduler {
	/* Index of the next target, or -1 when there is none to take. */
	int (*pick)(struct sched_run *run);
	/* Picks until the sequence repeats; NULL when it depends on the load. */
	size_t (*cycle)(const struct target *targets, size_t n);
	/*
	 * Fills the table that the hash of a key is an index to: indexes of targets, or SLOT_NONE.
	 * `flags` are of enum scheduler_flag, `size` is what table_size() says, `n` at most 65535.
	 * 0 or -ENOMEM.
	 */
	int (*table)(const struct target *targets, size_t n, unsigned flags, uint16_t *slots,
		     size_t size);
	size_t (*table_size)(const struct target *targets, size_t n);
	enum sched_key key; /* of the table, or of the destinations lblc and lblcr know */
};

extern const struct scheduler scheduler_rr, scheduler_wrr, scheduler_lc, scheduler_wlc,
	scheduler_sed, scheduler_nq, scheduler_fo, scheduler_ovf, scheduler_twos, scheduler_dh,
	scheduler_sh, scheduler_mh, scheduler_lblc, scheduler_lblcr;

/* The implementation for an id. For lines, fo goes by tier as well: see policy/choice.h. */
const struct scheduler *scheduler_get(enum scheduler_id id);

/* The key a scheduler goes by; `flags` are of enum scheduler_flag. */
enum sched_key scheduler_key(const struct scheduler *scheduler, unsigned flags);

/* The draws of twos start from 0; set `random` for others. */
struct sched_run sched_run_start(struct target *targets, size_t n);

/* Takes part in the arithmetic of weights, even while it is overloaded. */
static inline bool target_weighs(const struct target *target)
{
	return target->usable && target->weight > 0;
}

static inline bool target_takes(const struct target *target)
{
	return target_weighs(target) && !target->overloaded;
}

/*
 * Sets `overloaded` once the connections reach the upper threshold, and clears it once they are
 * below the lower one (ip_vs_bind_dest(), ip_vs_unbind_dest()).
 */
void target_judge(struct target *target);

/* One more connection; target_judge() is the caller's. */
static inline void target_count(struct target *target)
{
	if (target->passive)
		target->inactive++;
	else
		target->active++;
}

/* ip_vs_dest_conn_overhead(), as it is since 6.1.183 and 6.12.104. */
static inline uint64_t target_overhead(const struct target *target)
{
	return ((uint64_t)target->active << 8) + target->active + target->inactive;
}

/* Less overhead for its weight: the measure of wlc and what builds on it. */
bool target_is_lighter(const struct target *a, const struct target *b);
/* Less to wait for, counting the connection to come: the measure of sed and nq. */
bool target_is_sooner(const struct target *a, const struct target *b);

/*
 * Of the targets that take connections the first, as IPVS walks them, that no other is better
 * than; -1 when there is none.
 */
int sched_best(struct sched_run *run,
	       bool (*better)(const struct target *a, const struct target *b));

/* Greatest common divisor; of 0 and a number that number. */
uint32_t sched_gcd(uint32_t a, uint32_t b);
/* Greatest common divisor of the weights that take part; 0 when there is none. */
uint32_t sched_weight_gcd(const struct target *targets, size_t n);

/* splitmix64: an even spread of the bits of a number. */
uint64_t sched_mix(uint64_t number);

/* The buckets of dh and sh: IP_VS_DH_TAB_SIZE, IP_VS_SH_TAB_SIZE. */
size_t sched_buckets(const struct target *targets, size_t n);

/* The usable target after `at`, round and round; `n` before the first, and when there is none. */
size_t sched_after(const struct target *targets, size_t n, size_t at);

/* Makes slots of targets that take nothing SLOT_NONE. */
void sched_refuse(const struct target *targets, uint16_t *slots, size_t size);
/*
 * Gives slots of targets that take nothing to the first one that does, from the slot start() on.
 * 0 or -ENOMEM.
 */
int sched_fall_back(const struct target *targets, uint16_t *slots, size_t size,
		    size_t (*start)(size_t slot, size_t size));
