/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Construction of kernel objects. Deciders add in any order and need not check each call: the first
 * failure is kept, and objects_seal() reports it.
 */
#include "intent/objects.h"

#include "base/hash.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void objects_done(struct objects *objects)
{
	array_done(&objects->tunnels);
	array_done(&objects->aliases);
	array_done(&objects->routes);
	array_done(&objects->rules);
	array_done(&objects->sysctls);
	array_done(&objects->nft_chains);
	array_done(&objects->nft_sets);
	array_done(&objects->nft_helpers);
	array_done(&objects->nft_elements);
	array_done(&objects->nft_rules);
	memset(objects->recent, 0, sizeof(objects->recent));
	arena_done(&objects->arena);
	memset(objects->nft_tables, 0, sizeof(objects->nft_tables));
	objects->nft_table = NFT_INET;
	objects->error = 0;
}

/* Moves an array and leaves an empty one. */
#define move(to, from)                        \
	do {                                  \
		array_done(to);               \
		*(to) = *(from);              \
		(from)->v = NULL;             \
		(from)->n = (from)->room = 0; \
	} while (0)

void objects_move_nft(struct objects *to, struct objects *from)
{
	move(&to->nft_chains, &from->nft_chains);
	move(&to->nft_sets, &from->nft_sets);
	move(&to->nft_helpers, &from->nft_helpers);
	move(&to->nft_elements, &from->nft_elements);
	move(&to->nft_rules, &from->nft_rules);
	memcpy(to->nft_tables, from->nft_tables, sizeof(to->nft_tables));
	arena_done(&to->arena);
	to->arena = from->arena;
	from->arena.blocks = NULL;
}

/* Appends unless an earlier call failed. */
#define objects_push(objects, array, item)                          \
	do {                                                        \
		if ((objects)->error == 0)                          \
			(objects)->error = array_push(array, item); \
	} while (0)

/* `text` if it is there; else remembers that memory ran out. */
static const char *kept(struct objects *objects, const char *text)
{
	if (!text && objects->error == 0)
		objects->error = -ENOMEM;
	return text;
}

static const char *keep(struct objects *objects, const char *text)
{
	return text ? kept(objects, arena_strdup(&objects->arena, text)) : NULL;
}

/*
 * One copy of a name serves all objects that are made with it about the same time, which also lets
 * most comparisons of names end at the pointer.
 */
static const char *keep_name(struct objects *objects, const char *name)
{
	const char *kept_name;

	for (size_t i = 0; i < ELEMENTS_OF(objects->recent); i++)
		if (objects->recent[i] && strcmp(objects->recent[i], name) == 0)
			return objects->recent[i];
	kept_name = keep(objects, name);
	objects->recent[objects->next_recent++ % ELEMENTS_OF(objects->recent)] = kept_name;
	return kept_name;
}

static const char *keep_format(struct objects *objects, const char *format, va_list args)
	_printf_(2, 0);

static const char *keep_format(struct objects *objects, const char *format, va_list args)
{
	char text[512];
	int length = vsnprintf(text, sizeof(text), format, args);

	assert(length >= 0 && (size_t)length < sizeof(text));
	return keep(objects, text);
}

void want_tunnel(struct objects *objects, const struct tunnel_object *tunnel)
{
	objects_push(objects, &objects->tunnels, *tunnel);
}

void want_alias(struct objects *objects, const struct alias_object *alias)
{
	objects_push(objects, &objects->aliases, *alias);
}

void want_route(struct objects *objects, const struct route_object *route)
{
	objects_push(objects, &objects->routes, *route);
}

void want_rule(struct objects *objects, const struct rule_object *rule)
{
	objects_push(objects, &objects->rules, *rule);
}

void want_sysctl(struct objects *objects, const char *value, const char *instead_of,
		 const char *format, ...)
{
	struct sysctl_object sysctl = { 0 };
	va_list args;

	va_start(args, format);
	sysctl.path = keep_format(objects, format, args);
	va_end(args);
	snprintf(sysctl.value, sizeof(sysctl.value), "%s", value);
	snprintf(sysctl.instead_of, sizeof(sysctl.instead_of), "%s", instead_of);
	objects_push(objects, &objects->sysctls, sysctl);
}

