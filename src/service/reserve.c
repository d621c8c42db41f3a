/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients of IPsec may be silent for longer than anybody wants to remember every client. While
 * there are few of those, they are kept: the kernel, which ends each by its own time, is told anew
 * of those who would leave before somebody looks again.
 */
#include "service/reserve.h"

#include <stdlib.h>

static int by_idleness(const void *a, const void *b)
{
	const struct association *x = a, *y = b;

	return (x->idle_ms > y->idle_ms) - (x->idle_ms < y->idle_ms);
}

void reserve_choose(struct association *associations, size_t n, uint64_t full_ms, uint32_t reserve)
{
	size_t beyond = 0;

	if (n)
		qsort(associations, n, sizeof(*associations), by_idleness);
	for (size_t i = 0; i < n; i++) {
		struct association *association = &associations[i];

		beyond += association->idle_ms >= full_ms;
		if (beyond > reserve)
			association->turn = ASSOCIATION_LEAVES;
		else if (reserve && association->left_ms <= full_ms / 2)
			association->turn = ASSOCIATION_RENEWED;
		else
			association->turn = ASSOCIATION_STAYS;
	}
}
