/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building blocks of rules: what a rule does with a packet that has come so far, in the expressions
 * that nft(8) would make of such a statement.
 */
#include "kernel/nft/emit.h"

#include <netinet/in.h>
#include <stdio.h> /* libnftnl's headers need it */

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <netinet/tcp.h>
#include <string.h>

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

	return limit->kind == NFT_LIMIT_RATE ? nft_emit_make(code, "limit", rate)
					     : nft_emit_make(code, "connlimit", count);
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
		nft_code_refuse(code);
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

	nft_emit(code, name, &none);
}
