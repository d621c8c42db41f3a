/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building blocks of rules: each function appends the expressions that nft(8) would for one
 * meaning. Here is what a rule looks at; what it does is in statement.c. Dependencies are
 * tracked here: a look into an IPv4 header implies a match on IPv4, once a rule, and a rule that
 * would need both families or two protocols is refused.
 */
#include "kernel/nft/code.h"

#include "kernel/nft/emit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h> /* libnftnl's headers need it */

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <string.h>

struct nftnl_expr *nft_emit_make(struct nft_code *code, const char *name,
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

void nft_emit(struct nft_code *code, const char *name, const struct attribute *attributes)
{
	struct nftnl_expr *expression = nft_emit_make(code, name, attributes);

	if (expression)
		nftnl_rule_add_expr(code->rule, expression);
}

void nft_code_refuse(struct nft_code *code)
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
		nft_code_refuse(code);
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
