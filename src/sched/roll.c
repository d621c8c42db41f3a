/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scheduler works on a copy of the targets in which every pick counts as one more
 * connection. Since it is a function of the counts alone, filling the ring again after some picks
 * were taken gives the very picks that stand there; only departures and weights change them.
 */
#include "sched/roll.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

enum {
	REORDER = 8 /* how far the order of what is heard may differ from that of the kernel */
};

void roll_lose(struct roll *roll)
{
	roll->filled = false;
}

/* Goes on over what was taken; a slot that others have left far behind was taken unheard. */
static void roll_pass(struct roll *roll)
{
	while (roll->taken[roll->at] || roll->taken[(roll->at + REORDER) % roll_slots(roll)]) {
		roll->taken[roll->at] = false;
		roll->at = (roll->at + 1) % roll_slots(roll);
		roll->number++;
	}
}

/*
 * Connections that began while the slots were filled took what had stood there. With the first that
 * took what stands there now, those are all heard of.
 */
static bool roll_led(struct roll *roll, uint32_t slot, uint16_t target)
{
	if (roll->taken[slot] || (roll->picks[slot] != target && roll->before[slot] != target))
		return false;
	if (roll->before[slot] != target)
		memcpy(roll->before, roll->picks, sizeof(roll->before));
	return true;
}

void roll_taken(struct roll *roll, uint16_t target)
{
	for (uint32_t i = 0; roll->filled && i <= REORDER; i++) {
		uint32_t slot = (roll->at + i) % roll_slots(roll);

		if (!roll_led(roll, slot, target))
			continue;
		roll->taken[slot] = true;
		roll_pass(roll);
		return;
	}
	roll_lose(roll);
}

static void roll_restart(struct roll *roll)
{
	memset(roll->taken, 0, sizeof(roll->taken));
	roll->at = 0;
	roll->filled = true;
	roll->restart++;
}

/* The pick of one slot, counted as taken; SLOT_NONE when no target takes any more. */
static uint16_t roll_pick(const struct scheduler *scheduler, struct target *targets, size_t n,
			  uint64_t number)
{
	struct sched_run run = sched_run_start(targets, n);
	int pick;

	run.random = sched_mix(number);
	pick = scheduler->pick(&run);
	if (pick < 0)
		return SLOT_NONE;
	target_count(&targets[pick]);
	target_judge(&targets[pick]);
	return (uint16_t)pick;
}

/* Picks for every slot from `at` round to the one before it; those taken ahead of others stay. */
static bool roll_fill(struct roll *roll, const struct scheduler *scheduler, struct target *targets,
		      size_t n)
{
	bool changed = false;

	roll->scarce = false;
	for (uint32_t i = 0; i < roll_slots(roll); i++) {
		uint32_t slot = (roll->at + i) % roll_slots(roll);
		uint16_t pick;

		if (roll->taken[slot])
			continue;
		pick = roll_pick(scheduler, targets, n, roll->number + i);
		changed = changed || roll->picks[slot] != pick;
		roll->picks[slot] = pick;
		roll->scarce = roll->scarce || pick == SLOT_NONE;
	}
	return changed;
}

/*
 * Nobody knows where the kernel is. Slots without a pick follow those with one, so that it passes
 * them unheard only when it has taken all.
 */
static bool is_lost(const struct roll *roll)
{
	return !roll->filled || roll->picks[roll->at] == SLOT_NONE;
}

int roll_on(struct roll *roll, enum scheduler_id id, const struct target *targets, size_t n)
{
	_cleanup_free_ struct target *copy = calloc(n + 1, sizeof(*copy));
	bool lost = is_lost(roll), changed;
	struct roll next = *roll;

	if (!copy)
		return -ENOMEM;
	if (n)
		memcpy(copy, targets, n * sizeof(*copy));
	if (lost)
		roll_restart(&next);
	changed = roll_fill(&next, scheduler_get(id), copy, n);
	memcpy(next.before, lost ? next.picks : roll->picks, sizeof(next.before));
	/* Where nobody takes anything the kernel does not walk at all. */
	if (!changed && (!lost || (roll->filled && next.picks[0] == SLOT_NONE)))
		return 0;
	*roll = next;
	return 1;
}

bool roll_goes_on(const struct roll *roll, enum scheduler_id id, const struct target *targets,
		  size_t n)
{
	struct roll copy = *roll;

	return roll->filled && !roll->scarce && roll_on(&copy, id, targets, n) == 0;
}
