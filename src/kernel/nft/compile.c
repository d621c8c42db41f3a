/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The grammar of rules. Statements are told apart by their first words, and what begins with none
 * of them is a match (match.c); what changes sets, marks and headers is in change.c. All of
 * it happens in one pass from left to right, each part appending its expressions (code.c) as
 * soon as it is understood, in the shape that nft(8) gives them: what it lists must be what it
 * would have written itself.
 */
#include "kernel/nft/compile.h"

#include "base/array.h"
#include "base/ip.h"
#include "kernel/nft/parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>
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

struct reason {
	const char *name;
	uint8_t code;
};

static const struct reason icmp_reasons[] = {
	{ "net-unreachable", ICMP_NET_UNREACH },   { "host-unreachable", ICMP_HOST_UNREACH },
	{ "prot-unreachable", ICMP_PROT_UNREACH }, { "port-unreachable", ICMP_PORT_UNREACH },
	{ "net-prohibited", ICMP_NET_ANO },        { "host-prohibited", ICMP_HOST_ANO },
	{ "admin-prohibited", ICMP_PKT_FILTERED }, { 0 },
};

static const struct reason icmp6_reasons[] = {
	{ "no-route", ICMPV6_NOROUTE },
	{ "admin-prohibited", ICMPV6_ADM_PROHIBITED },
	{ "addr-unreachable", ICMPV6_ADDR_UNREACH },
	{ "port-unreachable", ICMPV6_PORT_UNREACH },
	{ "policy-fail", ICMPV6_POLICY_FAIL },
	{ "reject-route", ICMPV6_REJECT_ROUTE },
	{ 0 },
};

static const struct reason icmpx_reasons[] = {
	{ "no-route", NFT_REJECT_ICMPX_NO_ROUTE },
	{ "port-unreachable", NFT_REJECT_ICMPX_PORT_UNREACH },
	{ "host-unreachable", NFT_REJECT_ICMPX_HOST_UNREACH },
	{ "admin-prohibited", NFT_REJECT_ICMPX_ADMIN_PROHIBITED },
	{ 0 },
};

/* `family`: NFPROTO_*, or NFPROTO_INET for what says it in either. */
static int parse_unreachable(struct nft_parser *parser, uint32_t family)
{
	const struct nft_field of_family = { .family = (uint8_t)family };
	const struct reason *reason = family == NFPROTO_IPV4   ? icmp_reasons
				      : family == NFPROTO_IPV6 ? icmp6_reasons
							       : icmpx_reasons;
	const char *name = nft_take(parser);
	bool both = family == NFPROTO_INET;

	while (reason->name && strcmp(reason->name, name) != 0)
		reason++;
	if (!reason->name)
		return -EINVAL;
	if (!both)
		nft_code_depend(&parser->code, &of_family);
	nft_code_reject(&parser->code, both ? NFT_REJECT_ICMPX_UNREACH : NFT_REJECT_ICMP_UNREACH,
			reason->code);
	return 0;
}

static int parse_masquerade(struct nft_parser *parser, uint32_t unused)
{
	nft_code_plain(&parser->code, "masq");
	return 0;
}

static int parse_notrack(struct nft_parser *parser, uint32_t unused)
{
	nft_code_plain(&parser->code, "notrack");
	return 0;
}

static int parse_pick(struct nft_parser *parser)
{
	if (nft_take_pick(parser, 0) < 0 || !nft_take_words(parser, "vmap"))
		return -EINVAL;
	return nft_take_verdict_map(parser);
}

static int take_family(struct nft_parser *parser, uint8_t *ret)
{
	*ret = nft_take_words(parser, "ip") ? NFPROTO_IPV4 : NFPROTO_IPV6;
	return *ret == NFPROTO_IPV4 || nft_take_words(parser, "ip6") ? 0 : -EINVAL;
}

/* True when keys or a pick are ahead and not a constant. */
static bool at_source(const struct nft_parser *parser)
{
	return nft_at_pick(parser) || nft_at_operand(parser);
}

