/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rules change: sets and maps that the packet path fills, marks, header fields, and the
 * limits that keep count. Data of a map are loaded behind the key, at the next register of nft's
 * old naming (four words), because that is where nft(8) has them.
 */
#include "kernel/nft/parse.h"

#include "base/array.h"
#include "base/ip.h"
#include "base/time.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

enum {
	REGISTER_WORDS = 4,
	USUAL_BURST = 5 /* of nft(8) when nothing is said */
};

/* "N/second [burst M packets]" */
static int take_rate(struct nft_parser *parser, struct nft_limit *ret)
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = { { "/second", 1 }, { "/minute", 60 }, { "/hour", 3600 }, { "/day", 86400 } };
	const char *word = nft_take(parser), *unit = strchr(word, '/');
	char digits[24] = { 0 };

	if (!unit || (size_t)(unit - word) >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, word, (size_t)(unit - word));
	if (nft_number(digits, sizeof(ret->rate), &ret->rate) < 0 || ret->rate == 0)
		return -EINVAL;
	for (size_t i = 0; i < ELEMENTS_OF(units); i++)
		if (strcmp(unit, units[i].name) == 0)
			ret->unit_s = units[i].seconds;
	ret->burst = USUAL_BURST;
	if (nft_take_words(parser, "burst") &&
	    (nft_take_number(parser, &ret->burst) < 0 || !nft_take_words(parser, "packets")))
		return -EINVAL;
	return ret->unit_s ? 0 : -EINVAL;
}

/* "limit rate [over] ..." or "ct count [over] N", or nothing. */
static int take_limit(struct nft_parser *parser, struct nft_limit *ret)
{
	*ret = (struct nft_limit){ 0 };
	if (nft_take_words(parser, "limit rate")) {
		ret->kind = NFT_LIMIT_RATE;
		ret->over = nft_take_words(parser, "over");
		return take_rate(parser, ret);
	}
	if (nft_take_words(parser, "ct count")) {
		ret->kind = NFT_LIMIT_CONNECTIONS;
		ret->over = nft_take_words(parser, "over");
		return nft_take_number(parser, &ret->connections);
	}
	return 0;
}

int nft_parse_limit(struct nft_parser *parser)
{
	struct nft_limit limit;

	if (take_limit(parser, &limit) < 0)
		return -EINVAL;
	nft_code_limit(&parser->code, &limit);
	return 0;
}

/* What an element of a map gets: keys, a number such as a mark, or an address. */
static int take_data(struct nft_parser *parser, unsigned word)
{
	struct nft_operands keys;
	struct ip_address address;
	const char *text;
	uint64_t number;
	uint32_t four;

	if (nft_at_operand(parser)) {
		if (nft_take_operands(parser, &keys) < 0)
			return -EINVAL;
		nft_load_operands(parser, &keys, word);
		return 0;
	}
	text = nft_take(parser);
	if (nft_number(text, sizeof(four), &number) == 0) {
		four = (uint32_t)number;
		nft_code_value(&parser->code, &four, sizeof(four), word);
		return 0;
	}
	if (ip_parse(text, &address) < 0)
		return -EINVAL;
	nft_code_value(&parser->code, address.bytes, (uint8_t)ip_size(address.family), word);
	return 0;
}

/* "@SET { KEYS [timeout TIME] [LIMIT] [: DATA] }" */
int nft_parse_update(struct nft_parser *parser, uint32_t operation)
{
	struct nft_update update = { .operation = operation, .set = nft_take_set(parser) };
	struct nft_operands key;

	if (!update.set || !nft_take_words(parser, "{") || nft_take_operands(parser, &key) < 0)
		return -EINVAL;
	nft_load_operands(parser, &key, 0);
	if (nft_take_words(parser, "timeout") &&
	    duration_parse(nft_take(parser), &update.timeout_ms) < 0)
		return -EINVAL;
	if (take_limit(parser, &update.limit) < 0)
		return -EINVAL;
	update.mapped = nft_take_words(parser, ":");
	update.data = (key.words + REGISTER_WORDS - 1) / REGISTER_WORDS * REGISTER_WORDS;
	if (update.mapped && (update.data >= NFT_CODE_WORDS || take_data(parser, update.data) < 0))
		return -EINVAL;
	if (!nft_take_words(parser, "}"))
		return -EINVAL;
	nft_code_update(&parser->code, &update);
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

	if (nft_take_operand(parser, &source) < 0 || !is_mark(&source.field))
		return -EINVAL;
	nft_load(parser, &source, source.field.size);
	if (!source.masked)
		return 0;
	memcpy(&keep, source.mask.bytes, sizeof(keep));
	if (nft_take_words(parser, "|") && nft_take_number(parser, &value) < 0)
		return -EINVAL;
	keep &= ~value;
	nft_code_mask(&parser->code, &keep, &value, sizeof(keep), 0);
	return 0;
}

