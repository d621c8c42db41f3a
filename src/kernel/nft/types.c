/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one table of set types. The kernel knows sizes only; names, byte order and the expressions
 * behind `typeof` are an agreement of nft(8) with itself, kept in a number (6 bits a field) and in
 * userdata. Both are written here as nft 1.0.6 writes them (its datatype.h, expression.h,
 * proto.h), so that it lists our sets and loads what it listed.
 *
 * A key of type "numgen" has no name of its own in nft: it is the plain integer, declared as
 * `typeof numgen inc mod 2`; and then the data must be declared by expressions as well.
 */
#include "kernel/nft/types.h"

#include "base/array.h"
#include "base/cleanup.h"

#include <errno.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum byte_order {
	ORDER_NONE, /* of several fields, or of a verdict */
	ORDER_HOST,
	ORDER_NETWORK
};

enum expression {
	EXPRESSION_NONE,
	EXPRESSION_VERDICT = 1,
	EXPRESSION_PAYLOAD = 7,
	EXPRESSION_META = 9,
	EXPRESSION_CONCAT = 13,
	EXPRESSION_NUMGEN = 23
};

struct nft_type {
	const char *name;
	uint32_t number;
	uint8_t size;
	enum byte_order order;
	/* What stands for the type in `typeof`, and its parameters: header and field, the
	 * key of a meta, or for a numgen mode, modulus and offset. */
	enum expression expression;
	uint32_t parameters[3];
	size_t parameters_n;
};

enum {
	TYPE_BITS = 6,
	NUMBER_INTEGER = 4
};

static const struct nft_type known[] = {
	{ "verdict", NFT_DATA_VERDICT, 0, ORDER_NONE, EXPRESSION_VERDICT, { 0 }, 0 },
	{ "numgen", NUMBER_INTEGER, 4, ORDER_HOST, EXPRESSION_NUMGEN, { 0, 2, 0 }, 3 },
	{ "ipv4_addr", 7, 4, ORDER_NETWORK, EXPRESSION_PAYLOAD, { 12, 12 }, 2 },
	{ "ipv6_addr", 8, 16, ORDER_NETWORK, EXPRESSION_PAYLOAD, { 13, 9 }, 2 },
	{ "inet_proto", 12, 1, ORDER_NETWORK },
	{ "inet_service", 13, 2, ORDER_NETWORK, EXPRESSION_PAYLOAD, { 11, 2 }, 2 },
	{ "mark", 19, 4, ORDER_HOST, EXPRESSION_META, { NFT_META_MARK }, 1 },
	{ "iface_index", 20, 4, ORDER_HOST, EXPRESSION_META, { NFT_META_OIF }, 1 },
	{ "ifname", 41, 16, ORDER_HOST },
};

static uint32_t padded(uint32_t size)
{
	return (size + 3) / 4 * 4;
}

uint32_t nft_type_size(const struct nft_type *type)
{
	return type->size;
}

static const struct nft_type *find_name(const char *name, size_t length)
{
	for (size_t i = 0; i < ELEMENTS_OF(known); i++)
		if (strlen(known[i].name) == length && memcmp(known[i].name, name, length) == 0)
			return &known[i];
	return NULL;
}

static const struct nft_type *find_number(uint32_t number)
{
	for (size_t i = 0; i < ELEMENTS_OF(known); i++)
		if (known[i].number == number)
			return &known[i];
	return NULL;
}

static int add_field(struct nft_types *types, const struct nft_type *type)
{
	bool alone = types->n == 0;

	if (!type || types->n == NFT_TYPES_MAX)
		return -EINVAL;
	if (!alone && (!type->size || !types->size)) /* a verdict stands alone */
		return -EINVAL;
	types->number = types->number << TYPE_BITS | type->number;
	types->size += padded(type->size);
	types->fields[types->n++] = type;
	return 0;
}

/* A single field has its own size, and keys are always made of 4 byte units. */
static int check(const struct nft_types *types)
{
	return types->n == 1 && types->fields[0]->size % 4 ? -EINVAL : 0;
}

int nft_types_parse(const char *text, struct nft_types *ret)
{
	static const char separator[] = " . ";
	struct nft_types types = { 0 };
	const char *end;
	int r;

	do {
		end = strstr(text, separator);
		r = add_field(&types, find_name(text, end ? (size_t)(end - text) : strlen(text)));
		text = end ? end + strlen(separator) : NULL;
	} while (r == 0 && text);
	if (r == 0)
		r = check(&types);
	if (r == 0)
		*ret = types;
	return r;
}

