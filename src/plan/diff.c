/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The difference between two sealed sets of objects. One walk serves every kind: both arrays are
 * in order of identity, so what stands on one side only is missing or surplus, and what stands on
 * both is compared by value. The steps of each kind are gathered first and then put in order, see
 * sequence.c.
 */
#include "plan/plan.h"

#include "plan/sequence.h"

#include <stdlib.h>
#include <string.h>

/* What the walk has to know of a kind of object. */
struct kind {
	size_t size;
	int (*compare)(const void *a, const void *b);
	bool (*same)(const void *found, const void *wanted);
	bool keeps_surplus; /* what is not wanted stays, what is not there cannot be added */
};

struct side {
	const void *v;
	size_t n;
};

#define SIDE(array) ((struct side){ (array)->v, (array)->n })

static bool text_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool tunnel_same(const void *found, const void *wanted)
{
	const struct tunnel_object *x = found, *y = wanted;

	return x->kind == y->kind && x->port == y->port && x->mark == y->mark &&
	       x->down == y->down && ip_equal(&x->remote, &y->remote) &&
	       (!ip_is_set(&y->local) || ip_equal(&x->local, &y->local));
}

static bool alias_same(const void *found, const void *wanted)
{
	const struct alias_object *x = found, *y = wanted;

	return strcmp(x->label, y->label) == 0;
}

static bool route_same(const void *found, const void *wanted)
{
	const struct route_object *x = found, *y = wanted;

	return x->type == y->type && x->link == y->link && x->onlink == y->onlink &&
	       x->mtu == y->mtu && ip_equal(&x->gateway, &y->gateway) &&
	       ip_equal(&x->source, &y->source);
}

static bool rule_same(const void *found, const void *wanted)
{
	return true;
}

static bool sysctl_same(const void *found, const void *wanted)
{
	const struct sysctl_object *x = found, *y = wanted;

	return strcmp(x->value, y->value) == 0 ||
	       (y->instead_of[0] && strcmp(x->value, y->instead_of) != 0);
}

static bool nft_chain_same(const void *found, const void *wanted)
{
	const struct nft_chain *x = found, *y = wanted;

	return text_same(x->hook, y->hook);
}

static bool nft_set_same(const void *found, const void *wanted)
{
	const struct nft_set *x = found, *y = wanted;

	return x->flags == y->flags && text_same(x->key, y->key) && text_same(x->data, y->data);
}

static bool nft_helper_same(const void *found, const void *wanted)
{
	const struct nft_helper *x = found, *y = wanted;

	return x->protocol == y->protocol && x->family == y->family && text_same(x->type, y->type);
}

static bool nft_element_same(const void *found, const void *wanted)
{
	const struct nft_element *x = found, *y = wanted;

	return x->data_size == y->data_size &&
	       (!x->data_size || memcmp(x->data, y->data, x->data_size) == 0) &&
	       text_same(x->chain, y->chain);
}

static bool nft_rule_same(const void *found, const void *wanted)
{
	const struct nft_rule *x = found, *y = wanted;

	return x->tag == y->tag;
}

static const struct kind kinds[OBJECT_KIND_MAX] = {
	[OBJECT_SYSCTL] = { sizeof(struct sysctl_object), sysctl_compare, sysctl_same, true },
	[OBJECT_TUNNEL] = { sizeof(struct tunnel_object), tunnel_compare, tunnel_same, false },
	[OBJECT_ALIAS] = { sizeof(struct alias_object), alias_compare, alias_same, false },
	[OBJECT_ROUTE] = { sizeof(struct route_object), route_compare, route_same, false },
	[OBJECT_RULE] = { sizeof(struct rule_object), rule_compare, rule_same, false },
	[OBJECT_NFT_CHAIN] = { sizeof(struct nft_chain), nft_chain_compare, nft_chain_same, false },
	[OBJECT_NFT_SET] = { sizeof(struct nft_set), nft_set_compare, nft_set_same, false },
	[OBJECT_NFT_HELPER] = { sizeof(struct nft_helper), nft_helper_compare, nft_helper_same,
				false },
	[OBJECT_NFT_ELEMENT] = { sizeof(struct nft_element), nft_element_compare, nft_element_same,
				 false },
	[OBJECT_NFT_RULE] = { sizeof(struct nft_rule), nft_rule_compare, nft_rule_same, false },
};

static struct side objects_side(const struct objects *objects, enum object_kind kind)
{
	switch (kind) {
	case OBJECT_SYSCTL:
		return SIDE(&objects->sysctls);
	case OBJECT_TUNNEL:
		return SIDE(&objects->tunnels);
	case OBJECT_ALIAS:
		return SIDE(&objects->aliases);
	case OBJECT_ROUTE:
		return SIDE(&objects->routes);
	case OBJECT_RULE:
		return SIDE(&objects->rules);
	case OBJECT_NFT_CHAIN:
		return SIDE(&objects->nft_chains);
	case OBJECT_NFT_SET:
		return SIDE(&objects->nft_sets);
	case OBJECT_NFT_HELPER:
		return SIDE(&objects->nft_helpers);
	case OBJECT_NFT_ELEMENT:
		return SIDE(&objects->nft_elements);
	case OBJECT_NFT_RULE:
		return SIDE(&objects->nft_rules);
	case OBJECT_NFT_TABLE:
	case OBJECT_KIND_MAX:
		break;
	}
	return (struct side){ 0 };
}

static int add_step(struct plan *plan, enum object_kind kind, enum step_action action,
		    const void *found, const void *wanted)
{
	struct step step = { .kind = kind, .action = action, .found = found, .wanted = wanted };

	return array_push(&plan->steps, step);
}

