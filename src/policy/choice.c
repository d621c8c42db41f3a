/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preference among lines: grade first, then tier, then what the scheduler wants; where none is
 * asked, weight and order.
 */
#include "policy/choice.h"

#include "policy/spread.h"

static bool is_better(const struct line *a, const struct line *b)
{
	if (a->grade != b->grade)
		return a->grade > b->grade;
	if (a->config->tier != b->config->tier)
		return a->config->tier < b->config->tier;
	return a->config->weight > b->config->weight;
}

/* Keeps the lines of the best grade, and of those the lowest tier. */
static void keep_best(struct choice *choice)
{
	const struct line *best = choice->lines[0];
	size_t kept = 0;

	for (size_t i = 1; i < choice->n; i++) {
		const struct line *line = choice->lines[i];

		if (line->grade > best->grade ||
		    (line->grade == best->grade && line->config->tier < best->config->tier))
			best = line;
	}
	for (size_t i = 0; i < choice->n; i++)
		if (choice->lines[i]->grade == best->grade &&
		    choice->lines[i]->config->tier == best->config->tier)
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

struct choice choice_candidates(const struct world *world, const struct config_policy *policy,
				enum family_index f)
{
	struct choice choice = { 0 };

	for (size_t i = 0; i < policy->use.n; i++)
		if (world->lines[policy->use.v[i]].family[f].usable)
			choice.lines[choice.n++] = &world->lines[policy->use.v[i]];
	keep_best(&choice);
	return choice;
}

/* What the policy's scheduler remembers; NULL: nothing, as for what no policy matched. */
static const struct policy_state *state_of(const struct world *world,
					   const struct config_policy *policy)
{
	array_foreach(&world->config->policies, known)
		if (known == policy)
			return &world->policies[known - world->config->policies.v];
	return NULL;
}

/* The one that was chosen, if it is still there to choose. */
static const struct line *remembered(const struct world *world, const struct config_policy *policy,
				     const struct choice *choice, enum family_index f)
{
	const struct policy_state *state = state_of(world, policy);

	for (size_t i = 0; state && i < choice->n; i++)
		if (choice->lines[i] - world->lines == state->line[f])
			return choice->lines[i];
	return first_best(choice);
}

struct choice choice_make(const struct world *world, const struct config_policy *policy,
			  enum family_index f)
{
	struct choice choice = choice_candidates(world, policy, f);

	if (!choice.n)
		return choice;
	if (policy->scheduler == SCHEDULER_FO)
		choice.lines[0] = first_best(&choice);
	else if (spread_is_single(policy))
		choice.lines[0] = remembered(world, policy, &choice, f);
	else
		return choice;
	choice.n = 1;
	return choice;
}

struct choice choice_to_keep(const struct world *world, const struct config_policy *policy,
			     enum family_index f)
{
	return spread_is_single(policy) ? choice_candidates(world, policy, f)
					: choice_make(world, policy, f);
}

uint32_t choice_weight(const struct world *world, const struct config_policy *policy,
		       const struct line *line)
{
	const struct policy_state *state = state_of(world, policy);
	uint32_t weight = 0;

	if (policy->scheduler == SCHEDULER_LEAST_USED && state)
		weight = spread_weight(state, (unsigned)(line - world->lines));
	return weight ? weight : line->config->weight;
}

const struct line *choice_best(const struct world *world, enum family_index f)
{
	struct choice choice = { 0 };

	for (size_t i = 0; i < world->config->uplinks.n; i++)
		if (world->lines[i].family[f].usable)
			choice.lines[choice.n++] = &world->lines[i];
	return first_best(&choice);
}

struct choice choice_order(const struct world *world, enum family_index f)
{
	struct choice order = { 0 };

	for (size_t i = 0; i < world->config->uplinks.n; i++) {
		const struct line *line = &world->lines[i];
		size_t at = order.n;

		if (!line->family[f].usable)
			continue;
		for (; at > 0 && is_better(line, order.lines[at - 1]); at--)
			order.lines[at] = order.lines[at - 1];
		order.lines[at] = line;
		order.n++;
	}
	return order;
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
