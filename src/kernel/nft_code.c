/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building blocks of rules: each function appends the expressions that nft(8) would for one
 * meaning. Dependencies are tracked here: a look into an IPv4 header implies a match on IPv4, once
 * a rule, and a rule that would need both families or two protocols is refused.
 */
#include "kernel/nft_code.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h> /* libnftnl's headers need it */

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/tcp.h>
#include <string.h>

/* One that has no data is left out. */
struct attribute {
	uint16_t type;
	const void *data;
	size_t size;
};

#define U8(type, value)                                    \
	{                                                  \
		type, &(uint8_t){ value }, sizeof(uint8_t) \
	}
#define U32(type, value)                                     \
	{                                                    \
		type, &(uint32_t){ value }, sizeof(uint32_t) \
	}
#define BYTES(type, value, size)  \
	{                         \
		type, value, size \
	}
#define TEXT(type, value)                                    \
	{                                                    \
		type, value, (value) ? strlen(value) + 1 : 0 \
	}

/* Appends an expression with the attributes that follow its name. */
#define emit(code, name, ...) \
	emit_expression(code, name, (const struct attribute[]){ __VA_ARGS__, { 0 } })

static struct nftnl_expr *make_expression(struct nft_code *code, const char *name,
					  const struct attribute *attributes)
{
	struct nftnl_expr *expression = code->error ? NULL : nftnl_expr_alloc(name);

	if (!expression) {
		code->error = code->error ? code->error : -ENOMEM;
		return NULL;
	}
	for (const struct attribute *a = attributes; a->type; a++)
		if (a->data && nftnl_expr_set(expression, a->type, a->data, (uint32_t)a->size) < 0)
			code->error = -ENOMEM;
	return expression;
}

static void emit_expression(struct nft_code *code, const char *name,
			    const struct attribute *attributes)
{
	struct nftnl_expr *expression = make_expression(code, name, attributes);

	if (expression)
		nftnl_rule_add_expr(code->rule, expression);
}

/* nft names a register by its old 16 byte name where it can. */
static uint32_t at(unsigned word)
{
	return word % 4 ? NFT_REG32_00 + word : NFT_REG_1 + word / 4;
}

static void refuse(struct nft_code *code)
{
	code->error = code->error ? code->error : -EINVAL;
}

static void match_meta(struct nft_code *code, uint32_t key, const void *value, uint8_t size)
{
	emit(code, "meta", U32(NFTNL_EXPR_META_KEY, key), U32(NFTNL_EXPR_META_DREG, at(0)));
	nft_code_compare(code, NFT_CMP_EQ, value, size, 0);
}

/* Frames have no family but the protocol that they say they carry. */
static void match_family(struct nft_code *code, uint8_t family)
{
	uint16_t protocol = htons(family == NFPROTO_IPV6 ? ETH_P_IPV6 : ETH_P_IP);

	if (code->netdev)
		match_meta(code, NFT_META_PROTOCOL, &protocol, sizeof(protocol));
	else
		match_meta(code, NFT_META_NFPROTO, &family, sizeof(family));
}

/* True when packets must still be told apart. */
static bool learn(struct nft_code *code, uint8_t value, uint8_t *known)
{
	if (!value || *known == value)
		return false;
	if (*known)
		refuse(code);
	*known = value;
	return true;
}

void nft_code_depend(struct nft_code *code, const struct nft_field *field)
{
	if (learn(code, field->family, &code->family))
		match_family(code, field->family);
	if (learn(code, field->protocol, &code->protocol))
		match_meta(code, NFT_META_L4PROTO, &field->protocol, sizeof(field->protocol));
}

static void load_header(struct nft_code *code, uint32_t base, const struct nft_field *field,
			uint8_t size, unsigned word)
{
	emit(code, "payload", U32(NFTNL_EXPR_PAYLOAD_DREG, at(word)),
	     U32(NFTNL_EXPR_PAYLOAD_BASE, base), U32(NFTNL_EXPR_PAYLOAD_OFFSET, field->selector),
	     U32(NFTNL_EXPR_PAYLOAD_LEN, size));
}