void want_table(struct objects *objects, enum nft_table_id table)
{
	objects->nft_tables[table] = true;
	objects->nft_table = table;
}

void want_chain(struct objects *objects, const char *name, const char *hook)
{
	struct nft_chain chain = { .table = objects->nft_table,
				   .name = keep(objects, name),
				   .hook = keep(objects, hook) };

	objects_push(objects, &objects->nft_chains, chain);
}

void want_set(struct objects *objects, const char *name, const char *key, const char *data,
	      unsigned flags)
{
	struct nft_set set = { .table = objects->nft_table,
			       .name = keep(objects, name),
			       .key = keep(objects, key),
			       .data = keep(objects, data),
			       .flags = flags };

	objects_push(objects, &objects->nft_sets, set);
}

void want_helper(struct objects *objects, const char *name, const char *type, uint8_t protocol,
		 uint8_t family)
{
	struct nft_helper helper = { .table = objects->nft_table,
				     .name = keep(objects, name),
				     .type = keep(objects, type),
				     .protocol = protocol,
				     .family = family };

	objects_push(objects, &objects->nft_helpers, helper);
}

static uint64_t tag_of(const char *text, uint64_t salt)
{
	return hash_bytes(hash_bytes(HASH_START, text, strlen(text)), &salt, sizeof(salt));
}

/* The position is the number of the call until objects_seal() counts within each chain. */
static void push_rule(struct objects *objects, const char *chain, uint64_t salt, const char *text)
{
	struct nft_rule rule = { .table = objects->nft_table,
				 .chain = keep_name(objects, chain),
				 .index = (uint32_t)objects->nft_rules.n,
				 .text = text };

	if (!text)
		return;
	rule.tag = tag_of(text, salt);
	objects_push(objects, &objects->nft_rules, rule);
}

void want_nft(struct objects *objects, const char *chain, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	push_rule(objects, chain, 0, keep_format(objects, format, args));
	va_end(args);
}

void want_nft_salted(struct objects *objects, const char *chain, uint64_t salt, const char *format,
		     ...)
{
	va_list args;

	va_start(args, format);
	push_rule(objects, chain, salt, keep_format(objects, format, args));
	va_end(args);
}

/* Padded to 4. */
static void nft_key_bytes(struct nft_key *key, const void *bytes, size_t size)
{
	size_t padded = (size + 3) / 4 * 4;

	assert(key->size + padded <= sizeof(key->bytes));
	memset(key->bytes + key->size, 0, padded);
	memcpy(key->bytes + key->size, bytes, size);
	key->size = (uint8_t)(key->size + padded);
}

void nft_key_address(struct nft_key *key, const struct ip_address *address)
{
	nft_key_bytes(key, address->bytes, ip_size(address->family));
}

void nft_key_interface(struct nft_key *key, const char *name)
{
	char padded[IFNAMSIZ] = { 0 };

	snprintf(padded, sizeof(padded), "%s", name);
	nft_key_bytes(key, padded, sizeof(padded));
}

void nft_key_port(struct nft_key *key, uint16_t port)
{
	uint16_t wire = htons(port);

	nft_key_bytes(key, &wire, sizeof(wire));
}

void nft_key_u8(struct nft_key *key, uint8_t value)
{
	nft_key_bytes(key, &value, sizeof(value));
}

void nft_key_u32(struct nft_key *key, uint32_t value)
{
	nft_key_bytes(key, &value, sizeof(value));
}

/* An element with its bytes kept; the caller adds data or a chain and pushes it. */
static struct nft_element element_make(struct objects *objects, const char *set,
				       const struct nft_key *key)
{
	struct nft_element element = { .table = objects->nft_table,
				       .set = keep_name(objects, set),
				       .key_size = key->size };

	element.key = arena_copy(&objects->arena, key->bytes, key->size);
	kept(objects, (const char *)element.key);
	return element;
}

