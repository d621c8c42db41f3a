/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Matches and lookups. nft(8) writes some of them differently for brevity, and so do we: a prefix
 * of whole bytes is a shorter load, any other one a mask; flags without an operator are tested,
 * with one they are compared; fields that do not fill their bytes are always masked.
 */
#include "kernel/nft/parse.h"

#include "base/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

/* A match that has been read up to its value. */
struct match {
	struct nft_operand operand;
	bool inverted, compared; /* "!=", or one of "==" and "!=" */
};

static uint32_t comparison(const struct match *match)
{
	return match->inverted ? NFT_CMP_NEQ : NFT_CMP_EQ;
}

/* Loads the whole field as its value is written. */
static void load_field(struct nft_parser *parser, const struct match *match)
{
	const struct nft_field *field = &match->operand.field;
	uint16_t own = field->size == 1 ? field->mask : htons(field->mask);
	struct nft_value bits = { 0 };

	nft_load(parser, &match->operand, field->size);
	if (match->operand.masked) {
		nft_mask(parser, &match->operand, &match->operand.mask);
	} else if (field->mask) {
		memcpy(bits.bytes, &own, field->size);
		nft_mask(parser, &match->operand, &bits);
	}
}

/* The family that a frame's protocol stands for, or 0. */
static uint8_t family_of_frame(const struct nft_value *value)
{
	uint16_t protocol;

	memcpy(&protocol, value->bytes, sizeof(protocol));
	return protocol == htons(ETH_P_IP)     ? NFPROTO_IPV4
	       : protocol == htons(ETH_P_IPV6) ? NFPROTO_IPV6
					       : 0;
}

/* A match on the family or protocol is what other fields imply, and is remembered like that. */
static bool is_dependency(const struct match *match, const struct nft_value *value, bool netdev,
			  struct nft_field *ret)
{
	const struct nft_field *field = &match->operand.field;

	*ret = (struct nft_field){ 0 };
	if (field->source != NFT_SOURCE_META || match->operand.masked || match->inverted)
		return false;
	if (field->selector == NFT_META_NFPROTO)
		ret->family = value->bytes[0];
	else if (field->selector == NFT_META_L4PROTO)
		ret->protocol = value->bytes[0];
	else if (field->selector == NFT_META_PROTOCOL && netdev)
		ret->family = family_of_frame(value);
	return ret->family || ret->protocol;
}

/* Bits, of which a match asks whether any is set. */
static bool is_tested(const struct nft_field *field)
{
	return field->notation == NFT_NOTATION_FLAGS || field->notation == NFT_NOTATION_LABEL;
}

static void match_value(struct nft_parser *parser, const struct match *match,
			const struct nft_value *value)
{
	static const struct nft_value zero;
	const struct nft_field *field = &match->operand.field;
	struct nft_field implied;

	if (is_dependency(match, value, parser->code.netdev, &implied)) {
		nft_code_depend(&parser->code, &implied);
	} else if (is_tested(field) && !match->compared && !match->operand.masked) {
		nft_load(parser, &match->operand, field->size);
		nft_mask(parser, &match->operand, value);
		nft_code_compare(&parser->code, NFT_CMP_NEQ, &zero, field->size, 0);
	} else {
		load_field(parser, match);
		nft_code_compare(&parser->code, comparison(match), value, field->size, 0);
	}
}

static int match_prefix(struct nft_parser *parser, struct match *match, const char *text)
{
	const struct nft_field *field = &match->operand.field;
	struct ip_prefix prefix, all = { 0 };
	uint8_t size;

	if (match->operand.masked || ip_prefix_parse(text, &prefix) < 0 ||
	    ip_size(prefix.address.family) != field->size)
		return -EINVAL;
	prefix = ip_network(&prefix);
	size = prefix.length / 8;
	if (prefix.length % 8 == 0 && size > 0) {
		nft_load(parser, &match->operand, size);
	} else {
		memset(all.address.bytes, 0xff, field->size);
		all.address.family = prefix.address.family;
		all.length = prefix.length;
		memcpy(match->operand.mask.bytes, ip_network(&all).address.bytes, field->size);
		match->operand.masked = true;
		load_field(parser, match);
		size = field->size;
	}
	nft_code_compare(&parser->code, comparison(match), prefix.address.bytes, size, 0);
	return 0;
}