void nft_code_load(struct nft_code *code, const struct nft_field *field, uint32_t level,
		   uint8_t size, unsigned word)
{
	uint8_t direction = (uint8_t)(field->direction - 1);

	switch (field->source) {
	case NFT_SOURCE_META:
		emit(code, "meta", U32(NFTNL_EXPR_META_KEY, field->selector),
		     U32(NFTNL_EXPR_META_DREG, at(word)));
		break;
	case NFT_SOURCE_CT:
		emit(code, "ct", U32(NFTNL_EXPR_CT_KEY, field->selector),
		     U32(NFTNL_EXPR_CT_DREG, at(word)),
		     BYTES(NFTNL_EXPR_CT_DIR, field->direction ? &direction : NULL,
			   sizeof(direction)));
		break;
	case NFT_SOURCE_FRAGMENT:
		emit(code, "exthdr", U32(NFTNL_EXPR_EXTHDR_DREG, at(word)),
		     U8(NFTNL_EXPR_EXTHDR_TYPE, IPPROTO_FRAGMENT),
		     U32(NFTNL_EXPR_EXTHDR_OFFSET, field->selector),
		     U32(NFTNL_EXPR_EXTHDR_LEN, size),
		     U32(NFTNL_EXPR_EXTHDR_OP, NFT_EXTHDR_OP_IPV6));
		break;
	case NFT_SOURCE_HEADER:
		emit(code, "exthdr", U32(NFTNL_EXPR_EXTHDR_DREG, at(word)),
		     U8(NFTNL_EXPR_EXTHDR_TYPE, (uint8_t)field->selector),
		     U32(NFTNL_EXPR_EXTHDR_OFFSET, 0), U32(NFTNL_EXPR_EXTHDR_LEN, size),
		     U32(NFTNL_EXPR_EXTHDR_OP, NFT_EXTHDR_OP_IPV6),
		     U32(NFTNL_EXPR_EXTHDR_FLAGS, NFT_EXTHDR_F_PRESENT));
		break;
	case NFT_SOURCE_NETWORK:
		load_header(code, NFT_PAYLOAD_NETWORK_HEADER, field, size, word);
		break;
	case NFT_SOURCE_TRANSPORT:
		load_header(code, NFT_PAYLOAD_TRANSPORT_HEADER, field, size, word);
		break;
	case NFT_SOURCE_FIB:
		emit(code, "fib", U32(NFTNL_EXPR_FIB_DREG, at(word)),
		     U32(NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_OIF),
		     U32(NFTNL_EXPR_FIB_FLAGS, field->selector));
		break;
	case NFT_SOURCE_CGROUP:
		emit(code, "socket", U32(NFTNL_EXPR_SOCKET_KEY, field->selector),
		     U32(NFTNL_EXPR_SOCKET_DREG, at(word)), U32(NFTNL_EXPR_SOCKET_LEVEL, level));
		break;
	}
}

void nft_code_number(struct nft_code *code, uint32_t modulus, uint32_t offset, unsigned word)
{
	emit(code, "numgen", U32(NFTNL_EXPR_NG_DREG, at(word)),
	     U32(NFTNL_EXPR_NG_TYPE, NFT_NG_INCREMENTAL), U32(NFTNL_EXPR_NG_MODULUS, modulus),
	     U32(NFTNL_EXPR_NG_OFFSET, offset));
}

void nft_code_hash(struct nft_code *code, uint32_t modulus, uint32_t seed, uint32_t offset,
		   uint32_t size, unsigned key, unsigned word)
{
	emit(code, "hash", U32(NFTNL_EXPR_HASH_SREG, at(key)), U32(NFTNL_EXPR_HASH_DREG, at(word)),
	     U32(NFTNL_EXPR_HASH_LEN, size), U32(NFTNL_EXPR_HASH_MODULUS, modulus),
	     U32(NFTNL_EXPR_HASH_SEED, seed), U32(NFTNL_EXPR_HASH_OFFSET, offset),
	     U32(NFTNL_EXPR_HASH_TYPE, NFT_HASH_JENKINS));
}

