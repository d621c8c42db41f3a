/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/world.h"

/* Lines to choose from, in order of preference. */
struct choice {
	const struct line *lines[CONFIG_UPLINKS_MAX];
	size_t n;
};

/*
 * Of the lines in `use`, those that may take new connections of the family: the usable ones of the
 * lowest tier that has any; for fo only the heaviest of them, the first in `use` among equals.
 */
struct choice choice_make(const struct world *world, const struct uplink_refs *use,
			  enum scheduler_id scheduler, enum family_index f);

/* The best of all lines by tier, weight and order; NULL when none is usable. */
const struct line *choice_best(const struct world *world, enum family_index f);

/*
 * The best, or with none usable the least bad of those whose table leads anywhere; NULL without
 * any: a table with nothing but its blackhole would swallow what policies are to refuse.
 */
const struct line *choice_least_bad(const struct world *world, enum family_index f);
