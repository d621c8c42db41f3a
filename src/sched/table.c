/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the schedulers by hash share. A table is first filled as if every usable target took
 * connections, so that one that is drained or overloaded moves nobody else; then its own slots are
 * closed, or given away.
 */
#include "sched/sched.h"

#include "base/cleanup.h"

#include <errno.h>

enum {
	BUCKETS = 256
};

size_t sched_buckets(const struct target *targets, size_t n)
{
	return BUCKETS;
}

uint64_t sched_mix(uint64_t number)
{
	number += UINT64_C(0x9e3779b97f4a7c15);
	number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
	return number ^ (number >> 31);
}

size_t sched_after(const struct target *targets, size_t n, size_t at)
{
	for (size_t tried = 0; tried < n; tried++) {
		at = at == 0 ? n - 1 : at - 1;
		if (targets[at].usable)
			return at;
	}
	return n;
}

static bool slot_takes(const struct target *targets, uint16_t slot)
{
	return slot != SLOT_NONE && target_takes(&targets[slot]);
}

void sched_refuse(const struct target *targets, uint16_t *slots, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!slot_takes(targets, slots[i]))
			slots[i] = SLOT_NONE;
}

int sched_fall_back(const struct target *targets, uint16_t *slots, size_t size,
		    size_t (*start)(size_t slot, size_t size))
{
	_cleanup_free_ uint16_t *next = calloc(size, sizeof(*next));
	uint16_t found = SLOT_NONE;

	if (!next)
		return -ENOMEM;
	for (size_t i = 2 * size; i-- > 0;) {
		if (slot_takes(targets, slots[i % size]))
			found = slots[i % size];
		next[i % size] = found;
	}
	for (size_t i = 0; i < size; i++)
		if (!slot_takes(targets, slots[i]))
			slots[i] = next[start(i, size)];
	return 0;
}
