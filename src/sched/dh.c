/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Destination hashing: the buckets go round the targets, whatever their weights (ip_vs_dh.c).
 */
#include "sched/sched.h"

static int dh_table(const struct target *targets, size_t n, unsigned flags, uint16_t *slots,
		    size_t size)
{
	size_t at = n;

	for (size_t i = 0; i < size; i++) {
		at = sched_after(targets, n, at);
		slots[i] = at < n ? (uint16_t)at : SLOT_NONE;
	}
	sched_refuse(targets, slots, size);
	return 0;
}

const struct scheduler scheduler_dh = {
	.table = dh_table,
	.table_size = sched_buckets,
	.key = SCHED_KEY_DESTINATION,
};
