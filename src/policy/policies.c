/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policies. Each is a chain policy/NAME that decides, and rules in `forwarded` and `local` that
 * lead there. What a policy looks at is a list of dimensions (interface, user, source, ...), each
 * a list of alternatives: dimensions with one alternative stand in the rule itself; each of the
 * others is a chain match/NAME/n whose rules, one an alternative, go on to the next, so that a
 * policy costs the sum of its alternatives and not their product.
 *
 * A decision goes to pick/LINE, by way of policy/NAME/LINE when the policy is sticky: clients are
 * remembered in a set for every line, so that the entry of a dead line can be ignored by leaving
 * out the rule that looks there.
 */
#include "policy/choice.h"
#include "policy/policy.h"
#include "sched/ring.h"

#include "base/hash.h"
#include "base/time.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Alternatives of one dimension. */
struct dimension {
	ARRAY(const char *) texts;
};

enum {
	DIMENSIONS_MAX = 8
};

struct selector {
	struct dimension dimensions[DIMENSIONS_MAX];
	size_t n;
	bool impossible; /* nothing can match, as long as the facts stay */
};

static void selector_done(struct selector *selector)
{
	for (size_t i = 0; i < selector->n; i++)
		array_done(&selector->dimensions[i].texts);
}

static struct dimension *selector_add(struct selector *selector)
{
	return &selector->dimensions[selector->n++];
}

static void alternative(struct dimension *dimension, struct objects *objects, const char *format,
			...) _printf_(3, 4);

static void alternative(struct dimension *dimension, struct objects *objects, const char *format,
			...)
{
	char text[512];
	const char *kept;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	kept = arena_strdup(&objects->arena, text);
	objects_fail(objects, kept ? array_push(&dimension->texts, kept) : -ENOMEM);
}

static bool has_family(const struct prefixes *prefixes, uint8_t family)
{
	for (size_t i = 0; i < prefixes->n; i++)
		if (prefixes->v[i].address.family == family)
			return true;
	return false;
}

/* `side` is "saddr" or "daddr"; the prefixes of each family are a set of the policy's own. */
static void select_prefixes(struct selector *selector, const char *name, const char *side,
			    const struct prefixes *prefixes, struct objects *objects)
{
	struct dimension *dimension;

	if (!prefixes->n)
		return;
	dimension = selector_add(selector);
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		bool v6 = f == FAMILY_V6;
		char set[80];

		if (!has_family(prefixes, family_of(f)))
			continue;
		snprintf(set, sizeof(set), "%s/%s%c", name, side, v6 ? '6' : '4');
		want_set(objects, set, v6 ? "ipv6_addr" : "ipv4_addr", NULL, NFT_SET_IS_INTERVAL);
		want_prefixes(objects, set, family_of(f), prefixes->v, prefixes->n);
		alternative(dimension, objects, "%s %s @%s ", v6 ? "ip6" : "ip", side, set);
	}
}

static void select_ports(struct selector *selector, const struct config_policy *policy,
			 struct objects *objects)
{
	struct dimension *dimension;

	if (!policy->ports.n)
		return;
	dimension = selector_add(selector);
	for (size_t i = 0; i < policy->ports.n; i++) {
		const struct port_range *range = &policy->ports.v[i];

		if (range->first == 0)
			alternative(dimension, objects, "meta l4proto %u ", range->protocol);
		else if (range->first == range->last)
			alternative(dimension, objects, "meta l4proto %u th dport %u ",
				    range->protocol, range->first);
		else
			alternative(dimension, objects, "meta l4proto %u th dport %u-%u ",
				    range->protocol, range->first, range->last);
	}
}

static void select_dscp(struct selector *selector, int dscp, struct objects *objects)
{
	struct dimension *dimension;

	if (dscp < 0)
		return;
	dimension = selector_add(selector);
	alternative(dimension, objects, "ip dscp %d ", dscp);
	alternative(dimension, objects, "ip6 dscp %d ", dscp);
}