static int take_address(struct nft_parser *parser, const char *text, uint8_t family, unsigned word)
{
	struct ip_address address;

	if (ip_parse(text, &address) < 0 || address.family != family)
		return -EINVAL;
	nft_code_value(&parser->code, address.bytes, (uint8_t)ip_size(family), word);
	return 0;
}

/* Cuts "ADDRESS:PORT" or "[ADDRESS]:PORT" in two. NULL when there is no port. */
static const char *cut_port(char *text, uint8_t family, char **ret_address)
{
	char *colon = strrchr(text, ':');

	*ret_address = text;
	if (!colon || (family == NFPROTO_IPV6 && (text[0] != '[' || colon[-1] != ']')))
		return NULL;
	*colon = '\0';
	if (family == NFPROTO_IPV6) {
		colon[-1] = '\0';
		++*ret_address;
	}
	return colon + 1;
}

/* "ADDRESS", "ADDRESS:PORT" or "[ADDRESS]:PORT" */
static int take_constant(struct nft_parser *parser, uint8_t family, enum nft_nat_port *ret_port)
{
	char text[64], *address;
	const char *word = nft_take(parser), *port;
	uint64_t number;
	uint16_t wire;

	if (strlen(word) >= sizeof(text))
		return -EINVAL;
	strcpy(text, word);
	port = cut_port(text, family, &address);
	if (take_address(parser, address, family, 0) < 0)
		return -EINVAL;
	*ret_port = port ? NFT_NAT_PORT_GIVEN : NFT_NAT_NO_PORT;
	if (!port)
		return 0;
	if (nft_number(port, sizeof(wire), &number) < 0 || number == 0)
		return -EINVAL;
	wire = htons((uint16_t)number);
	nft_code_value(&parser->code, &wire, sizeof(wire), 4);
	return 0;
}

/* The network address of a prefix at word 0, the last address at word 4. */
static int parse_nat_prefix(struct nft_parser *parser, uint32_t type, uint8_t family)
{
	uint8_t size = (uint8_t)ip_size(family);
	struct ip_prefix prefix;
	struct ip_address last;

	if (ip_prefix_parse(nft_take(parser), &prefix) < 0 || prefix.address.family != family)
		return -EINVAL;
	prefix = ip_network(&prefix);
	last = ip_last(&prefix);
	nft_code_value(&parser->code, prefix.address.bytes, size, 0);
	nft_code_value(&parser->code, last.bytes, size, 4);
	nft_code_nat_prefix(&parser->code, type, family);
	return 0;
}

static int parse_nat(struct nft_parser *parser, uint32_t type)
{
	enum nft_nat_port port = NFT_NAT_NO_PORT;
	uint8_t family;
	bool address_only;
	int r;

	if (take_family(parser, &family) < 0)
		return -EINVAL;
	if (nft_take_words(parser, "prefix to"))
		return parse_nat_prefix(parser, type, family);
	address_only = type == NFT_NAT_SNAT || nft_take_words(parser, "addr");
	if (!nft_take_words(parser, "to"))
		return -EINVAL;
	if (at_source(parser)) {
		r = nft_take_mapped(parser, 0);
		port = address_only ? NFT_NAT_NO_PORT : NFT_NAT_PORT_OF_MAP;
	} else {
		r = take_constant(parser, family, &port);
	}
	if (r == 0)
		nft_code_nat(&parser->code, type, family, port);
	return r;
}

/* "NAME" (in quotes), a device's index, or a map of indexes. */
static int take_device(struct nft_parser *parser)
{
	static const struct nft_field name = { .notation = NFT_NOTATION_INTERFACE,
					       .size = IFNAMSIZ };
	struct nft_value value;
	const char *text;
	uint64_t number;
	uint32_t index;

	if (at_source(parser))
		return nft_take_mapped(parser, 0);
	text = nft_take(parser);
	if (text[0] == '"') {
		if (nft_field_value(&name, text, &value) < 0)
			return -EINVAL;
		index = if_nametoindex((const char *)value.bytes);
		if (index == 0)
			return -ENODEV;
	} else {
		if (nft_number(text, sizeof(index), &number) < 0 || number == 0)
			return -EINVAL;
		index = (uint32_t)number;
	}
	nft_code_value(&parser->code, &index, sizeof(index), 0);
	return 0;
}

