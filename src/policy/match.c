/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a policy looks at: a list of dimensions (interface, user, source, ...), each a list of
 * alternatives. Dimensions with one alternative stand in the rule itself; each of the others is a
 * chain match/NAME/n whose rules, one an alternative, go on to the next, so that a policy costs
 * the sum of its alternatives and not their product.
 */
#include "policy/match.h"

#include "base/array.h"

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
		snprintf(set, sizeof(set), "match/%s/%s%c", name, side, v6 ? '6' : '4');
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

void match_intent(const struct world *world, const struct config_policy *policy,
		  struct objects *objects)
{
	struct selector selector = selector_make(world, policy, objects);

	if (!selector.impossible) {
		bool staged = want_stages(policy->name, &selector, objects) > 0;

		if (!config_policy_is_local(policy))
			want_entry("forwarded", policy->name, &selector, staged, objects);
		if (!policy->interfaces.n)
			want_entry("local", policy->name, &selector, staged, objects);
	}
	selector_done(&selector);
}
