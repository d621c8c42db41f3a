/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The objects of a kernel in memory, which owns their strings. Objects of every kind are handled
 * alike, by a description of their array.
 */
#include "kernel/fake_objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The array of one kind of object. */
struct table {
	void **v;
	size_t *n, *room, size;
	int (*compare)(const void *a, const void *b);
};

#define TABLE(array, compare)                                                                \
	((struct table){ (void **)&(array).v, &(array).n, &(array).room, sizeof(*(array).v), \
			 compare })

static struct table table_of(struct objects *objects, enum object_kind kind)
{
	switch (kind) {
	case OBJECT_SYSCTL:
		return TABLE(objects->sysctls, sysctl_compare);
	case OBJECT_TUNNEL:
		return TABLE(objects->tunnels, tunnel_compare);
	case OBJECT_ALIAS:
		return TABLE(objects->aliases, alias_compare);
	case OBJECT_ROUTE:
		return TABLE(objects->routes, route_compare);
	case OBJECT_RULE:
		return TABLE(objects->rules, rule_compare);
	case OBJECT_NFT_CHAIN:
		return TABLE(objects->nft_chains, nft_chain_compare);
	case OBJECT_NFT_SET:
		return TABLE(objects->nft_sets, nft_set_compare);
	case OBJECT_NFT_HELPER:
		return TABLE(objects->nft_helpers, nft_helper_compare);
	case OBJECT_NFT_ELEMENT:
		return TABLE(objects->nft_elements, nft_element_compare);
	case OBJECT_NFT_RULE:
		return TABLE(objects->nft_rules, nft_rule_compare);
	case OBJECT_NFT_TABLE: /* a flag, not an array */
	case OBJECT_KIND_MAX:
		break;
	}
	abort();
}

static void *table_at(const struct table *table, size_t i)
{
	return (char *)*table->v + i * table->size;
}

/* Where the strings of copied objects go. */
struct keeper {
	struct arena *arena;
	int error;
};

static const void *keep(struct keeper *keeper, const void *data, size_t size)
{
	const void *copy = data ? arena_copy(keeper->arena, data, size) : NULL;

	if (data && !copy)
		keeper->error = -ENOMEM;
	return copy;
}

static const char *keep_text(struct keeper *keeper, const char *text)
{
	return keep(keeper, text, text ? strlen(text) + 1 : 0);
}

static void keep_element(struct keeper *keeper, struct nft_element *element)
{
	element->set = keep_text(keeper, element->set);
	element->key = keep(keeper, element->key, element->key_size);
	element->key_end = keep(keeper, element->key_end, element->key_size);
	element->data = keep(keeper, element->data, element->data_size);
	element->chain = keep_text(keeper, element->chain);
}

/* The real kernel keeps a rule's tag, not its text. */
static void keep_rule(struct keeper *keeper, struct nft_rule *rule)
{
	rule->chain = keep_text(keeper, rule->chain);
	rule->text = NULL;
}

static void keep_chain(struct keeper *keeper, struct nft_chain *chain)
{
	chain->name = keep_text(keeper, chain->name);
	chain->hook = keep_text(keeper, chain->hook);
}

static void keep_set(struct keeper *keeper, struct nft_set *set)
{
	set->name = keep_text(keeper, set->name);
	set->key = keep_text(keeper, set->key);
	set->data = keep_text(keeper, set->data);
}

static void keep_helper(struct keeper *keeper, struct nft_helper *helper)
{
	helper->name = keep_text(keeper, helper->name);
	helper->type = keep_text(keeper, helper->type);
}

static void keep_sysctl(struct keeper *keeper, struct sysctl_object *sysctl)
{
	sysctl->path = keep_text(keeper, sysctl->path);
}

static void keep_pointers(struct keeper *keeper, enum object_kind kind, void *object)
{
	if (kind == OBJECT_SYSCTL)
		keep_sysctl(keeper, object);
	else if (kind == OBJECT_NFT_CHAIN)
		keep_chain(keeper, object);
	else if (kind == OBJECT_NFT_SET)
		keep_set(keeper, object);
	else if (kind == OBJECT_NFT_HELPER)
		keep_helper(keeper, object);
	else if (kind == OBJECT_NFT_ELEMENT)
		keep_element(keeper, object);
	else if (kind == OBJECT_NFT_RULE)
		keep_rule(keeper, object);
}

/* Appends a copy. */
int fake_objects_add(struct objects *objects, enum object_kind kind, const void *object)
{
	struct keeper keeper = { .arena = &objects->arena };
	struct table table = table_of(objects, kind);
	int r = array_reserve(table.v, *table.n, table.room, table.size);

	if (r < 0)
		return r;
	memcpy(table_at(&table, *table.n), object, table.size);
	keep_pointers(&keeper, kind, table_at(&table, *table.n));
	if (keeper.error == 0)
		++*table.n;
	return keeper.error;
}

void fake_objects_remove(struct objects *objects, enum object_kind kind, const void *object)
{
	struct table table = table_of(objects, kind);

	for (size_t i = 0; i < *table.n; i++)
		if (table.compare(table_at(&table, i), object) == 0) {
			--*table.n;
			memmove(table_at(&table, i), table_at(&table, i + 1),
				(*table.n - i) * table.size);
			return;
		}
}

/* Takes out what is in a table, or in any of them. */
#define clear_array(array, in)                                \
	do {                                                  \
		size_t _kept = 0;                             \
		array_foreach(array, _item)                   \
			if (_item->table != (in))             \
				(array)->v[_kept++] = *_item; \
		(array)->n = _kept;                           \
	} while (0)

void fake_objects_clear(struct objects *objects, enum nft_table_id table)
{
	objects->nft_tables[table] = false;
	clear_array(&objects->nft_chains, table);
	clear_array(&objects->nft_sets, table);
	clear_array(&objects->nft_helpers, table);
	clear_array(&objects->nft_elements, table);
	clear_array(&objects->nft_rules, table);
}

int fake_objects_copy(struct objects *from, struct objects *to, enum object_kind kind)
{
	struct table source = table_of(from, kind), target = table_of(to, kind);
	int r = 0;

	*target.n = 0;
	for (size_t i = 0; r == 0 && i < *source.n; i++)
		r = fake_objects_add(to, kind, table_at(&source, i));
	return r;
}

int fake_objects_copy_nft(struct objects *from, struct objects *to)
{
	int r;

	arena_done(&to->arena);
	memcpy(to->nft_tables, from->nft_tables, sizeof(to->nft_tables));
	r = fake_objects_copy(from, to, OBJECT_NFT_CHAIN);
	r = r < 0 ? r : fake_objects_copy(from, to, OBJECT_NFT_SET);
	r = r < 0 ? r : fake_objects_copy(from, to, OBJECT_NFT_HELPER);
	r = r < 0 ? r : fake_objects_copy(from, to, OBJECT_NFT_ELEMENT);
	return r < 0 ? r : fake_objects_copy(from, to, OBJECT_NFT_RULE);
}