/* True when keys are ahead that a map has an answer for. */
static bool is_mapped(struct nft_parser *parser)
{
	struct nft_operands keys;
	size_t start = parser->at;
	bool mapped = nft_take_operands(parser, &keys) == 0 && nft_take_words(parser, "map");

	parser->at = start;
	return mapped;
}

/* "numgen ... [map @MAP]", also of a hash. */
static int take_picked(struct nft_parser *parser)
{
	const char *map;

	if (nft_take_pick(parser, 0) < 0)
		return -EINVAL;
	if (!nft_take_words(parser, "map"))
		return 0;
	map = nft_take_set(parser);
	if (!map)
		return -EINVAL;
	nft_code_map(&parser->code, map, 0);
	return 0;
}

static int take_number_value(struct nft_parser *parser)
{
	uint32_t value;

	if (nft_take_number(parser, &value) < 0)
		return -EINVAL;
	nft_code_value(&parser->code, &value, sizeof(value), 0);
	return 0;
}

/* "SOURCE mark set" is behind us. */
int nft_parse_mark(struct nft_parser *parser, uint32_t source)
{
	int r = nft_at_pick(parser)      ? take_picked(parser)
		: is_mapped(parser)      ? nft_take_mapped(parser, 0)
		: nft_at_operand(parser) ? take_mark(parser)
					 : take_number_value(parser);

	if (r == 0)
		nft_code_set(&parser->code, &marks[source], 0);
	return r;
}

/* "ct label set" is behind us: the bit is added to those that are set. */
int nft_parse_label(struct nft_parser *parser, uint32_t unused)
{
	static const struct nft_field label = { .source = NFT_SOURCE_CT,
						.selector = NFT_CT_LABELS,
						.size = NFT_VALUE_MAX,
						.notation = NFT_NOTATION_LABEL };
	struct nft_value bit;

	if (nft_field_value(&label, nft_take(parser), &bit) < 0)
		return -EINVAL;
	nft_code_value(&parser->code, &bit, label.size, 0);
	nft_code_set(&parser->code, &label, 0);
	return 0;
}

/* "KEY set" is behind us: "KEY & MASK", of the same field, or a value. */
int nft_parse_write(struct nft_parser *parser, const struct nft_operand *operand)
{
	struct nft_operand from;
	struct nft_value value;

	if (operand->masked)
		return -EINVAL;
	if (nft_at_operand(parser)) {
		if (nft_take_operand(parser, &from) < 0 || !from.masked ||
		    from.field.words != operand->field.words)
			return -EINVAL;
		nft_load(parser, &from, from.field.size);
		nft_mask(parser, &from, &from.mask);
	} else {
		if (nft_field_value(&operand->field, nft_take(parser), &value) < 0)
			return -EINVAL;
		nft_code_value(&parser->code, &value, operand->field.size, 0);
	}
	nft_code_write(&parser->code, &operand->field, 0);
	return 0;
}

/* "tcp option maxseg size set" is behind us. */
int nft_parse_segment_size(struct nft_parser *parser, uint32_t unused)
{
	uint32_t size;
	uint16_t wire;

	if (nft_take_words(parser, "rt mtu")) {
		nft_code_route_segment_size(&parser->code, 0);
		nft_code_segment_size(&parser->code, 0);
		return 0;
	}
	if (nft_take_number(parser, &size) < 0 || size > UINT16_MAX)
		return -EINVAL;
	wire = htons((uint16_t)size);
	nft_code_value(&parser->code, &wire, sizeof(wire), 0);
	nft_code_segment_size(&parser->code, 0);
	return 0;
}
