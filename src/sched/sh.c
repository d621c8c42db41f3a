/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Source hashing: the buckets go round the targets, each taking as many in turn as its weight
 * (ip_vs_sh.c). There are 256, and whoever comes late gets what is left: 200 and 200 share them 200
 * to 56. A target of weight 0 has one in its turn.
 */
#include "sched/sched.h"

/* ip_vs_sh_get_fallback() adds the hash to the offset, which holds it already. */
static size_t sh_fallback_start(size_t slot, size_t size)
{
	return slot * 2 % size;
}

static int sh_table(const struct target *targets, size_t n, unsigned flags, uint16_t *slots,
		    size_t size)
{
	size_t at = sched_after(targets, n, n);
	uint32_t taken = 0;

	for (size_t i = 0; i < size; i++) {
		slots[i] = at < n ? (uint16_t)at : SLOT_NONE;
		if (at < n && ++taken >= targets[at].weight) {
			at = sched_after(targets, n, at);
			taken = 0;
		}
	}
	if (flags & SCHEDULER_HASH_FALLBACK)
		return sched_fall_back(targets, slots, size, sh_fallback_start);
	sched_refuse(targets, slots, size);
	return 0;
}

const struct scheduler scheduler_sh = {
	.table = sh_table,
	.table_size = sched_buckets,
	.key = SCHED_KEY_SOURCE,
};