int nft_types_from_number(uint32_t number, struct nft_types *ret)
{
	struct nft_types types = { 0 };
	int shift = number == NFT_DATA_VERDICT ? 0 : (NFT_TYPES_MAX - 1) * TYPE_BITS, r = 0;

	while (shift > 0 && number >> shift == 0)
		shift -= TYPE_BITS;
	for (; r == 0 && shift >= 0; shift -= TYPE_BITS)
		r = add_field(&types,
			      find_number(number == NFT_DATA_VERDICT
						  ? number
						  : number >> shift & ((1 << TYPE_BITS) - 1)));
	if (r == 0)
		r = types.number == number ? check(&types) : -EINVAL;
	if (r == 0)
		*ret = types;
	return r;
}

struct nft_types_text nft_types_text(const struct nft_types *types)
{
	struct nft_types_text ret = { "" };
	size_t used = 0;

	for (size_t i = 0; i < types->n; i++)
		used += (size_t)snprintf(ret.text + used, sizeof(ret.text) - used, "%s%s",
					 i ? " . " : "", types->fields[i]->name);
	return ret;
}

static bool put_typeof(struct nftnl_udata_buf *buffer, uint8_t attribute,
		       const struct nft_type *type)
{
	struct nftnl_udata *outer = nftnl_udata_nest_start(buffer, attribute), *inner;
	bool ok = nftnl_udata_put_u32(buffer, NFTNL_UDATA_SET_TYPEOF_EXPR, type->expression);

	inner = nftnl_udata_nest_start(buffer, NFTNL_UDATA_SET_TYPEOF_DATA);
	for (size_t i = 0; i < type->parameters_n; i++)
		ok = ok && nftnl_udata_put_u32(buffer, (uint8_t)i, type->parameters[i]);
	nftnl_udata_nest_end(buffer, inner);
	nftnl_udata_nest_end(buffer, outer);
	return ok && type->expression != EXPRESSION_NONE;
}

static bool put_typeofs(struct nftnl_udata_buf *buffer, uint8_t attribute,
			const struct nft_types *types)
{
	struct nftnl_udata *outer, *inner;
	bool ok;

	if (types->n == 1)
		return put_typeof(buffer, attribute, types->fields[0]);
	outer = nftnl_udata_nest_start(buffer, attribute);
	ok = nftnl_udata_put_u32(buffer, NFTNL_UDATA_SET_TYPEOF_EXPR, EXPRESSION_CONCAT);
	inner = nftnl_udata_nest_start(buffer, NFTNL_UDATA_SET_TYPEOF_DATA);
	for (size_t i = 0; i < types->n; i++)
		ok = ok && put_typeof(buffer, (uint8_t)i, types->fields[i]);
	nftnl_udata_nest_end(buffer, inner);
	nftnl_udata_nest_end(buffer, outer);
	return ok;
}

static enum byte_order order_of(const struct nft_types *types)
{
	return types->n == 1 ? types->fields[0]->order : ORDER_NONE;
}

DEFINE_CLEANUP(struct nftnl_udata_buf *, nftnl_udata_buf_free)

int nft_types_userdata(const struct nft_types *key, const struct nft_types *data,
		       uint8_t ret[NFT_USERDATA_MAX])
{
	_cleanup_(nftnl_udata_buf_freep) struct nftnl_udata_buf *buffer =
		nftnl_udata_buf_alloc(NFT_USERDATA_MAX);
	bool by_expression = key->number == NUMBER_INTEGER, ok;

	if (!buffer)
		return -ENOMEM;
	ok = nftnl_udata_put_u32(buffer, NFTNL_UDATA_SET_KEYBYTEORDER, order_of(key));
	if (data)
		ok = ok &&
		     nftnl_udata_put_u32(buffer, NFTNL_UDATA_SET_DATABYTEORDER, order_of(data));
	if (by_expression)
		ok = ok && put_typeofs(buffer, NFTNL_UDATA_SET_KEY_TYPEOF, key);
	if (by_expression && data)
		ok = ok && put_typeofs(buffer, NFTNL_UDATA_SET_DATA_TYPEOF, data);
	if (data)
		ok = ok && nftnl_udata_put_u32(buffer, NFTNL_UDATA_SET_DATA_INTERVAL, 0);
	if (!ok)
		return -EINVAL;
	memcpy(ret, nftnl_udata_buf_data(buffer), nftnl_udata_buf_len(buffer));
	return (int)nftnl_udata_buf_len(buffer);
}
