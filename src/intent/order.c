/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of kernel objects: by identity, as the diff walks them.
 */
#include "intent/objects.h"

#include <string.h>

static int order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Names kept once are the same pointer. */
static int name_order(const char *a, const char *b)
{
	return a == b ? 0 : strcmp(a, b);
}

int tunnel_compare(const void *a, const void *b)
{
	const struct tunnel_object *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int alias_compare(const void *a, const void *b)
{
	const struct alias_object *x = a, *y = b;
	int c = order((uint64_t)x->link, (uint64_t)y->link);

	return c ? c : ip_prefix_compare(&x->prefix, &y->prefix);
}

int route_compare(const void *a, const void *b)
{
	const struct route_object *x = a, *y = b;
	int c = order(x->table, y->table);

	c = c ? c : ip_prefix_compare(&x->destination, &y->destination);
	return c ? c : order(x->metric, y->metric);
}

int rule_compare(const void *a, const void *b)
{
	const struct rule_object *x = a, *y = b;
	int c = order(x->family, y->family);

	c = c ? c : order(x->priority, y->priority);
	c = c ? c : ip_prefix_compare(&x->from, &y->from);
	c = c ? c : strcmp(x->oif, y->oif);
	c = c ? c : order(x->mark, y->mark);
	c = c ? c : order(x->mask, y->mask);
	c = c ? c : order(x->table, y->table);
	return c ? c : order(x->suppress_default, y->suppress_default);
}

/* Switching forwarding on changes what accept_ra means, so that comes first. */
static bool is_forwarding(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && strcmp(slash, "/forwarding") == 0;
}

int sysctl_compare(const void *a, const void *b)
{
	const struct sysctl_object *x = a, *y = b;
	int c = order(is_forwarding(x->path), is_forwarding(y->path));

	return c ? c : strcmp(x->path, y->path);
}

int nft_chain_compare(const void *a, const void *b)
{
	const struct nft_chain *x = a, *y = b;
	int c = order(x->table, y->table);

	return c ? c : strcmp(x->name, y->name);
}

int nft_set_compare(const void *a, const void *b)
{
	const struct nft_set *x = a, *y = b;
	int c = order(x->table, y->table);

	return c ? c : strcmp(x->name, y->name);
}

int nft_helper_compare(const void *a, const void *b)
{
	const struct nft_helper *x = a, *y = b;
	int c = order(x->table, y->table);

	return c ? c : strcmp(x->name, y->name);
}

int nft_element_compare(const void *a, const void *b)
{
	const struct nft_element *x = a, *y = b;
	int c = order(x->table, y->table);

	c = c ? c : name_order(x->set, y->set);
	c = c ? c : order(x->key_size, y->key_size);
	c = c ? c : memcmp(x->key, y->key, x->key_size);
	c = c ? c : order(!!x->key_end, !!y->key_end);
	return c || !x->key_end ? c : memcmp(x->key_end, y->key_end, x->key_size);
}

int nft_rule_compare(const void *a, const void *b)
{
	const struct nft_rule *x = a, *y = b;
	int c = order(x->table, y->table);

	c = c ? c : name_order(x->chain, y->chain);
	return c ? c : order(x->index, y->index);
}

static void number_rules(struct objects *objects)
{
	const struct nft_rule *before = NULL;

	array_foreach(&objects->nft_rules, rule) {
		bool next = before && before->table == rule->table &&
			    name_order(before->chain, rule->chain) == 0;

		rule->index = next ? before->index + 1 : 0;
		before = rule;
	}
}

int objects_seal(struct objects *objects)
{
	if (objects->error)
		return objects->error;
	array_sort(&objects->tunnels, tunnel_compare);
	array_sort(&objects->aliases, alias_compare);
	array_sort(&objects->routes, route_compare);
	array_sort(&objects->rules, rule_compare);
	array_sort(&objects->sysctls, sysctl_compare);
	array_sort(&objects->nft_chains, nft_chain_compare);
	array_sort(&objects->nft_sets, nft_set_compare);
	array_sort(&objects->nft_helpers, nft_helper_compare);
	array_sort(&objects->nft_elements, nft_element_compare);
	array_sort(&objects->nft_rules, nft_rule_compare);
	number_rules(objects);
	return 0;
}
