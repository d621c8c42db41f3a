/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The grammar of rules. Statements are told apart by their first words, and what begins with none
 * of them is a match (nft_match.c). All of it happens in one pass from left to right, each part
 * appending its expressions (nft_code.c) as soon as it is understood, in the shape that nft(8)
 * gives them: what it lists must be what it would have written itself.
 */
#include "kernel/nft_compile.h"

#include "base/array.h"
#include "base/ip.h"
#include "base/time.h"
#include "kernel/nft_parse.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

static int parse_counter(struct nft_parser *parser, uint32_t unused)
{
	nft_code_plain(&parser->code, "counter");
	return 0;
}

static int parse_verdict(struct nft_parser *parser, uint32_t verdict)
{
	nft_code_verdict(&parser->code, verdict, NULL);
	return 0;
}

static int parse_jump(struct nft_parser *parser, uint32_t verdict)
{
	const char *chain = nft_take(parser);

	if (!*chain)
		return -EINVAL;
	nft_code_verdict(&parser->code, verdict, chain);
	return 0;
}

static int parse_reset(struct nft_parser *parser, uint32_t unused)
{
	static const struct nft_field tcp = { .protocol = IPPROTO_TCP };

	nft_code_depend(&parser->code, &tcp);
	nft_code_reject(&parser->code, NFT_REJECT_TCP_RST, 0);
	return 0;
}

static int parse_unreachable(struct nft_parser *parser, uint32_t reason)
{
	nft_code_reject(&parser->code, NFT_REJECT_ICMPX_UNREACH, (uint8_t)reason);
	return 0;
}

static int parse_masquerade(struct nft_parser *parser, uint32_t unused)
{
	nft_code_plain(&parser->code, "masq");
	return 0;
}

/* "numgen inc mod" is behind us. */
static int take_pick(struct nft_parser *parser)
{
	uint32_t modulus, offset = 0;

	if (nft_take_number(parser, &modulus) < 0 || modulus == 0)
		return -EINVAL;
	if (nft_take_words(parser, "offset") && nft_take_number(parser, &offset) < 0)
		return -EINVAL;
	nft_code_number(&parser->code, modulus, offset, 0);
	return 0;
}

static int parse_pick(struct nft_parser *parser, uint32_t unused)
{
	int r = take_pick(parser);

	if (r == 0 && !nft_take_words(parser, "vmap"))
		return -EINVAL;
	return r == 0 ? nft_take_verdict_map(parser) : r;
}

static int take_nat_address(struct nft_parser *parser, uint8_t family)
{
	struct ip_address address;

	if (ip_parse(nft_take(parser), &address) < 0 || address.family != family)
		return -EINVAL;
	nft_code_value(&parser->code, address.bytes, (uint8_t)ip_size(family), 0);
	return 0;
}

/* Where to: an address, or a map that a pick or keys lead to. */
static int take_nat_target(struct nft_parser *parser, uint8_t family, bool *ret_mapped)
{
	const char *map;
	int r;

	*ret_mapped = true;
	if (nft_take_words(parser, "numgen inc mod")) {
		r = take_pick(parser);
	} else if (nft_at_operand(parser)) {
		r = nft_take_operands(parser);
	} else {
		*ret_mapped = false;
		return take_nat_address(parser, family);
	}
	map = r == 0 && nft_take_words(parser, "map") ? nft_take_set(parser) : NULL;
	if (!map)
		return -EINVAL;
	nft_code_map(&parser->code, map, 0);
	return 0;
}

static int parse_nat(struct nft_parser *parser, uint32_t type)
{
	uint8_t family = nft_take_words(parser, "ip")    ? NFPROTO_IPV4
			 : nft_take_words(parser, "ip6") ? NFPROTO_IPV6
							 : 0;
	bool mapped;

	if (!family || !nft_take_words(parser, "to") ||
	    take_nat_target(parser, family, &mapped) < 0)
		return -EINVAL;
	nft_code_nat(&parser->code, type, family, type == NFT_NAT_DNAT && mapped);
	return 0;
}