void nft_code_value(struct nft_code *code, const void *value, uint8_t size, unsigned word)
{
	emit(code, "immediate", U32(NFTNL_EXPR_IMM_DREG, at(word)),
	     BYTES(NFTNL_EXPR_IMM_DATA, value, size));
}

void nft_code_mask(struct nft_code *code, const void *mask, const void *flip, uint8_t size,
		   unsigned word)
{
	emit(code, "bitwise", U32(NFTNL_EXPR_BITWISE_SREG, at(word)),
	     U32(NFTNL_EXPR_BITWISE_DREG, at(word)), U32(NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL),
	     U32(NFTNL_EXPR_BITWISE_LEN, size), BYTES(NFTNL_EXPR_BITWISE_MASK, mask, size),
	     BYTES(NFTNL_EXPR_BITWISE_XOR, flip, size));
}

void nft_code_swap(struct nft_code *code, uint8_t size, unsigned word)
{
	emit(code, "byteorder", U32(NFTNL_EXPR_BYTEORDER_SREG, at(word)),
	     U32(NFTNL_EXPR_BYTEORDER_DREG, at(word)),
	     U32(NFTNL_EXPR_BYTEORDER_OP, NFT_BYTEORDER_HTON), U32(NFTNL_EXPR_BYTEORDER_LEN, size),
	     U32(NFTNL_EXPR_BYTEORDER_SIZE, size));
}

void nft_code_compare(struct nft_code *code, uint32_t operator, const void * value, uint8_t size,
		      unsigned word)
{
	emit(code, "cmp", U32(NFTNL_EXPR_CMP_SREG, at(word)), U32(NFTNL_EXPR_CMP_OP, operator),
	     BYTES(NFTNL_EXPR_CMP_DATA, value, size));
}

void nft_code_outside(struct nft_code *code, const void *first, const void *last, uint8_t size,
		      unsigned word)
{
	emit(code, "range", U32(NFTNL_EXPR_RANGE_SREG, at(word)),
	     U32(NFTNL_EXPR_RANGE_OP, NFT_RANGE_NEQ),
	     BYTES(NFTNL_EXPR_RANGE_FROM_DATA, first, size),
	     BYTES(NFTNL_EXPR_RANGE_TO_DATA, last, size));
}

void nft_code_member(struct nft_code *code, const char *set, bool invert, unsigned word)
{
	static const uint32_t inverted = NFT_LOOKUP_F_INV;

	emit(code, "lookup", U32(NFTNL_EXPR_LOOKUP_SREG, at(word)),
	     TEXT(NFTNL_EXPR_LOOKUP_SET, set),
	     BYTES(NFTNL_EXPR_LOOKUP_FLAGS, invert ? &inverted : NULL, sizeof(inverted)));
}

static void lookup_data(struct nft_code *code, const char *map, uint32_t target, unsigned word)
{
	emit(code, "lookup", U32(NFTNL_EXPR_LOOKUP_SREG, at(word)),
	     U32(NFTNL_EXPR_LOOKUP_DREG, target), TEXT(NFTNL_EXPR_LOOKUP_SET, map));
}

void nft_code_map(struct nft_code *code, const char *map, unsigned word)
{
	lookup_data(code, map, at(word), word);
}

void nft_code_verdict_map(struct nft_code *code, const char *map, unsigned word)
{
	lookup_data(code, map, NFT_REG_VERDICT, word);
}

static struct nftnl_expr *make_limit(struct nft_code *code, const struct nft_limit *limit)
{
	const struct attribute rate[] = {
		BYTES(NFTNL_EXPR_LIMIT_RATE, &limit->rate, sizeof(limit->rate)),
		BYTES(NFTNL_EXPR_LIMIT_UNIT, &limit->unit_s, sizeof(limit->unit_s)),
		U32(NFTNL_EXPR_LIMIT_BURST, limit->burst),
		U32(NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS),
		U32(NFTNL_EXPR_LIMIT_FLAGS, limit->over ? NFT_LIMIT_F_INV : 0),
		{ 0 },
	};
	const struct attribute count[] = {
		U32(NFTNL_EXPR_CONNLIMIT_COUNT, limit->connections),
		U32(NFTNL_EXPR_CONNLIMIT_FLAGS, limit->over ? NFT_CONNLIMIT_F_INV : 0),
		{ 0 },
	};

