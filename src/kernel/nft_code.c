/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building blocks of rules: each function appends the expressions that nft(8) would for one
 * meaning. Dependencies are tracked here: a look into an IPv4 header implies a match on IPv4, once
 * a rule, and a rule that would need both families or two protocols is refused.
 */
#include "kernel/nft_code.h"

#include <errno.h>
#include <stdio.h> /* libnftnl's headers need it */

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
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

static void emit_expression(struct nft_code *code, const char *name,
			    const struct attribute *attributes)
{
	struct nftnl_expr *expression = code->error ? NULL : nftnl_expr_alloc(name);

	if (!expression) {
		code->error = code->error ? code->error : -ENOMEM;
		return;
	}
	nftnl_rule_add_expr(code->rule, expression);
	for (const struct attribute *a = attributes; a->type; a++)
		if (a->data && nftnl_expr_set(expression, a->type, a->data, (uint32_t)a->size) < 0)
			code->error = -ENOMEM;
}

/* nft names a register by its old 16 byte name where it can. */
static uint32_t at(unsigned word)
{
	return word % 4 ? NFT_REG32_00 + word : NFT_REG_1 + word / 4;
}

static void depend_on(struct nft_code *code, uint32_t key, uint8_t value, uint8_t *known)
{
	if (!value || *known == value)
		return;
	if (*known) {
		code->error = code->error ? code->error : -EINVAL;
		return;
	}
	emit(code, "meta", U32(NFTNL_EXPR_META_KEY, key), U32(NFTNL_EXPR_META_DREG, at(0)));
	nft_code_compare(code, NFT_CMP_EQ, &value, sizeof(value), 0);
	*known = value;
}

void nft_code_depend(struct nft_code *code, const struct nft_field *field)
{
	depend_on(code, NFT_META_NFPROTO, field->family, &code->family);
	depend_on(code, NFT_META_L4PROTO, field->protocol, &code->protocol);
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
	switch (field->source) {
	case NFT_SOURCE_META:
		emit(code, "meta", U32(NFTNL_EXPR_META_KEY, field->selector),
		     U32(NFTNL_EXPR_META_DREG, at(word)));
		break;
	case NFT_SOURCE_CT:
		emit(code, "ct", U32(NFTNL_EXPR_CT_KEY, field->selector),
		     U32(NFTNL_EXPR_CT_DREG, at(word)));
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

void nft_code_update(struct nft_code *code, uint32_t operation, const char *set,
		     uint64_t timeout_ms, unsigned word)
{
	emit(code, "dynset", U32(NFTNL_EXPR_DYNSET_SREG_KEY, at(word)),
	     U32(NFTNL_EXPR_DYNSET_OP, operation), TEXT(NFTNL_EXPR_DYNSET_SET_NAME, set),
	     BYTES(NFTNL_EXPR_DYNSET_TIMEOUT, timeout_ms ? &timeout_ms : NULL, sizeof(timeout_ms)));
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

void nft_code_nat(struct nft_code *code, uint32_t type, uint8_t family, bool port)
{
	uint32_t behind = at(family == NFPROTO_IPV6 ? 4 : 1);

	emit(code, "nat", U32(NFTNL_EXPR_NAT_TYPE, type), U32(NFTNL_EXPR_NAT_FAMILY, family),
	     U32(NFTNL_EXPR_NAT_REG_ADDR_MIN, at(0)),
	     BYTES(NFTNL_EXPR_NAT_REG_PROTO_MIN, port ? &behind : NULL, sizeof(behind)));
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