/* "@SET { KEY [& MASK] [timeout TIME] }" */
static int parse_update(struct nft_parser *parser, uint32_t operation)
{
	const char *set = nft_take_set(parser);
	struct nft_operand operand;
	struct nft_value bits;
	uint64_t timeout_ms = 0;

	if (!set || !nft_take_words(parser, "{") || nft_take_operand(parser, &operand) < 0 ||
	    operand.field->mask)
		return -EINVAL;
	nft_code_depend(&parser->code, operand.field);
	nft_load(parser, &operand, operand.field->size);
	if (nft_take_words(parser, "&")) {
		if (nft_field_value(operand.field, nft_take(parser), &bits) < 0)
			return -EINVAL;
		nft_mask(parser, &operand, &bits);
	}
	if (nft_take_words(parser, "timeout") && duration_parse(nft_take(parser), &timeout_ms) < 0)
		return -EINVAL;
	if (!nft_take_words(parser, "}"))
		return -EINVAL;
	nft_code_update(&parser->code, operation, set, timeout_ms, 0);
	return 0;
}

static const struct nft_field marks[] = {
	[NFT_SOURCE_META] = { .source = NFT_SOURCE_META, .selector = NFT_META_MARK },
	[NFT_SOURCE_CT] = { .source = NFT_SOURCE_CT, .selector = NFT_CT_MARK },
};

static bool is_mark(const struct nft_field *field)
{
	return field->source < ELEMENTS_OF(marks) &&
	       field->selector == marks[field->source].selector;
}

/* "MARK [& MASK [| VALUE]]": both of them in one expression. */
static int take_mark(struct nft_parser *parser)
{
	struct nft_operand source;
	uint32_t keep, value = 0;

	if (nft_take_operand(parser, &source) < 0 || !is_mark(source.field))
		return -EINVAL;
	nft_load(parser, &source, source.field->size);
	if (!nft_take_words(parser, "&"))
		return 0;
	if (nft_take_number(parser, &keep) < 0)
		return -EINVAL;
	if (nft_take_words(parser, "|") && nft_take_number(parser, &value) < 0)
		return -EINVAL;
	keep &= ~value;
	nft_code_mask(&parser->code, &keep, &value, sizeof(keep), 0);
	return 0;
}

/* "SOURCE mark set" is behind us. */
static int parse_set(struct nft_parser *parser, uint32_t source)
{
	uint32_t value;

	if (nft_at_operand(parser)) {
		if (take_mark(parser) < 0)
			return -EINVAL;
	} else {
		if (nft_take_number(parser, &value) < 0)
			return -EINVAL;
		nft_code_value(&parser->code, &value, sizeof(value), 0);
	}
	nft_code_set(&parser->code, &marks[source], 0);
	return 0;
}

static const struct {
	const char *words;
	int (*parse)(struct nft_parser *parser, uint32_t argument);
	uint32_t argument;
} statements[] = {
	{ "counter", parse_counter, 0 },
	{ "accept", parse_verdict, NF_ACCEPT },
	{ "drop", parse_verdict, NF_DROP },
	{ "return", parse_verdict, (uint32_t)NFT_RETURN },
	{ "jump", parse_jump, (uint32_t)NFT_JUMP },
	{ "goto", parse_jump, (uint32_t)NFT_GOTO },
	{ "reject with tcp reset", parse_reset, 0 },
	{ "reject with icmpx no-route", parse_unreachable, NFT_REJECT_ICMPX_NO_ROUTE },
	{ "reject with icmpx port-unreachable", parse_unreachable, NFT_REJECT_ICMPX_PORT_UNREACH },
	{ "reject with icmpx admin-prohibited", parse_unreachable,
	  NFT_REJECT_ICMPX_ADMIN_PROHIBITED },
	{ "masquerade", parse_masquerade, 0 },
	{ "snat", parse_nat, NFT_NAT_SNAT },
	{ "dnat", parse_nat, NFT_NAT_DNAT },
	{ "numgen inc mod", parse_pick, 0 },
	{ "update", parse_update, NFT_DYNSET_OP_UPDATE },
	{ "delete", parse_update, NFT_DYNSET_OP_DELETE },
	{ "meta mark set", parse_set, NFT_SOURCE_META },
	{ "ct mark set", parse_set, NFT_SOURCE_CT },
};

static int parse_statement(struct nft_parser *parser)
{
	for (size_t i = 0; i < ELEMENTS_OF(statements); i++)
		if (nft_take_words(parser, statements[i].words))
			return statements[i].parse(parser, statements[i].argument);
	return nft_parse_match(parser);
}

int nft_compile(const char *text, struct nftnl_rule *rule)
{
	struct nft_parser parser = { .code.rule = rule };
	int r = nft_parser_read(&parser, text);

	while (r == 0 && parser.at < parser.n)
		r = parse_statement(&parser);
	return r < 0 ? r : parser.code.error;
}
