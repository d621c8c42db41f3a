/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What policies decide. Each is a chain policy/NAME, to which match.c leads; a decision goes to
 * pick/LINE, by way of policy/NAME/LINE when the policy is sticky: clients are remembered in a set
 * for every line, so that the entry of a dead line can be ignored by leaving out the rule that
 * looks there.
 */
#include "policy/policy.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/time.h"
#include "policy/choice.h"
#include "policy/labels.h"
#include "policy/match.h"
#include "sched/ring.h"
#include "sched/sched.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct sticky_names {
	char set[96];
	const char *client; /* what of a packet names its client */
};

static struct sticky_names sticky_names(const char *policy, const char *line, enum family_index f)
{
	struct sticky_names names = {
		.client = f == FAMILY_V6 ? "ip6 saddr & ffff:ffff:ffff:ffff::" : "ip saddr",
	};

	snprintf(names.set, sizeof(names.set), "sticky/%s/%s/%c", policy, line,
		 f == FAMILY_V6 ? '6' : '4');
	return names;
}

/* Where a pick of this line goes: straight to pick/LINE, or by the chain that remembers it. */
static const char *pick_chain(const struct config_policy *policy, const struct line *line,
			      char (*chain)[80])
{
	if (policy->sticky_ms)
		snprintf(*chain, sizeof(*chain), "policy/%s/%s", policy->name, line->config->name);
	else
		snprintf(*chain, sizeof(*chain), "pick/%s", line->config->name);
	return *chain;
}

/* The sets of clients and the chains that fill them, for every line the policy may ever use. */
static void want_sticky(const struct world *world, const struct config_policy *policy,
			struct objects *objects)
{
	for (size_t i = 0; policy->sticky_ms && i < policy->use.n; i++) {
		const struct line *line = &world->lines[policy->use.v[i]];
		char chain[80];

		want_chain(objects, pick_chain(policy, line, &chain), NULL);
		for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
			struct sticky_names names =
				sticky_names(policy->name, line->config->name, f);

			want_set(objects, names.set, f == FAMILY_V6 ? "ipv6_addr" : "ipv4_addr",
				 NULL, NFT_SET_IS_DYNAMIC);
			want_nft(objects, chain, "update @%s { %s timeout %s }", names.set,
				 names.client, duration_text(policy->sticky_ms).text);
		}
		want_nft(objects, chain, "goto pick/%s", line->config->name);
	}
}

/* Clients that have a line keep it; one whose line is not among the choice is forgotten. */
static void want_remembered(const struct world *world, const struct config_policy *policy,
			    enum family_index f, struct objects *objects)
{
	struct choice choice = choice_to_keep(world, policy, f);
	char from[80], chain[80];

	snprintf(from, sizeof(from), "policy/%s", policy->name);
	for (size_t i = 0; i < choice.n; i++) {
		struct sticky_names names =
			sticky_names(policy->name, choice.lines[i]->config->name, f);

		want_nft(objects, from, "%s @%s goto %s", names.client, names.set,
			 pick_chain(policy, choice.lines[i], &chain));
	}
	for (size_t i = 0; i < policy->use.n; i++) {
		struct sticky_names names =
			sticky_names(policy->name, world->lines[policy->use.v[i]].config->name, f);

		want_nft(objects, from, "delete @%s { %s }", names.set, names.client);
	}
}

static void want_picks(const struct config_policy *policy, const struct choice *choice,
		       const uint16_t *picks, size_t n, uint32_t first, struct objects *objects)
{
	for (size_t i = 0; i < n; i++) {
		struct nft_key key = { 0 };
		char chain[80];

		if (picks[i] == SLOT_NONE)
			continue;
		nft_key_u32(&key, first + (uint32_t)i);
		want_verdict(objects, "picks", &key, "%s",
			     pick_chain(policy, choice->lines[picks[i]], &chain));
	}
}

/* The lines as a scheduler sees them. */
static void look_at_lines(const struct world *world, const struct config_policy *policy,
			  const struct choice *choice, struct target *targets)
{
	for (size_t i = 0; i < choice->n; i++) {
		const struct line *line = choice->lines[i];
		const char *name = line->config->name;

		targets[i] =
			(struct target){ .weight = choice_weight(world, policy, line),
					 .active = line->connections,
					 .identity = hash_bytes(HASH_START, name, strlen(name)),
					 .usable = true };
	}
}

struct slots_of_policy {
	const struct config_policy *policy;
	char name[80], chain[80];
	enum family_index f;
};

static struct slots_of_policy slots_of_policy(const struct config_policy *policy,
					      enum family_index f)
{
	struct slots_of_policy names = { .policy = policy, .f = f };

	snprintf(names.name, sizeof(names.name), "policy/%s/%c", policy->name,
		 f == FAMILY_V6 ? '6' : '4');
	snprintf(names.chain, sizeof(names.chain), "policy/%s", policy->name);
	return names;
}

/* A table entered by the hash of the client, or of where it wants to go. */
static int want_table_of(const struct slots_of_policy *names, const struct choice *choice,
			 const struct target *targets, struct slots *slots, struct objects *objects)
{
	const struct scheduler *scheduler = scheduler_get(names->policy->scheduler);
	size_t size = scheduler->table_size(targets, choice->n);
	_cleanup_free_ uint16_t *picks = calloc(size + 1, sizeof(*picks));
	uint32_t first = 0;
	int r;

	if (!picks)
		return -ENOMEM;
	r = scheduler->table(targets, choice->n, 0, picks, size);
	r = r < 0 ? r : slots_take(slots, names->name, (uint32_t)size, &first);
	if (r < 0)
		return r;
	want_picks(names->policy, choice, picks, size, first, objects);
	want_nft(objects, names->chain,
		 "jhash %s %s mod %zu seed 0x75706c6b offset %" PRIu32 " vmap @picks",
		 names->f == FAMILY_V6 ? "ip6" : "ip",
		 scheduler_key(scheduler, 0) == SCHED_KEY_DESTINATION ? "daddr" : "saddr", size,
		 first);
	return 0;
}