/* One step of the walk: `order` tells which side's object comes first; 0 is the same one. */
static int diff_pair(enum object_kind kind, int order, const void *found, const void *wanted,
		     struct plan *plan)
{
	const struct kind *k = &kinds[kind];

	if (order == 0)
		return k->same(found, wanted) ? 0
					      : add_step(plan, kind, STEP_CHANGE, found, wanted);
	if (k->keeps_surplus)
		return 0;
	return order < 0 ? add_step(plan, kind, STEP_DELETE, found, NULL)
			 : add_step(plan, kind, STEP_ADD, NULL, wanted);
}

static int diff_kind(enum object_kind kind, struct side found, struct side wanted,
		     struct plan *plan)
{
	const struct kind *k = &kinds[kind];
	size_t i = 0, j = 0;

	while (i < found.n || j < wanted.n) {
		const void *x = i < found.n ? (const char *)found.v + i * k->size : NULL;
		const void *y = j < wanted.n ? (const char *)wanted.v + j * k->size : NULL;
		int order = !x ? 1 : !y ? -1 : k->compare(x, y);
		int r = diff_pair(kind, order, x, y, plan);

		if (r < 0)
			return r;
		i += order <= 0;
		j += order >= 0;
	}
	return 0;
}

/* Every struct of an nft kind begins with its table. */
static enum nft_table_id table_of(const void *object)
{
	return *(const enum nft_table_id *)object;
}

/* The objects of one table, which stand together. */
static struct side in_table(struct side side, enum object_kind kind, enum nft_table_id table)
{
	const char *v = side.v;
	size_t size = kinds[kind].size, first = 0, end;

	while (first < side.n && table_of(v + first * size) < table)
		first++;
	for (end = first; end < side.n && table_of(v + end * size) == table;)
		end++;
	return (struct side){ v ? v + first * size : NULL, end - first };
}

static bool is_redefinition(const struct plan *plan, size_t from)
{
	for (size_t i = from; i < plan->steps.n; i++) {
		const struct step *step = &plan->steps.v[i];

		if (step->action == STEP_CHANGE && step->kind != OBJECT_NFT_ELEMENT &&
		    step->kind != OBJECT_NFT_RULE)
			return true;
	}
	return false;
}

/* Dynamic sets that were there before their table is made again. */
static void remember_sets(struct side old, struct plan *plan, size_t from)
{
	for (size_t i = from; i < plan->steps.n && old.n; i++) {
		struct step *step = &plan->steps.v[i];
		const struct nft_set *set = step->wanted, *before;

		if (step->kind != OBJECT_NFT_SET || !(set->flags & NFT_SET_IS_DYNAMIC))
			continue;
		before = bsearch(set, old.v, old.n, sizeof(*set), nft_set_compare);
		if (before && nft_set_same(before, set))
			step->found = before;
	}
}

static int diff_table(const struct objects *found, const struct objects *wanted,
		      enum nft_table_id table, bool afresh, struct plan *plan)
{
	static const enum object_kind parts[] = { OBJECT_NFT_CHAIN, OBJECT_NFT_SET,
						  OBJECT_NFT_HELPER, OBJECT_NFT_ELEMENT,
						  OBJECT_NFT_RULE };
	size_t first = plan->steps.n;
	bool is = found->nft_tables[table], should = wanted->nft_tables[table];
	int r = 0;

	if (is && (afresh || !should))
		r = add_step(plan, OBJECT_NFT_TABLE, STEP_DELETE, NULL, NULL);
	if (r == 0 && should && (afresh || !is))
		r = add_step(plan, OBJECT_NFT_TABLE, STEP_ADD, NULL, NULL);
	for (size_t i = 0; r == 0 && should && i < ELEMENTS_OF(parts); i++) {
		struct side old = in_table(objects_side(found, parts[i]), parts[i], table);

		r = diff_kind(parts[i], afresh ? (struct side){ 0 } : old,
			      in_table(objects_side(wanted, parts[i]), parts[i], table), plan);
		if (r == 0 && afresh && parts[i] == OBJECT_NFT_SET)
			remember_sets(old, plan, first);
	}
	return r;
}

/* A table whose definitions change is made as if nothing were there. */
static int diff_nft(const struct objects *found, const struct objects *wanted,
		    enum nft_table_id table, struct plan *plan)
{
	size_t first = plan->steps.n;
	int r = diff_table(found, wanted, table, false, plan);

	if (r == 0 && is_redefinition(plan, first)) {
		plan->steps.n = first;
		r = diff_table(found, wanted, table, true, plan);
	}
	for (size_t i = first; i < plan->steps.n; i++)
		plan->steps.v[i].table = table;
	return r;
}

static int diff_all(const struct objects *found, const struct objects *wanted, struct plan *plan)
{
	static const enum object_kind parts[] = { OBJECT_SYSCTL, OBJECT_TUNNEL, OBJECT_ALIAS,
						  OBJECT_ROUTE, OBJECT_RULE };
	int r = 0;

	for (enum nft_table_id table = 0; r == 0 && table < NFT_TABLE_MAX; table++)
		r = diff_nft(found, wanted, table, plan);
	for (size_t i = 0; r == 0 && i < ELEMENTS_OF(parts); i++)
		r = diff_kind(parts[i], objects_side(found, parts[i]),
			      objects_side(wanted, parts[i]), plan);
	return r;
}

int plan_diff(const struct objects *found, const struct objects *wanted, struct plan *ret)
{
	struct plan all = { 0 };
	int r = diff_all(found, wanted, &all);

	r = r < 0 ? r : plan_sequence(&all, found, ret);
	plan_done(&all);
	return r;
}

void plan_done(struct plan *plan)
{
	array_done(&plan->steps);
}
