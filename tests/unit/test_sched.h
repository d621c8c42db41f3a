/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "sched/sched.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What the tests of schedulers share: targets from a text, and random ones from a fixed seed. */

enum {
	TARGETS_MAX = 32,
	ROUNDS = 200
};

static inline uint32_t random_below(uint64_t *seed, uint32_t limit)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33) % limit;
}

/* Usable targets without connections, of weights such as "3,1". Returns how many. */
static inline size_t targets_of(const char *weights, struct target (*ret)[TARGETS_MAX])
{
	size_t n = 0;

	memset(*ret, 0, sizeof(*ret));
	for (const char *p = weights; *p; p += strcspn(p, ","), p += *p == ',') {
		(*ret)[n] = (struct target){ .weight = (uint32_t)atoi(p),
					     .identity = n + 1,
					     .usable = true };
		n++;
	}
	return n;
}

/* Some of them unusable, weightless, overloaded or equal. */
static inline void targets_random(uint64_t *seed, size_t n, struct target (*ret)[TARGETS_MAX])
{
	memset(*ret, 0, sizeof(*ret));
	for (size_t i = 0; i < n; i++)
		(*ret)[i] = (struct target){
			.weight = random_below(seed, 8),
			.active = random_below(seed, 12),
			.inactive = random_below(seed, 3) * random_below(seed, 2000),
			.identity = i + 1,
			.usable = random_below(seed, 6) != 0,
			.overloaded = random_below(seed, 6) == 0,
		};
}