	return limit->kind == NFT_LIMIT_RATE ? make_expression(code, "limit", rate)
					     : make_expression(code, "connlimit", count);
}

void nft_code_limit(struct nft_code *code, const struct nft_limit *limit)
{
	struct nftnl_expr *expression = make_limit(code, limit);

	if (expression)
		nftnl_rule_add_expr(code->rule, expression);
}

void nft_code_update(struct nft_code *code, const struct nft_update *update)
{
	struct nftnl_expr *limit = update->limit.kind ? make_limit(code, &update->limit) : NULL;
	uint32_t data = at(update->data);

	if (code->error) {
		if (limit)
			nftnl_expr_free(limit);
		return;
	}
	emit(code, "dynset", U32(NFTNL_EXPR_DYNSET_SREG_KEY, at(0)),
	     BYTES(NFTNL_EXPR_DYNSET_SREG_DATA, update->mapped ? &data : NULL, sizeof(data)),
	     U32(NFTNL_EXPR_DYNSET_OP, update->operation),
	     TEXT(NFTNL_EXPR_DYNSET_SET_NAME, update->set),
	     BYTES(NFTNL_EXPR_DYNSET_TIMEOUT, update->timeout_ms ? &update->timeout_ms : NULL,
		   sizeof(update->timeout_ms)),
	     BYTES(NFTNL_EXPR_DYNSET_EXPR, limit, 0));
}

void nft_code_set(struct nft_code *code, const struct nft_field *field, unsigned word)
{
	if (field->source == NFT_SOURCE_CT)
		emit(code, "ct", U32(NFTNL_EXPR_CT_KEY, field->selector),
		     U32(NFTNL_EXPR_CT_SREG, at(word)));
	else
		emit(code, "meta", U32(NFTNL_EXPR_META_KEY, field->selector),
		     U32(NFTNL_EXPR_META_SREG, at(word)));
}

/* The checksum in the field's own header, if it has one, and where. */
static uint32_t checksum_of(const struct nft_field *field, uint32_t *ret_offset)
{
	bool network = field->source == NFT_SOURCE_NETWORK;

	*ret_offset = network                          ? 10
		      : field->protocol == IPPROTO_TCP ? 16
		      : field->protocol == IPPROTO_UDP ? 6
						       : 8;
	if (network && field->family == NFPROTO_IPV6)
		*ret_offset = 0;
	if (*ret_offset == 0)
		return NFT_PAYLOAD_CSUM_NONE;
	return field->protocol == IPPROTO_SCTP ? NFT_PAYLOAD_CSUM_SCTP : NFT_PAYLOAD_CSUM_INET;
}

/* Addresses count in the checksums of TCP and UDP as well. */
void nft_code_write(struct nft_code *code, const struct nft_field *field, unsigned word)
{
	bool network = field->source == NFT_SOURCE_NETWORK && field->family;
	bool transport = field->source == NFT_SOURCE_TRANSPORT && field->protocol && !field->family;
	bool address = field->notation == NFT_NOTATION_ADDRESS;
	uint32_t offset, type = checksum_of(field, &offset);

	if ((!network && !transport) || field->mask || field->size < 2) {
		refuse(code);
		return;
	}
	emit(code, "payload", U32(NFTNL_EXPR_PAYLOAD_SREG, at(word)),
	     U32(NFTNL_EXPR_PAYLOAD_BASE,
		 network ? NFT_PAYLOAD_NETWORK_HEADER : NFT_PAYLOAD_TRANSPORT_HEADER),
	     U32(NFTNL_EXPR_PAYLOAD_OFFSET, field->selector),
	     U32(NFTNL_EXPR_PAYLOAD_LEN, field->size), U32(NFTNL_EXPR_PAYLOAD_CSUM_TYPE, type),
	     U32(NFTNL_EXPR_PAYLOAD_CSUM_OFFSET, offset),
	     U32(NFTNL_EXPR_PAYLOAD_FLAGS, address ? NFT_PAYLOAD_L4CSUM_PSEUDOHDR : 0));
}

