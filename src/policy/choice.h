/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/world.h"

/* Lines to choose from, in order of preference. */
struct choice {
	const struct line *lines[CONFIG_UPLINKS_MAX];
	size_t n;
};

/*
 * Of the lines a policy uses, those that may take its new connections of the family: the usable
 * ones of the best grade, of those the lowest tier. Schedulers that want one alone leave one: fo
 * the heaviest, the first in `use` among equals; least-latency and overflow as policy/spread.h
 * says.
 */
struct choice choice_make(const struct world *world, const struct config_policy *policy,
			  enum family_index f);

/* The same before the scheduler has its say. */
struct choice choice_candidates(const struct world *world, const struct config_policy *policy,
				enum family_index f);

/* Those that a sticky client may keep: also one that its scheduler would not choose now. */
struct choice choice_to_keep(const struct world *world, const struct config_policy *policy,
			     enum family_index f);

/* What the line weighs in a policy. */
uint32_t choice_weight(const struct world *world, const struct config_policy *policy,
		       const struct line *line);

/* All lines that are usable, by grade, tier, weight and order. */
struct choice choice_order(const struct world *world, enum family_index f);

/* The best of all lines by grade, tier, weight and order; NULL when none is usable. */
const struct line *choice_best(const struct world *world, enum family_index f);

/*
 * The best, or with none usable the least bad of those whose table leads anywhere, one that rests
 * included: without any route the kernel takes what comes in over it for spoofed. NULL without any:
 * a table with nothing but its blackhole would swallow what policies are to refuse.
 */
const struct line *choice_least_bad(const struct world *world, enum family_index f);
