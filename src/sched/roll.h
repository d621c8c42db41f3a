/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "sched/sched.h"

enum {
	ROLL_SLOTS = 64 /* at most */
};

/*
 * The ring of a scheduler that goes by load. The kernel walks it round and round; behind it, as
 * connections are heard of, the slots that were taken are filled with the picks that come next. The
 * kernel never waits, and as long as connections only come, the sequence is exactly the
 * scheduler's.
 */
struct roll {
	uint16_t picks[ROLL_SLOTS];  /* indexes of targets, or SLOT_NONE */
	uint16_t before[ROLL_SLOTS]; /* what stood there until they were filled the last time */
	bool taken[ROLL_SLOTS];
	bool filled;      /* it is known where the kernel is */
	bool scarce;      /* some slots have no pick, and the kernel passes those unheard */
	uint32_t slots;   /* how many there are, at least 16; 0: ROLL_SLOTS */
	uint32_t at;      /* the next slot that is not known to be taken */
	uint64_t number;  /* picks known to be taken since the start: the seed of random draws */
	uint32_t restart; /* changes when the kernel has to begin again at slot 0 */
};

static inline uint32_t roll_slots(const struct roll *roll)
{
	return roll->slots ? roll->slots : ROLL_SLOTS;
}

/*
 * A connection to `target` was heard of. Connections that began at the same time may be heard of in
 * another order, and one may never be; if the kernel is not where it was thought to be, the next
 * roll_on() starts afresh.
 */
void roll_taken(struct roll *roll, uint16_t target);
/*
 * True when the picks that stand there are those that roll_on() would make with the kernel at its
 * first slot: for rings of whose picks nothing is heard.
 */
bool roll_goes_on(const struct roll *roll, enum scheduler_id id, const struct target *targets,
		  size_t n);
/* Forgets where the kernel is: the next roll_on() starts afresh. */
void roll_lose(struct roll *roll);
/*
 * The picks from here on, as if each had been taken, from the counts as they are now. `n` is at
 * most 65535. Returns true when anything changed; -ENOMEM.
 */
int roll_on(struct roll *roll, enum scheduler_id id, const struct target *targets, size_t n);