void nft_code_route_segment_size(struct nft_code *code, unsigned word)
{
	emit(code, "rt", U32(NFTNL_EXPR_RT_KEY, NFT_RT_TCPMSS), U32(NFTNL_EXPR_RT_DREG, at(word)));
	nft_code_swap(code, sizeof(uint16_t), word);
}

void nft_code_segment_size(struct nft_code *code, unsigned word)
{
	emit(code, "exthdr", U32(NFTNL_EXPR_EXTHDR_SREG, at(word)),
	     U8(NFTNL_EXPR_EXTHDR_TYPE, TCPOPT_MAXSEG), U32(NFTNL_EXPR_EXTHDR_OFFSET, 2),
	     U32(NFTNL_EXPR_EXTHDR_LEN, sizeof(uint16_t)),
	     U32(NFTNL_EXPR_EXTHDR_OP, NFT_EXTHDR_OP_TCPOPT));
}

void nft_code_helper(struct nft_code *code, const char *name)
{
	emit(code, "objref", U32(NFTNL_EXPR_OBJREF_IMM_TYPE, NFT_OBJECT_CT_HELPER),
	     TEXT(NFTNL_EXPR_OBJREF_IMM_NAME, name));
}

void nft_code_nat(struct nft_code *code, uint32_t type, uint8_t family, enum nft_nat_port port)
{
	static const uint32_t given = NF_NAT_RANGE_PROTO_SPECIFIED;
	uint32_t where = at(family == NFPROTO_IPV6 || port == NFT_NAT_PORT_GIVEN ? 4 : 1);

	emit(code, "nat", U32(NFTNL_EXPR_NAT_TYPE, type), U32(NFTNL_EXPR_NAT_FAMILY, family),
	     U32(NFTNL_EXPR_NAT_REG_ADDR_MIN, at(0)),
	     BYTES(NFTNL_EXPR_NAT_REG_PROTO_MIN, port ? &where : NULL, sizeof(where)),
	     BYTES(NFTNL_EXPR_NAT_FLAGS, port == NFT_NAT_PORT_GIVEN ? &given : NULL,
		   sizeof(given)));
}

void nft_code_nat_prefix(struct nft_code *code, uint32_t type, uint8_t family)
{
	emit(code, "nat", U32(NFTNL_EXPR_NAT_TYPE, type), U32(NFTNL_EXPR_NAT_FAMILY, family),
	     U32(NFTNL_EXPR_NAT_REG_ADDR_MIN, at(0)), U32(NFTNL_EXPR_NAT_REG_ADDR_MAX, at(4)),
	     U32(NFTNL_EXPR_NAT_FLAGS, NF_NAT_RANGE_NETMAP));
}

void nft_code_forward(struct nft_code *code, uint8_t family)
{
	emit(code, "fwd", U32(NFTNL_EXPR_FWD_SREG_DEV, at(0)), U32(NFTNL_EXPR_FWD_SREG_ADDR, at(4)),
	     U32(NFTNL_EXPR_FWD_NFPROTO, family));
}

void nft_code_verdict(struct nft_code *code, uint32_t verdict, const char *chain)
{
	emit(code, "immediate", U32(NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT),
	     U32(NFTNL_EXPR_IMM_VERDICT, verdict), TEXT(NFTNL_EXPR_IMM_CHAIN, chain));
}

void nft_code_reject(struct nft_code *code, uint32_t type, uint8_t reason)
{
	emit(code, "reject", U32(NFTNL_EXPR_REJECT_TYPE, type), U8(NFTNL_EXPR_REJECT_CODE, reason));
}

void nft_code_plain(struct nft_code *code, const char *name)
{
	static const struct attribute none = { 0 };

	emit_expression(code, name, &none);
}