static void select_process(struct selector *selector, const struct config_policy *policy,
			   struct objects *objects)
{
	if (policy->users.n) {
		struct dimension *users = selector_add(selector);

		for (size_t i = 0; i < policy->users.n; i++)
			alternative(users, objects, "meta skuid %u ", policy->users.v[i]);
	}
	if (policy->groups.n) {
		struct dimension *groups = selector_add(selector);

		for (size_t i = 0; i < policy->groups.n; i++)
			alternative(groups, objects, "meta skgid %u ", policy->groups.v[i]);
	}
}

static void select_cgroup(struct selector *selector, const struct world *world, const char *name,
			  struct objects *objects)
{
	struct dimension *dimension;

	if (!name)
		return;
	dimension = selector_add(selector);
	array_foreach(&world->facts->cgroups, cgroup)
		if (strcmp(cgroup->name, name) == 0)
			alternative(dimension, objects, "socket cgroupv2 level %u %" PRIu64 " ",
				    cgroup->level, cgroup->id);
	selector->impossible = selector->impossible || !dimension->texts.n;
}

static void select_interfaces(struct selector *selector, const struct config_policy *policy,
			      struct objects *objects)
{
	struct dimension *dimension;

	if (!policy->interfaces.n)
		return;
	dimension = selector_add(selector);
	for (size_t i = 0; i < policy->interfaces.n; i++)
		alternative(dimension, objects, "iifname \"%s\" ", policy->interfaces.v[i]);
}

static struct selector selector_make(const struct world *world, const struct config_policy *policy,
				     struct objects *objects)
{
	struct selector selector = { 0 };

	select_interfaces(&selector, policy, objects);
	select_process(&selector, policy, objects);
	select_cgroup(&selector, world, policy->unit, objects);
	select_cgroup(&selector, world, policy->cgroup, objects);
	select_prefixes(&selector, policy->name, "saddr", &policy->from, objects);
	select_prefixes(&selector, policy->name, "daddr", &policy->to, objects);
	select_ports(&selector, policy, objects);
	select_dscp(&selector, policy->dscp, objects);
	return selector;
}

/* Leads packets that match to policy/NAME from one of the two places that ask. */
static void want_entry(const char *from, const char *name, const struct selector *selector,
		       bool staged, struct objects *objects)
{
	char text[512] = "";
	size_t length = 0;

	for (size_t i = 0; i < selector->n; i++)
		if (selector->dimensions[i].texts.n == 1)
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s",
						   selector->dimensions[i].texts.v[0]);
	if (staged)
		want_nft(objects, from, "%sjump match/%s/1", text, name);
	else
		want_nft(objects, from, "%sgoto policy/%s", text, name);
}

/* The chains of dimensions with several alternatives. Returns how many there are. */
static unsigned want_stages(const char *name, const struct selector *selector,
			    struct objects *objects)
{
	unsigned stages = 0, stage = 0;

	for (size_t i = 0; i < selector->n; i++)
		stages += selector->dimensions[i].texts.n > 1;
	for (size_t i = 0; i < selector->n; i++) {
		const struct dimension *dimension = &selector->dimensions[i];
		char chain[80], next[80];

		if (dimension->texts.n < 2)
			continue;
		stage++;
		snprintf(chain, sizeof(chain), "match/%s/%u", name, stage);
		snprintf(next, sizeof(next), "match/%s/%u", name, stage + 1);
		if (stage == stages)
			snprintf(next, sizeof(next), "policy/%s", name);
		want_chain(objects, chain, NULL);
		array_foreach(&dimension->texts, text)
			want_nft(objects, chain, "%sgoto %s", *text, next);
	}
	return stages;
}

struct sticky_names {
	char set[80];
	const char *client; /* what of a packet names its client */
};

static struct sticky_names sticky_names(const char *policy, const char *line, enum family_index f)
{
	struct sticky_names names = {
		.client = f == FAMILY_V6 ? "ip6 saddr & ffff:ffff:ffff:ffff::" : "ip saddr",
	};

	snprintf(names.set, sizeof(names.set), "%s/%s/%c", policy, line,
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
			    const struct choice *choice, enum family_index f,
			    struct objects *objects)
{
	char from[80], chain[80];

