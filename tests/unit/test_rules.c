/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must hold for every intent, whatever it decides: the kernel would take it. Rules compile;
 * what a rule or an element names exists; a pick finds an element in every slot; and a mark that
 * is handed out has a table that ends in a blackhole.
 */
#include "cases.h"

#include "kernel/nft/compile.h"

#include <errno.h>
#include <libnftnl/rule.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static bool has_chain(const struct objects *objects, enum nft_table_id table, const char *name)
{
	struct nft_chain key = { .table = table, .name = name };

	return bsearch(&key, objects->nft_chains.v, objects->nft_chains.n, sizeof(key),
		       nft_chain_compare);
}

static const struct nft_set *find_set(const struct objects *objects, enum nft_table_id table,
				      const char *name)
{
	struct nft_set key = { .table = table, .name = name };

	return bsearch(&key, objects->nft_sets.v, objects->nft_sets.n, sizeof(key),
		       nft_set_compare);
}

static bool has_slot(const struct objects *objects, enum nft_table_id table, const char *map,
		     uint32_t slot)
{
	struct nft_key key = { 0 };
	struct nft_element element = {
		.table = table, .set = map, .key = key.bytes, .key_size = sizeof(slot)
	};

	nft_key_u32(&key, slot);
	return bsearch(&element, objects->nft_elements.v, objects->nft_elements.n, sizeof(element),
		       nft_element_compare);
}

static void assert_compiles(enum nft_table_id table, const char *text)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	int r;

	assert_non_null(rule);
	r = nft_compile(table, text, rule);
	/* The devices of these facts are not on this machine. */
	if (r < 0 && r != -ENODEV)
		fail_msg("does not compile: %s", text);
	nftnl_rule_free(rule);
}

/* "numgen inc mod N offset M vmap|map @MAP" */
static void assert_slots_filled(const struct objects *objects, enum nft_table_id table,
				const char *text)
{
	const char *numgen = strstr(text, "numgen inc mod ");
	char map[80];
	uint32_t n, first;

	if (!numgen)
		return;
	assert_int_equal(sscanf(numgen, "numgen inc mod %u offset %u %*s @%79s", &n, &first, map),
			 3);
	for (uint32_t i = 0; i < n; i++)
		if (!has_slot(objects, table, map, first + i))
			fail_msg("slot %u of %s is empty: %s", first + i, map, text);
}

static void assert_names_exist(const struct objects *objects, enum nft_table_id table,
			       const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *word;
	bool leads = false;

	assert_non_null(copy);
	while ((word = strsep(&rest, " "))) {
		if ((leads && !has_chain(objects, table, word)) ||
		    (word[0] == '@' && !strchr(word, ',') && !find_set(objects, table, word + 1)))
			fail_msg("there is no %s: %s", word, text);
		leads = strcmp(word, "goto") == 0 || strcmp(word, "jump") == 0;
	}
}

static size_t type_size(const char *type, size_t length)
{
	if (strncmp(type, "ipv6_addr", length) == 0 || strncmp(type, "ifname", length) == 0)
		return 16;
	return 4;
}

static size_t types_size(const char *types)
{
	size_t size = 0;

	while (*types) {
		size_t length = strcspn(types, " ");

		size += type_size(types, length);
		types += length;
		types += strspn(types, " .");
	}
	return size;
}

static void assert_element_fits(const struct objects *objects, const struct nft_element *element)
{
	const struct nft_set *set = find_set(objects, element->table, element->set);
	bool verdict;

	assert_non_null(set);
	verdict = set->data && strcmp(set->data, "verdict") == 0;
	assert_int_equal(element->key_size, types_size(set->key));
	assert_int_equal(element->key_end != NULL, !!(set->flags & NFT_SET_IS_INTERVAL));
	assert_int_equal(element->chain != NULL, verdict);
	assert_int_equal(element->data_size, set->data && !verdict ? types_size(set->data) : 0);
	assert_false(set->flags & NFT_SET_IS_DYNAMIC);
	if (verdict)
		assert_true(has_chain(objects, element->table, element->chain));
}

static bool has_blackhole(const struct objects *objects, uint32_t table, uint8_t family)
{
	array_foreach(&objects->routes, route)
		if (route->table == table && route->type == ROUTE_BLACKHOLE &&
		    route->destination.length == 0 && route->destination.address.family == family)
			return true;
	return false;
}

static bool has_mark_rule(const struct objects *objects, uint32_t mark, uint8_t family)
{
	array_foreach(&objects->rules, rule)
		if (rule->family == family && rule->mark == mark &&
		    has_blackhole(objects, rule->table, family))
			return true;
	return false;
}

static void assert_lines_have_tables(const struct lab *lab, const struct objects *objects)
{
	for (size_t i = 0; !lab->world.flushed && i < lab->config->uplinks.n; i++) {
		uint32_t mark = line_mark(&lab->world, &lab->world.lines[i]);

		assert_true(has_mark_rule(objects, mark, AF_INET));
		assert_true(has_mark_rule(objects, mark, AF_INET6));
	}
}

static void intent_is_sound(void **state)
{
	struct lab lab;
	struct objects objects;

	case_open(*state, &lab);
	objects = lab_intent(&lab);
	array_foreach(&objects.nft_rules, rule) {
		assert_true(has_chain(&objects, rule->table, rule->chain));
		assert_compiles(rule->table, rule->text);
		assert_names_exist(&objects, rule->table, rule->text);
		assert_slots_filled(&objects, rule->table, rule->text);
	}
	array_foreach(&objects.nft_elements, element)
		assert_element_fits(&objects, element);
	assert_lines_have_tables(&lab, &objects);
	objects_done(&objects);
	lab_close(&lab);
}

int main(int argc, char **argv)
{
	return cases_run(argc, argv, intent_is_sound);
}
