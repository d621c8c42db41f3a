/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/array.h"

#include <stdint.h>

struct daemon;

/* Told to the kernel anew by us: when, and when its client was heard of before that. */
struct renewed {
	uint64_t id; /* hash of its set and its key */
	uint64_t used_us, renewed_us;
};

struct renewals {
	ARRAY(struct renewed) v; /* by id */
};

/*
 * Renews and ends associations that are idle, of all services, and remembers what was renewed. 0 or
 * a negative errno.
 */
int keep_reserves(struct daemon *d, struct renewals *renewals);
