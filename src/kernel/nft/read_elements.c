/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Elements of sets and maps, as the kernel lists them. It holds a range in a set of one field as
 * two bounds, which come in any order: they are kept until the set is complete, and made into
 * ranges then.
 */
#include "kernel/nft/read.h"

#include "kernel/attribute.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

enum {
	VALUE_MAX = 64 /* the kernel's registers hold no more */
};

/* The bytes of a key or of data; none at all is allowed. */
static int read_bytes(struct nft_reading *reading, const struct nlattr *attribute,
		      const uint8_t **ret, uint8_t *ret_size)
{
	const struct nlattr *parts[NFTA_DATA_MAX + 1];
	const uint8_t *copy;
	uint16_t size;

	attributes_nested(attribute, parts, NFTA_DATA_MAX);
	if (!parts[NFTA_DATA_VALUE])
		return 0;
	size = mnl_attr_get_payload_len(parts[NFTA_DATA_VALUE]);
	if (size > VALUE_MAX)
		return -EBADMSG;
	copy = arena_copy(&reading->found->arena, mnl_attr_get_payload(parts[NFTA_DATA_VALUE]),
			  size);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	*ret_size = (uint8_t)size;
	return 0;
}

/* Verdicts other than goto are not ours: they stay without a chain. */
static int read_verdict(struct nft_reading *reading, const struct nlattr *attribute,
			const char **ret)
{
	const struct nlattr *data[NFTA_DATA_MAX + 1], *verdict[NFTA_VERDICT_MAX + 1];

	attributes_nested(attribute, data, NFTA_DATA_MAX);
	attributes_nested(data[NFTA_DATA_VERDICT], verdict, NFTA_VERDICT_MAX);
	if (attribute_be32(verdict[NFTA_VERDICT_CODE]) != (uint32_t)NFT_GOTO)
		return 0;
	return nft_read_keep(reading, attribute_string(verdict[NFTA_VERDICT_CHAIN]), ret);
}

static bool has_bounds(const struct nft_set *set)
{
	return set->flags & NFT_SET_IS_INTERVAL && !strstr(set->key, NFT_SEPARATOR);
}

static int keep_element(struct nft_reading *reading, const struct nft_element *element, bool end)
{
	struct nft_bound bound = { *element, end };

	if (!element->key_size || !has_bounds(reading->set))
		return array_push(&reading->found->nft_elements, *element);
	if (reading->bounds.n && reading->bounds.v[0].element.key_size != element->key_size)
		return -EBADMSG;
	return array_push(&reading->bounds, bound);
}

static int read_element(struct nft_reading *reading, const struct nlattr *attribute)
{
	static const uint8_t catchall[1];
	const struct nlattr *parts[NFTA_SET_ELEM_MAX + 1];
	struct nft_element element = { .table = reading->set->table,
				       .set = reading->set->name,
				       .key = catchall };
	uint8_t end_size = 0;
	int r;

	attributes_nested(attribute, parts, NFTA_SET_ELEM_MAX);
	r = read_bytes(reading, parts[NFTA_SET_ELEM_KEY], &element.key, &element.key_size);
	if (r == 0)
		r = read_bytes(reading, parts[NFTA_SET_ELEM_KEY_END], &element.key_end, &end_size);
	if (r == 0)
		r = read_bytes(reading, parts[NFTA_SET_ELEM_DATA], &element.data,
			       &element.data_size);
	if (r == 0)
		r = read_verdict(reading, parts[NFTA_SET_ELEM_DATA], &element.chain);
	if (r == 0 && element.key_end && end_size != element.key_size)
		r = -EBADMSG;
	return r < 0 ? r
		     : keep_element(reading, &element,
				    attribute_be32(parts[NFTA_SET_ELEM_FLAGS]) &
					    NFT_SET_ELEM_INTERVAL_END);
}

int nft_read_elements(struct nft_reading *reading, enum nft_table_id table,
		      const struct nlattr **attributes)
{
	const char *name = attribute_string(attributes[NFTA_SET_ELEM_LIST_SET]), *end;
	const struct nlattr *list = attributes[NFTA_SET_ELEM_LIST_ELEMENTS], *element;
	int r = 0;

	if (!list || !name || !reading->set || table != reading->set->table ||
	    strcmp(name, reading->set->name) != 0)
		return 0;
	element = mnl_attr_get_payload(list);
	end = (const char *)element + mnl_attr_get_payload_len(list);
	while (r == 0 && mnl_attr_ok(element, (int)(end - (const char *)element))) {
		r = read_element(reading, element);
		element = mnl_attr_next(element);
	}
	return r;
}

/* An end comes before a start at the same key. */
static int bound_compare(const void *a, const void *b)
{
	const struct nft_bound *x = a, *y = b;
	int c = memcmp(x->element.key, y->element.key, x->element.key_size);

	return c ? c : y->end - x->end;
}

/* The last key before a bound, or the last of all. */
static const uint8_t *key_before(struct nft_reading *reading, const struct nft_bound *bound,
				 uint8_t size)
{
	uint8_t *key = arena_alloc(&reading->found->arena, size);

	if (!key)
		return NULL;
	if (bound)
		memcpy(key, bound->element.key, size);
	for (size_t i = size; i-- > 0;)
		if (key[i]-- > 0)
			break;
	return key;
}

int nft_read_ranges(struct nft_reading *reading)
{
	size_t n = reading->bounds.n;
	int r = 0;

	if (n)
		qsort(reading->bounds.v, n, sizeof(*reading->bounds.v), bound_compare);
	for (size_t i = 0; i < n && r == 0; i++) {
		const struct nft_bound *bound = &reading->bounds.v[i];
		struct nft_element element = bound->element;

		if (bound->end)
			continue;
		element.interval = true;
		element.key_end =
			key_before(reading, i + 1 < n ? bound + 1 : NULL, element.key_size);
		r = element.key_end ? array_push(&reading->found->nft_elements, element) : -ENOMEM;
	}
	reading->bounds.n = 0;
	return r;
}
