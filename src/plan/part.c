/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that was found is in order, so that the few objects of a service are found by halving,
 * and one walk over an array puts the changes in.
 */
#include "plan/part.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the names of a service's own chains and sets begin with; its name and a slash follow. */
static const char *const kinds_of_names[] = { "service/", "server/", "persist/", "rate/",
					      "count/" };

static bool is_named_after(const char *name, const char *service)
{
	size_t length = strlen(service);

	for (size_t i = 0; i < sizeof(kinds_of_names) / sizeof(kinds_of_names[0]); i++) {
		size_t skip = strlen(kinds_of_names[i]);

		if (strncmp(name, kinds_of_names[i], skip) == 0 &&
		    strncmp(name + skip, service, length) == 0 && name[skip + length] == '/')
			return true;
	}
	return false;
}

static int add_chains_and_sets(const struct objects *found, const char *service,
			       struct objects *part)
{
	int r = 0;

	array_foreach(&found->nft_chains, chain)
		if (chain->table == NFT_INET && is_named_after(chain->name, service))
			r = r < 0 ? r : array_push(&part->nft_chains, *chain);
	array_foreach(&found->nft_sets, set)
		if (set->table == NFT_INET && is_named_after(set->name, service))
			r = r < 0 ? r : array_push(&part->nft_sets, *set);
	return r;
}