void want_member(struct objects *objects, const char *set, const struct nft_key *key)
{
	struct nft_element element = element_make(objects, set, key);

	objects_push(objects, &objects->nft_elements, element);
}

static struct nft_element range_make(struct objects *objects, const char *set,
				     const struct nft_key *first, const struct nft_key *last)
{
	struct nft_element element = element_make(objects, set, first);

	element.key_end = arena_copy(&objects->arena, last->bytes, last->size);
	kept(objects, (const char *)element.key_end);
	return element;
}

void want_range(struct objects *objects, const char *set, const struct nft_key *first,
		const struct nft_key *last)
{
	struct nft_element element = range_make(objects, set, first, last);

	objects_push(objects, &objects->nft_elements, element);
}

void want_mapped(struct objects *objects, const char *map, const struct nft_key *key,
		 const struct nft_key *data)
{
	struct nft_element element = element_make(objects, map, key);

	element.data = arena_copy(&objects->arena, data->bytes, data->size);
	kept(objects, (const char *)element.data);
	element.data_size = data->size;
	objects_push(objects, &objects->nft_elements, element);
}

void want_verdict(struct objects *objects, const char *map, const struct nft_key *key,
		  const char *chain_format, ...)
{
	struct nft_element element = element_make(objects, map, key);
	va_list args;

	va_start(args, chain_format);
	element.chain = keep_format(objects, chain_format, args);
	va_end(args);
	objects_push(objects, &objects->nft_elements, element);
}

/* Of a set or map of one field. */
static struct nft_element addresses_make(struct objects *objects, const char *set,
					 const struct ip_address *first,
					 const struct ip_address *last)
{
	struct nft_key key = { 0 }, key_end = { 0 };
	struct nft_element element;

	nft_key_address(&key, first);
	nft_key_address(&key_end, last);
	element = range_make(objects, set, &key, &key_end);
	element.interval = true;
	return element;
}

void want_verdict_range(struct objects *objects, const char *map, const struct ip_address *first,
			const struct ip_address *last, const char *chain_format, ...)
{
	struct nft_element element = addresses_make(objects, map, first, last);
	va_list args;

	va_start(args, chain_format);
	element.chain = keep_format(objects, chain_format, args);
	va_end(args);
	objects_push(objects, &objects->nft_elements, element);
}

static void want_addresses(struct objects *objects, const char *set, const struct ip_address *first,
			   const struct ip_address *last)
{
	struct nft_element element = addresses_make(objects, set, first, last);

	objects_push(objects, &objects->nft_elements, element);
}

static int network_compare(const void *a, const void *b)
{
	return ip_prefix_compare(a, b);
}

void want_prefixes(struct objects *objects, const char *set, uint8_t family,
		   const struct ip_prefix *prefixes, size_t n)
{
	ARRAY(struct ip_prefix) sorted = { 0 };
	struct ip_address first = { 0 }, last = { 0 };

	for (size_t i = 0; i < n; i++)
		if (prefixes[i].address.family == family)
			objects_push(objects, &sorted, ip_network(&prefixes[i]));
	if (sorted.n)
		qsort(sorted.v, sorted.n, sizeof(*sorted.v), network_compare);
	array_foreach(&sorted, prefix) {
		struct ip_address end = ip_last(prefix), next = last;

		/* After the last address of all there is no next one, and nothing beyond it. */
		if (prefix == sorted.v) {
			first = prefix->address;
			last = end;
		} else if (ip_increment(&next) && ip_compare(&prefix->address, &next) > 0) {
			want_addresses(objects, set, &first, &last);
			first = prefix->address;
			last = end;
		} else if (ip_compare(&end, &last) > 0) {
			last = end;
		}
	}
	if (sorted.n)
		want_addresses(objects, set, &first, &last);
	array_done(&sorted);
}
