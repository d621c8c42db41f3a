/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preference among lines: tier first, then weight, then order.
 */
#include "policy/choice.h"

static bool is_better(const struct line *a, const struct line *b)
{
	if (a->config->tier != b->config->tier)
		return a->config->tier < b->config->tier;
	return a->config->weight > b->config->weight;
}

/* Keeps the lines of the lowest tier. */
static void keep_lowest_tier(struct choice *choice)
{
	uint32_t lowest = UINT32_MAX;
	size_t kept = 0;

	for (size_t i = 0; i < choice->n; i++)
		if (choice->lines[i]->config->tier < lowest)
			lowest = choice->lines[i]->config->tier;
	for (size_t i = 0; i < choice->n; i++)
		if (choice->lines[i]->config->tier == lowest)
			choice->lines[kept++] = choice->lines[i];
	choice->n = kept;
}

static const struct line *first_best(const struct choice *choice)
{
	const struct line *best = NULL;

	for (size_t i = 0; i < choice->n; i++)
		if (!best || is_better(choice->lines[i], best))
			best = choice->lines[i];
	return best;
}

struct choice choice_make(const struct world *world, const struct uplink_refs *use,
			  enum scheduler_id scheduler, enum family_index f)
{
	struct choice choice = { 0 };

	for (size_t i = 0; i < use->n; i++)
		if (world->lines[use->v[i]].family[f].usable)
			choice.lines[choice.n++] = &world->lines[use->v[i]];
	keep_lowest_tier(&choice);
	if (scheduler == SCHEDULER_FO && choice.n) {
		choice.lines[0] = first_best(&choice);
		choice.n = 1;
	}
	return choice;
}

const struct line *choice_best(const struct world *world, enum family_index f)
{
	struct choice choice = { 0 };

	for (size_t i = 0; i < world->config->uplinks.n; i++)
		if (world->lines[i].family[f].usable)
			choice.lines[choice.n++] = &world->lines[i];
	return first_best(&choice);
}

/* Its table has a default route, even if what lies behind does not answer. */
static bool has_way(const struct world *world, const struct line *line, enum family_index f)
{
	const struct link *link = facts_link(world->facts, line->link);

	return link && link->up && line->family[f].routed && ip_is_set(&line->family[f].address);
}

const struct line *choice_least_bad(const struct world *world, enum family_index f)
{
	const struct line *best = choice_best(world, f);
	struct choice choice = { 0 };

	for (size_t i = 0; !best && i < world->config->uplinks.n; i++)
		if (world->lines[i].state != UPLINK_DISABLED && has_way(world, &world->lines[i], f))
			choice.lines[choice.n++] = &world->lines[i];
	return best ? best : first_best(&choice);
}