static int want_ring_of(const struct slots_of_policy *names, const struct choice *choice,
			const struct target *targets, struct slots *slots, struct objects *objects)
{
	struct ring ring = { 0 };
	uint32_t first = 0;
	int r = ring_make(names->policy->scheduler, targets, choice->n, &ring);

	r = r < 0 ? r : slots_take(slots, names->name, (uint32_t)ring.picks.n, &first);
	if (r == 0) {
		want_picks(names->policy, choice, ring.picks.v, ring.picks.n, first, objects);
		want_nft_salted(
			objects, names->chain,
			hash_bytes(HASH_START, ring.picks.v, ring.picks.n * sizeof(*ring.picks.v)),
			"meta nfproto %s numgen inc mod %zu offset %" PRIu32 " vmap @picks",
			names->f == FAMILY_V6 ? "ipv6" : "ipv4", ring.picks.n, first);
	}
	ring_done(&ring);
	return r;
}

/* Where to pick among several lines; a single one needs no picks. */
static int want_ring(const struct world *world, const struct config_policy *policy,
		     const struct choice *choice, enum family_index f, struct slots *slots,
		     struct objects *objects)
{
	struct slots_of_policy names = slots_of_policy(policy, f);
	struct target targets[CONFIG_UPLINKS_MAX];

	look_at_lines(world, policy, choice, targets);
	if (scheduler_get(policy->scheduler)->table)
		return want_table_of(&names, choice, targets, slots, objects);
	return want_ring_of(&names, choice, targets, slots, objects);
}

/* A line that is none of the policy's. */
static void want_other(const struct world *world, const struct config_policy *policy,
		       const struct line *line, enum family_index f, struct objects *objects)
{
	struct choice choice = { .lines = { line }, .n = 1 };
	char from[80];

	snprintf(from, sizeof(from), "policy/%s", policy->name);
	want_line_labels(world, &policy->use, &choice, f, true, from, objects);
	want_nft(objects, from, "meta nfproto %s goto pick/%s", f == FAMILY_V6 ? "ipv6" : "ipv4",
		 line->config->name);
}

/* What a policy does when none of its lines is usable. */
static void want_otherwise(const struct world *world, const struct config_policy *policy,
			   enum family_index f, struct objects *objects)
{
	const char *protocol = f == FAMILY_V6 ? "ipv6" : "ipv4";
	const struct line *best = choice_best(world, f);
	char from[80];

	snprintf(from, sizeof(from), "policy/%s", policy->name);
	if (policy->otherwise == OTHERWISE_DROP)
		want_nft(objects, from, "meta nfproto %s drop", protocol);
	else if (policy->otherwise == OTHERWISE_ANY && best)
		want_other(world, policy, best, f, objects);
	else
		want_nft(objects, from, "meta nfproto %s reject with icmpx admin-prohibited",
			 protocol);
}

static void want_decision(const struct world *world, const struct config_policy *policy,
			  struct slots *slots, struct objects *objects)
{
	char name[80];

	snprintf(name, sizeof(name), "policy/%s", policy->name);
	want_chain(objects, name, NULL);
	want_sticky(world, policy, objects);
	want_keep_label(world, policy, name, objects);
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		struct choice choice = choice_make(world, policy, f);
		char chain[80];

		if (f == FAMILY_V6)
			sources_of_policy(world, policy, &choice, name, objects);
		want_line_labels(world, &policy->use, &choice, f, false, name, objects);
		if (policy->sticky_ms && choice.n)
			want_remembered(world, policy, f, objects);
		if (choice.n > 1)
			objects_fail(objects, want_ring(world, policy, &choice, f, slots, objects));
		else if (choice.n == 1)
			want_nft(objects, name, "meta nfproto %s goto %s",
				 f == FAMILY_V6 ? "ipv6" : "ipv4",
				 pick_chain(policy, choice.lines[0], &chain));
		else
			want_otherwise(world, policy, f, objects);
	}
}

/* What no policy matched: forwarded traffic is spread over all lines. */
static void want_spread(const struct world *world, struct slots *slots, struct objects *objects)
{
	unsigned all[CONFIG_UPLINKS_MAX];
	struct config_policy spread = {
		.name = "_unmatched",
		.dscp = -1,
		.use = { .v = all, .n = world->config->uplinks.n },
		.scheduler = SCHEDULER_WRR,
	};

	for (unsigned i = 0; i < spread.use.n; i++)
		all[i] = i;
	want_decision(world, &spread, slots, objects);
	want_nft(objects, "forwarded", "goto policy/%s", spread.name);
}

/* What no policy matched: the box's own traffic goes by the best line, where it is already headed.
 */
static void want_best(const struct world *world, struct objects *objects)
{
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		const struct line *best = choice_least_bad(world, f);
		struct choice choice = { .lines = { best }, .n = best != NULL };

		want_line_labels(world, NULL, &choice, f, false, "local", objects);
		if (best)
			want_nft(objects, "local", "meta nfproto %s goto pick/%s",
				 f == FAMILY_V6 ? "ipv6" : "ipv4", best->config->name);
	}
}

void policies_intent(const struct world *world, struct slots *slots, struct objects *objects)
{
	want_set(objects, "picks", "numgen", "verdict", 0);
	array_foreach(&world->config->policies, policy) {
		want_decision(world, policy, slots, objects);
		match_intent(world, policy, objects);
	}
	if (world->config->uplinks.n)
		want_spread(world, slots, objects);
	want_best(world, objects);
}
