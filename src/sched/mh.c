/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maglev hashing (ip_vs_mh.c; Eisenbud et al., NSDI 2016, 3.4): every target has an order of
 * preference over the slots that follows from its identity alone, and they take their favourite
 * free slots in turn, heavier ones more at a time. When one goes, most slots of the others stay.
 *
 * IPVS has one table size for the whole kernel, by default 4093. Here a table grows with its
 * targets, so that the shares stay true to about one in a hundred.
 */
#include "sched/sched.h"

#include "base/array.h"
#include "base/cleanup.h"

#include <assert.h>
#include <errno.h>

enum {
	SLOTS_A_TARGET = 100,
	SMALLEST = 4 /* 4093 */
};

static const size_t primes[] = { 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071 };

static size_t mh_table_size(const struct target *targets, size_t n)
{
	size_t i = SMALLEST;

	while (i + 1 < ELEMENTS_OF(primes) && primes[i] <= SLOTS_A_TARGET * n)
		i++;
	return primes[i];
}

/* Where a target stands in its order of preference: the slots at, at + skip, at + 2 skip, ... */
struct preference {
	size_t at, skip;
	uint32_t turns; /* slots it takes at a time */
};

static unsigned bits(size_t number)
{
	return number ? 64 - (unsigned)__builtin_clzll(number) : 0;
}

/* A drained target keeps the slots that it had. */
static uint32_t lasting_weight(const struct target *target)
{
	if (!target->usable)
		return 0;
	return target->weight ? target->weight : target->last_weight;
}

/* So that a round of turns is short for the table (ip_vs_mh_shift_weight()). */
static unsigned turns_shift(const struct target *targets, size_t n, uint32_t divisor, size_t size)
{
	unsigned heaviest = 0, most = bits(size) / 2;

	for (size_t i = 0; i < n; i++)
		if (bits(lasting_weight(&targets[i]) / divisor) > heaviest)
			heaviest = bits(lasting_weight(&targets[i]) / divisor);
	return heaviest > most ? heaviest - most : 0;
}

/* What each target prefers; false when none has a weight. */
static bool prefer(struct preference *preferences, const struct target *targets, size_t n,
		   size_t size)
{
	uint32_t divisor = 0;
	unsigned shift;

	for (size_t i = 0; i < n; i++)
		divisor = sched_gcd(divisor, lasting_weight(&targets[i]));
	if (!divisor)
		return false;
	shift = turns_shift(targets, n, divisor, size);
	for (size_t i = 0; i < n; i++) {
		uint32_t weight = lasting_weight(&targets[i]);
		uint32_t turns = weight / divisor >> shift;

		preferences[i] = (struct preference){
			.at = sched_mix(targets[i].identity) % size,
			.skip = sched_mix(~targets[i].identity) % (size - 1) + 1,
			.turns = turns || !weight ? turns : 1,
		};
	}
	return true;
}

static size_t favourite(struct preference *preference, const uint16_t *slots, size_t size)
{
	while (slots[preference->at] != SLOT_NONE)
		preference->at = (preference->at + preference->skip) % size;
	return preference->at;
}

static void populate(struct preference *preferences, size_t n, uint16_t *slots, size_t size)
{
	size_t left = size;

	while (left)
		for (size_t i = n; i-- > 0;)
			for (uint32_t turn = 0; turn < preferences[i].turns && left; turn++) {
				slots[favourite(&preferences[i], slots, size)] = (uint16_t)i;
				left--;
			}
}

/* IPVS hashes each client anew, so that those of one target scatter over all others. */
static size_t mh_fallback_start(size_t slot, size_t size)
{
	return sched_mix(slot) % size;
}

static int mh_table(const struct target *targets, size_t n, unsigned flags, uint16_t *slots,
		    size_t size)
{
	_cleanup_free_ struct preference *preferences = calloc(n + 1, sizeof(*preferences));

	assert(size > 1 && size == mh_table_size(targets, n)); /* a prime */
	if (!preferences)
		return -ENOMEM;
	for (size_t i = 0; i < size; i++)
		slots[i] = SLOT_NONE;
	if (prefer(preferences, targets, n, size))
		populate(preferences, n, slots, size);
	if (flags & SCHEDULER_HASH_FALLBACK)
		return sched_fall_back(targets, slots, size, mh_fallback_start);
	sched_refuse(targets, slots, size);
	return 0;
}

const struct scheduler scheduler_mh = {
	.table = mh_table,
	.table_size = mh_table_size,
	.key = SCHED_KEY_SOURCE,
};
