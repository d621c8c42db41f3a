/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Schedulers of lines that go by latency or by use: see spread.h. They run before the intent is
 * made, which then only looks up what they chose.
 */
#include "policy/spread.h"

#include "policy/choice.h"

#include <string.h>

enum {
	LATENCY_STEP_US = 5000, /* by which another line must be better ... */
	LATENCY_PARTS = 5,      /* ... and by one part in these */
	USE_STEP = 100,         /* 1/1000 of bandwidth, the same for the least used */
	WHOLE = 1000
};

bool spread_is_single(const struct config_policy *policy)
{
	return policy->scheduler == SCHEDULER_LEAST_LATENCY ||
	       policy->scheduler == SCHEDULER_OVERFLOW;
}

bool spread_goes_by_rates(const struct config *config)
{
	array_foreach(&config->policies, policy)
		if (policy->scheduler == SCHEDULER_LEAST_USED ||
		    policy->scheduler == SCHEDULER_OVERFLOW)
			return true;
	return false;
}

static uint32_t share_of(uint64_t rate, uint64_t bandwidth)
{
	if (!bandwidth)
		return 0;
	return rate >= bandwidth ? WHOLE : (uint32_t)((double)rate / (double)bandwidth * WHOLE);
}

/* The larger share of its bandwidth in use, up or down; 0 with none said. */
static uint32_t use_of(const struct line *line)
{
	uint32_t up = share_of(line->usage.rate_up, line->config->bandwidth.up);
	uint32_t down = share_of(line->usage.rate_down, line->config->bandwidth.down);

	return up > down ? up : down;
}

/* What a line is chosen for: the lower the better; UINT32_MAX: nothing is known of it. */
static uint32_t cost_of(const struct config_policy *policy, const struct line *line)
{
	if (policy->scheduler == SCHEDULER_OVERFLOW)
		return use_of(line);
	return line->quality.measured ? line->quality.latency_us : UINT32_MAX;
}

static bool is_much_better(const struct config_policy *policy, uint32_t cost, uint32_t than)
{
	if (cost >= than)
		return false;
	if (than == UINT32_MAX)
		return true;
	if (policy->scheduler == SCHEDULER_OVERFLOW)
		return than - cost >= USE_STEP;
	return than - cost >= LATENCY_STEP_US && than - cost >= than / LATENCY_PARTS;
}

/* The cheapest of a choice, but the present one unless another is much better. -1: none is known.
 */
static int cheapest(const struct world *world, const struct config_policy *policy,
		    const struct choice *choice, int present)
{
	uint32_t least = UINT32_MAX, cost_now = UINT32_MAX;
	int best = -1, now = -1;

	for (size_t i = 0; i < choice->n; i++) {
		uint32_t cost = cost_of(policy, choice->lines[i]);
		int line = (int)(choice->lines[i] - world->lines);

		if (cost < least) {
			least = cost;
			best = line;
		}
		if (line == present) {
			cost_now = cost;
			now = line;
		}
	}
	if (now < 0 || is_much_better(policy, least, cost_now))
		return best;
	return now;
}

static uint32_t mark_above(const struct world *world, const struct config_policy *policy,
			   uint32_t above)
{
	uint32_t mark = policy->overflow * (WHOLE / 100);

	for (size_t i = 0; i < policy->use.n; i++) {
		uint32_t bit = UINT32_C(1) << policy->use.v[i];
		uint32_t use = use_of(&world->lines[policy->use.v[i]]);

		if (use >= mark)
			above |= bit;
		else if (use < mark / 10 * 9)
			above &= ~bit;
	}
	return above;
}

static int first_below(const struct world *world, const struct choice *choice, uint32_t above)
{
	for (size_t i = 0; i < choice->n; i++) {
		int line = (int)(choice->lines[i] - world->lines);

		if (!(above >> line & 1))
			return line;
	}
	return -1;
}