/* Index of the first of `n` things that is not less than `key`. */
static size_t lower_bound(const void *v, size_t n, size_t size, const void *key,
			  int (*compare)(const void *, const void *))
{
	size_t low = 0;

	while (n > 0) {
		size_t half = n / 2;

		if (compare((const char *)v + (low + half) * size, key) < 0) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return low;
}

static int add_rules(const struct objects *found, struct objects *part)
{
	int r = 0;

	array_foreach(&part->nft_chains, chain) {
		struct nft_rule key = { .table = chain->table, .chain = chain->name };
		size_t i = lower_bound(found->nft_rules.v, found->nft_rules.n, sizeof(key), &key,
				       nft_rule_compare);

		for (; r == 0 && i < found->nft_rules.n; i++) {
			const struct nft_rule *rule = &found->nft_rules.v[i];

			if (rule->table != chain->table || strcmp(rule->chain, chain->name) != 0)
				break;
			r = array_push(&part->nft_rules, *rule);
		}
	}
	return r;
}

/* Shared sets that are wanted and there: no more than that is known of them. */
static int add_shared_sets(const struct objects *found, const struct objects *wanted,
			   const char *service, struct objects *part)
{
	int r = 0;

	array_foreach(&wanted->nft_sets, set) {
		size_t i = lower_bound(found->nft_sets.v, found->nft_sets.n, sizeof(*set), set,
				       nft_set_compare);

		if (is_named_after(set->name, service) || i == found->nft_sets.n ||
		    nft_set_compare(&found->nft_sets.v[i], set) != 0)
			continue;
		r = r < 0 ? r : array_push(&part->nft_sets, found->nft_sets.v[i]);
	}
	return r;
}

static int add_element(const struct objects *found, const struct nft_element *key,
		       struct objects *part)
{
	size_t i = lower_bound(found->nft_elements.v, found->nft_elements.n, sizeof(*key), key,
			       nft_element_compare);

	if (i == found->nft_elements.n || nft_element_compare(&found->nft_elements.v[i], key) != 0)
		return 0;
	return array_push(&part->nft_elements, found->nft_elements.v[i]);
}

static int add_slots(const struct objects *found, const struct slots *slots, const char *service,
		     struct objects *part)
{
	static const char kinds[] = { '4', '6', 'v' };
	int r = 0;

	array_foreach(&slots->ranges, range) {
		if (!is_named_after(range->name, service))
			continue;
		for (size_t k = 0; k < sizeof(kinds); k++)
			for (uint32_t slot = 0; r == 0 && slot < range->size; slot++) {
				uint32_t number = range->first + slot;
				struct slots_map map = slots_map(kinds[k], range->first);
				struct nft_element key = { .table = NFT_INET,
							   .set = map.text,
							   .key = (const uint8_t *)&number,
							   .key_size = sizeof(number) };

				r = add_element(found, &key, part);
			}
	}
	return r;
}

int part_of(const struct objects *found, const struct slots *slots, const char *service,
	    const struct objects *wanted, struct objects *ret)
{
	int r;

	*ret = (struct objects){ 0 };
	memcpy(ret->nft_tables, wanted->nft_tables, sizeof(ret->nft_tables));
	r = add_chains_and_sets(found, service, ret);
	r = r < 0 ? r : add_rules(found, ret);
	r = r < 0 ? r : add_shared_sets(found, wanted, service, ret);
	array_foreach(&wanted->nft_elements, element)
		r = r < 0 ? r : add_element(found, element, ret);
	r = r < 0 ? r : add_slots(found, slots, service, ret);
	objects_fail(ret, r);
	return objects_seal(ret);
}

/* The strings of an object move to what was found, and live as long. */
static const char *own(struct objects *found, const char *text)
{
	const char *copy = text ? arena_strdup(&found->arena, text) : NULL;

	if (text && !copy)
		objects_fail(found, -ENOMEM);
	return copy;
}

static const uint8_t *own_bytes(struct objects *found, const uint8_t *bytes, size_t size)
{
	const uint8_t *copy = bytes ? arena_copy(&found->arena, bytes, size) : NULL;

	if (bytes && !copy)
		objects_fail(found, -ENOMEM);
	return copy;
}

static void own_chain(struct objects *found, void *object, const struct step *step)
{
	struct nft_chain *chain = object;

	chain->name = own(found, chain->name);
	chain->hook = own(found, chain->hook);
}

static void own_set(struct objects *found, void *object, const struct step *step)
{
	struct nft_set *set = object;

	set->name = own(found, set->name);
	set->key = own(found, set->key);
	set->data = own(found, set->data);
}

static void own_element(struct objects *found, void *object, const struct step *step)
{
	struct nft_element *element = object;

	element->set = own(found, element->set);
	element->chain = own(found, element->chain);
	element->key_end = own_bytes(found, element->key_end, element->key_size);
	element->key = own_bytes(found, element->key, element->key_size);
	element->data = own_bytes(found, element->data, element->data_size);
}

static void own_rule(struct objects *found, void *object, const struct step *step)
{
	struct nft_rule *rule = object;

	rule->chain = own(found, rule->chain);
	rule->text = NULL;
	rule->handle = step->handle;
}

/* An array of `found`, by kind. */
struct column {
	enum object_kind kind;
	size_t size;
	int (*compare)(const void *, const void *);
	void (*own)(struct objects *found, void *object, const struct step *step);
};

static const struct column columns[] = {
	{ OBJECT_NFT_CHAIN, sizeof(struct nft_chain), nft_chain_compare, own_chain },
	{ OBJECT_NFT_SET, sizeof(struct nft_set), nft_set_compare, own_set },
	{ OBJECT_NFT_ELEMENT, sizeof(struct nft_element), nft_element_compare, own_element },
	{ OBJECT_NFT_RULE, sizeof(struct nft_rule), nft_rule_compare, own_rule },
};

struct steps_of {
	const struct step **v;
	size_t n;
};

static const void *object_of(const struct step *step)
{
	return step->wanted ? step->wanted : step->found;
}

struct order {
	int (*compare)(const void *, const void *);
};

static int by_object(const void *a, const void *b, void *userdata)
{
	const struct step *const *x = a, *const *y = b;
	const struct order *order = userdata;

	return order->compare(object_of(*x), object_of(*y));
}

/* The steps of one kind in order of their objects. */
static int gather(const struct plan *plan, const struct column *column, struct steps_of *ret)
{
	struct order order = { .compare = column->compare };

	ret->v = calloc(plan->steps.n + 1, sizeof(const struct step *));
	ret->n = 0;
	if (!ret->v)
		return -ENOMEM;
	array_foreach(&plan->steps, step)
		if (step->kind == column->kind)
			ret->v[ret->n++] = step;
	qsort_r(ret->v, ret->n, sizeof(const struct step *), by_object, &order);
	return 0;
}

/* What a step makes of an object; false when that is nothing. */
static bool put(struct objects *found, const struct column *column, const struct step *step,
		char *at)
{
	if (!step->wanted)
		return false;
	memcpy(at, step->wanted, column->size);
	column->own(found, at, step);
	return true;
}

/* Both arrays in order, into one; what is wanted takes the place of what has its identity. */
static size_t merge(struct objects *found, const struct column *column, const char *old, size_t n,
		    const struct steps_of *steps, char *to)
{
	size_t size = column->size, count = 0;

	for (size_t j = 0, i = 0; j < steps->n || i < n;) {
		int order = i == n ? 1
			    : j == steps->n
				    ? -1
				    : column->compare(old + i * size, object_of(steps->v[j]));

		if (order < 0)
			memcpy(to + count++ * size, old + i * size, size);
		else
			count += put(found, column, steps->v[j++], to + count * size);
		i += order <= 0;
	}
	return count;
}

#define adopt_column(found, array, column, steps)                                               \
	do {                                                                                    \
		size_t room_ = (array)->n + (steps)->n + 1;                                     \
		char *to_ = calloc(room_, (column)->size);                                      \
		if (!to_)                                                                       \
			return -ENOMEM;                                                         \
		(array)->n =                                                                    \
			merge(found, column, (const char *)(array)->v, (array)->n, steps, to_); \
		free((array)->v);                                                               \
		(array)->v = (void *)to_;                                                       \
		(array)->room = room_;                                                          \
	} while (0)

static int adopt(struct objects *found, const struct column *column, const struct steps_of *steps)
{
	if (steps->n == 0)
		return 0;
	switch (column->kind) {
	case OBJECT_NFT_CHAIN:
		adopt_column(found, &found->nft_chains, column, steps);
		break;
	case OBJECT_NFT_SET:
		adopt_column(found, &found->nft_sets, column, steps);
		break;
	case OBJECT_NFT_ELEMENT:
		adopt_column(found, &found->nft_elements, column, steps);
		break;
	default:
		adopt_column(found, &found->nft_rules, column, steps);
		break;
	}
	return 0;
}

int part_adopt(struct objects *found, const struct plan *plan)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(columns) / sizeof(columns[0]); i++) {
		struct steps_of steps = { 0 };

		r = gather(plan, &columns[i], &steps);
		r = r < 0 ? r : adopt(found, &columns[i], &steps);
		free(steps.v);
	}
	return r < 0 ? r : found->error;
}