	snprintf(from, sizeof(from), "policy/%s", policy->name);
	for (size_t i = 0; i < choice->n; i++) {
		struct sticky_names names =
			sticky_names(policy->name, choice->lines[i]->config->name, f);

		want_nft(objects, from, "%s @%s goto %s", names.client, names.set,
			 pick_chain(policy, choice->lines[i], &chain));
	}
	for (size_t i = 0; i < policy->use.n; i++) {
		struct sticky_names names =
			sticky_names(policy->name, world->lines[policy->use.v[i]].config->name, f);

		want_nft(objects, from, "delete @%s { %s }", names.set, names.client);
	}
}

static void want_picks(const struct config_policy *policy, const struct choice *choice,
		       const struct ring *ring, uint32_t first, struct objects *objects)
{
	for (size_t i = 0; i < ring->picks.n; i++) {
		struct nft_key key = { 0 };
		char chain[80];

		nft_key_u32(&key, first + (uint32_t)i);
		want_verdict(objects, "picks", &key, "%s",
			     pick_chain(policy, choice->lines[ring->picks.v[i]], &chain));
	}
}

/* The ring of the lines to choose from, walked by numgen; a single line needs none. */
static int want_ring(const struct config_policy *policy, const struct choice *choice,
		     enum family_index f, struct slots *slots, struct objects *objects)
{
	struct target targets[CONFIG_UPLINKS_MAX];
	struct ring ring = { 0 };
	char name[80], from[80];
	uint32_t first = 0;
	int r;

	for (size_t i = 0; i < choice->n; i++)
		targets[i] = (struct target){ .weight = choice->lines[i]->config->weight,
					      .usable = true };
	r = ring_make(policy->scheduler, targets, choice->n, &ring);
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "policy/%s/%c", policy->name, f == FAMILY_V6 ? '6' : '4');
	snprintf(from, sizeof(from), "policy/%s", policy->name);
	r = slots_take(slots, name, (uint32_t)ring.picks.n, &first);
	if (r == 0) {
		want_picks(policy, choice, &ring, first, objects);
		want_nft_salted(
			objects, from,
			hash_bytes(HASH_START, ring.picks.v, ring.picks.n * sizeof(*ring.picks.v)),
			"meta nfproto %s numgen inc mod %zu offset %" PRIu32 " vmap @picks",
			f == FAMILY_V6 ? "ipv6" : "ipv4", ring.picks.n, first);
	}
	ring_done(&ring);
	return r;
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
		want_nft(objects, from, "meta nfproto %s goto pick/%s", protocol,
			 best->config->name);
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
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		struct choice choice = choice_make(world, &policy->use, policy->scheduler, f);
		char chain[80];

		if (policy->sticky_ms && choice.n)
			want_remembered(world, policy, &choice, f, objects);
		if (choice.n > 1)
			objects_fail(objects, want_ring(policy, &choice, f, slots, objects));
		else if (choice.n == 1)
			want_nft(objects, name, "meta nfproto %s goto %s",
				 f == FAMILY_V6 ? "ipv6" : "ipv4",
				 pick_chain(policy, choice.lines[0], &chain));
		else
			want_otherwise(world, policy, f, objects);
	}
}

static void policy_intent(const struct world *world, const struct config_policy *policy,
			  struct slots *slots, struct objects *objects)
{
	struct selector selector = selector_make(world, policy, objects);
	bool staged;

	want_decision(world, policy, slots, objects);
	if (!selector.impossible) {
		staged = want_stages(policy->name, &selector, objects) > 0;
		if (!config_policy_is_local(policy))
			want_entry("forwarded", policy->name, &selector, staged, objects);
		if (!policy->interfaces.n)
			want_entry("local", policy->name, &selector, staged, objects);
	}
	selector_done(&selector);
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

		if (best)
			want_nft(objects, "local", "meta nfproto %s goto pick/%s",
				 f == FAMILY_V6 ? "ipv6" : "ipv4", best->config->name);
	}
}

void policies_intent(const struct world *world, struct slots *slots, struct objects *objects)
{
	want_set(objects, "picks", "numgen", "verdict", 0);
	array_foreach(&world->config->policies, policy)
		policy_intent(world, policy, slots, objects);
	if (world->config->uplinks.n)
		want_spread(world, slots, objects);
	want_best(world, objects);
}