/* The kernel compares ranges byte by byte, so numbers of the host's order are turned around. */
static void turn(const struct nft_field *field, struct nft_value *value)
{
	uint32_t number;

	if (field->notation != NFT_NOTATION_HOST || field->size != sizeof(number))
		return;
	memcpy(&number, value->bytes, sizeof(number));
	number = htonl(number);
	memcpy(value->bytes, &number, sizeof(number));
}

static int match_range(struct nft_parser *parser, struct match *match, const char *text)
{
	const struct nft_field *field = &match->operand.field;
	struct nft_value first, last;
	char low[64];
	const char *dash = strchr(text, '-');

	if (!dash || (size_t)(dash - text) >= sizeof(low) || field->size == sizeof(uint64_t))
		return -EINVAL;
	memcpy(low, text, (size_t)(dash - text));
	low[dash - text] = '\0';
	if (nft_field_value(field, low, &first) < 0 || nft_field_value(field, dash + 1, &last) < 0)
		return -EINVAL;
	load_field(parser, match);
	if (field->notation == NFT_NOTATION_HOST && field->size > 1)
		nft_code_swap(&parser->code, field->size, 0);
	turn(field, &first);
	turn(field, &last);
	if (match->inverted) {
		nft_code_outside(&parser->code, &first, &last, field->size, 0);
	} else {
		nft_code_compare(&parser->code, NFT_CMP_GTE, &first, field->size, 0);
		nft_code_compare(&parser->code, NFT_CMP_LTE, &last, field->size, 0);
	}
	return 0;
}

static int take_match_value(struct nft_parser *parser, struct match *match)
{
	const char *text = nft_take(parser);
	struct nft_value value;

	if (nft_field_value(&match->operand.field, text, &value) == 0) {
		match_value(parser, match, &value);
		return 0;
	}
	switch (match->operand.field.notation) {
	case NFT_NOTATION_ADDRESS:
		return strchr(text, '/') ? match_prefix(parser, match, text)
					 : match_range(parser, match, text);
	case NFT_NOTATION_HOST:
	case NFT_NOTATION_NETWORK:
		return match_range(parser, match, text);
	case NFT_NOTATION_FLAGS:
	case NFT_NOTATION_LABEL:
	case NFT_NOTATION_INTERFACE:
		break;
	}
	return -EINVAL;
}

/* What follows a key that is loaded: "vmap @MAP" or "[!=] @SET". */
static int take_lookup(struct nft_parser *parser)
{
	const char *set;
	bool inverted;

	if (nft_take_words(parser, "vmap"))
		return nft_take_verdict_map(parser);
	inverted = nft_take_words(parser, "!=");
	set = nft_take_set(parser);
	if (!set)
		return -EINVAL;
	nft_code_member(&parser->code, set, inverted, 0);
	return 0;
}

/* True when the key just taken is looked up and not compared. */
static bool is_lookup(const struct nft_parser *parser)
{
	const char *next = nft_peek(parser);

	if (strcmp(next, "!=") == 0 && parser->at + 1 < parser->n)
		next = parser->tokens[parser->at + 1];
	return next[0] == '@' || strcmp(next, "vmap") == 0;
}

int nft_parse_match(struct nft_parser *parser)
{
	struct match match = { 0 };
	struct nft_operands operands;

	if (nft_take_operands(parser, &operands) < 0)
		return -EINVAL;
	if (operands.n > 1) {
		nft_load_operands(parser, &operands, 0);
		return take_lookup(parser);
	}
	match.operand = operands.v[0];
	nft_code_depend(&parser->code, &match.operand.field);
	if (nft_take_words(parser, "set"))
		return nft_parse_write(parser, &match.operand);
	if (is_lookup(parser)) {
		load_field(parser, &match);
		return take_lookup(parser);
	}
	match.inverted = nft_take_words(parser, "!=");
	match.compared = match.inverted || nft_take_words(parser, "==");
	return take_match_value(parser, &match);
}