/* The device is loaded before the address that is written before it. */
static int parse_forward(struct nft_parser *parser, uint32_t unused)
{
	size_t address, device, end;
	uint8_t family;
	int r;

	if (take_family(parser, &family) < 0 || !nft_take_words(parser, "to"))
		return -EINVAL;
	address = parser->at;
	while (*nft_peek(parser) && strcmp(nft_peek(parser), "device") != 0)
		nft_take(parser);
	device = parser->at;
	if (!nft_take_words(parser, "device"))
		return -EINVAL;
	r = take_device(parser);
	if (r < 0)
		return r;
	end = parser->at;
	parser->at = address;
	r = at_source(parser) ? nft_take_mapped(parser, 4)
			      : take_address(parser, nft_take(parser), family, 4);
	if (r < 0 || parser->at != device)
		return -EINVAL;
	parser->at = end;
	nft_code_forward(&parser->code, family);
	return 0;
}

/* "NAME" in quotes. */
static int parse_helper(struct nft_parser *parser, uint32_t unused)
{
	const char *text = nft_take(parser);
	size_t length = strlen(text);
	char name[NFT_NAME_MAXLEN];

	if (length < 3 || length - 2 >= sizeof(name) || text[0] != '"' || text[length - 1] != '"')
		return -EINVAL;
	memcpy(name, text + 1, length - 2);
	name[length - 2] = '\0';
	nft_code_helper(&parser->code, name);
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
	{ "reject with icmp", parse_unreachable, NFPROTO_IPV4 },
	{ "reject with icmpv6", parse_unreachable, NFPROTO_IPV6 },
	{ "reject with icmpx", parse_unreachable, NFPROTO_INET },
	{ "masquerade", parse_masquerade, 0 },
	{ "notrack", parse_notrack, 0 },
	{ "snat", parse_nat, NFT_NAT_SNAT },
	{ "dnat", parse_nat, NFT_NAT_DNAT },
	{ "fwd", parse_forward, 0 },
	{ "add", nft_parse_update, NFT_DYNSET_OP_ADD },
	{ "update", nft_parse_update, NFT_DYNSET_OP_UPDATE },
	{ "delete", nft_parse_update, NFT_DYNSET_OP_DELETE },
	{ "meta mark set", nft_parse_mark, NFT_SOURCE_META },
	{ "ct mark set", nft_parse_mark, NFT_SOURCE_CT },
	{ "ct helper set", parse_helper, 0 },
	{ "ct label set", nft_parse_label, 0 },
	{ "tcp option maxseg size set", nft_parse_segment_size, 0 },
};

static bool at_limit(const struct nft_parser *parser)
{
	const char *const *next = parser->tokens + parser->at;
	size_t n = parser->n - parser->at;

	return nft_words_match("limit rate", next, n) || nft_words_match("ct count", next, n);
}

static int parse_statement(struct nft_parser *parser)
{
	for (size_t i = 0; i < ELEMENTS_OF(statements); i++)
		if (nft_take_words(parser, statements[i].words))
			return statements[i].parse(parser, statements[i].argument);
	if (nft_at_pick(parser))
		return parse_pick(parser);
	return at_limit(parser) ? nft_parse_limit(parser) : nft_parse_match(parser);
}

int nft_compile(enum nft_table_id table, const char *text, struct nftnl_rule *rule)
{
	struct nft_parser parser = { .code = { .rule = rule, .netdev = table == NFT_NETDEV } };
	int r = nft_parser_read(&parser, text);

	while (r == 0 && parser.at < parser.n)
		r = parse_statement(&parser);
	return r < 0 ? r : parser.code.error;
}