static void choose_one(const struct world *world, const struct config_policy *policy,
		       struct policy_state *state, enum family_index f)
{
	struct choice choice = choice_candidates(world, policy, f);
	int line = -1;

	if (policy->scheduler == SCHEDULER_OVERFLOW)
		line = first_below(world, &choice, state->above);
	if (line < 0)
		line = cheapest(world, policy, &choice, state->line[f]);
	state->line[f] = line;
}

static uint64_t left(uint64_t bandwidth, uint64_t rate)
{
	return rate < bandwidth ? bandwidth - rate : 0;
}

/* What is free of one line, or of all that take part. */
struct rest {
	double up, down;
};

/* Bits of the lines that the policy may choose in either family, by index. */
static uint32_t takers(const struct world *world, const struct config_policy *policy)
{
	uint32_t bits = 0;

	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		struct choice choice = choice_candidates(world, policy, f);

		for (size_t i = 0; i < choice.n; i++)
			bits |= UINT32_C(1) << (choice.lines[i] - world->lines);
	}
	return bits;
}

static struct rest rest_of(const struct line *line)
{
	return (struct rest){
		.up = (double)left(line->config->bandwidth.up, line->usage.rate_up),
		.down = (double)left(line->config->bandwidth.down, line->usage.rate_down),
	};
}

static uint32_t weigh(const struct rest *rest, const struct rest *sum)
{
	double up = sum->up > 0 ? rest->up / sum->up : 0;
	double down = sum->down > 0 ? rest->down / sum->down : 0;
	uint32_t weight = (uint32_t)((up < down ? up : down) * WHOLE);

	return weight ? weight : 1;
}

/* Of 0, nothing was known. */
static bool differs(uint32_t weight, uint32_t was)
{
	uint32_t difference = weight > was ? weight - was : was - weight;
	uint32_t more = weight > was ? weight : was;

	return !was || (difference * 10 > more && difference >= WHOLE / 100);
}

uint32_t spread_weight(const struct policy_state *state, unsigned line)
{
	uint32_t weight = (state->weights[line] * SPREAD_WEIGHT_MAX + WHOLE / 2) / WHOLE;

	return weight || !state->weights[line] ? weight : 1;
}

/* Lines that take no part keep their weight, as nobody asks for it. */
static void weigh_lines(const struct world *world, const struct config_policy *policy,
			struct policy_state *state)
{
	uint32_t weights[CONFIG_UPLINKS_MAX], part = takers(world, policy);
	struct rest sum = { 0 };
	bool matters = false;

	memcpy(weights, state->weights, sizeof(weights));
	for (size_t i = 0; i < policy->use.n; i++) {
		bool takes = part >> policy->use.v[i] & 1;
		struct rest rest = rest_of(&world->lines[policy->use.v[i]]);

		sum.up += takes ? rest.up : 0;
		sum.down += takes ? rest.down : 0;
	}
	for (size_t i = 0; i < policy->use.n; i++) {
		unsigned line = policy->use.v[i];
		struct rest rest = rest_of(&world->lines[line]);

		if (!(part >> line & 1))
			continue;
		weights[line] = weigh(&rest, &sum);
		matters = matters || differs(weights[line], state->weights[line]);
	}
	if (matters)
		memcpy(state->weights, weights, sizeof(weights));
}

bool spread_lines(struct world *world)
{
	bool changed = false;

	array_foreach(&world->config->policies, policy) {
		struct policy_state *state = &world->policies[policy - world->config->policies.v];
		struct policy_state was = *state;

		if (policy->scheduler == SCHEDULER_OVERFLOW)
			state->above = mark_above(world, policy, state->above);
		if (policy->scheduler == SCHEDULER_LEAST_USED)
			weigh_lines(world, policy, state);
		for (enum family_index f = 0; spread_is_single(policy) && f < FAMILY_INDEX_MAX; f++)
			choose_one(world, policy, state, f);
		changed = changed || memcmp(&was, state, sizeof(was)) != 0;
	}
	return changed;
}
