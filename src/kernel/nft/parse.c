/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words and what stands for one thing among them. A text is cut at its blanks; that is all there
 * is to tell apart, because rules are written by this program and not by people.
 */
#include "kernel/nft/parse.h"

#include "base/array.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

int nft_parser_read(struct nft_parser *parser, const char *text)
{
	char *rest = parser->text, *word;
	size_t length = strlen(text);

	if (length >= sizeof(parser->text))
		return -EINVAL;
	memcpy(parser->text, text, length + 1);
	while ((word = strsep(&rest, " "))) {
		if (!*word)
			continue;
		if (parser->n == ELEMENTS_OF(parser->tokens))
			return -EINVAL;
		parser->tokens[parser->n++] = word;
	}
	return 0;
}

const char *nft_peek(const struct nft_parser *parser)
{
	return parser->at < parser->n ? parser->tokens[parser->at] : "";
}

const char *nft_take(struct nft_parser *parser)
{
	const char *word = nft_peek(parser);

	parser->at += parser->at < parser->n;
	return word;
}

bool nft_take_words(struct nft_parser *parser, const char *words)
{
	size_t used = nft_words_match(words, parser->tokens + parser->at, parser->n - parser->at);

	parser->at += used;
	return used > 0;
}

int nft_take_number(struct nft_parser *parser, uint32_t *ret)
{
	uint64_t number;
	int r = nft_number(nft_take(parser), sizeof(*ret), &number);

	if (r == 0)
		*ret = (uint32_t)number;
	return r;
}

const char *nft_take_set(struct nft_parser *parser)
{
	const char *word = nft_take(parser);

	return word[0] == '@' && word[1] ? word + 1 : NULL;
}

bool nft_at_operand(const struct nft_parser *parser)
{
	struct nft_field field;

	return nft_field_find(parser->tokens + parser->at, parser->n - parser->at, &field) > 0;
}

/* Frames have no family. */
static bool is_there(const struct nft_parser *parser, const struct nft_field *field)
{
	return !parser->code.netdev || field->source != NFT_SOURCE_META ||
	       field->selector != NFT_META_NFPROTO;
}

int nft_take_operand(struct nft_parser *parser, struct nft_operand *ret)
{
	struct nft_operand operand = { 0 };
	size_t used =
		nft_field_find(parser->tokens + parser->at, parser->n - parser->at, &operand.field);

	if (!used || !is_there(parser, &operand.field))
		return -EINVAL;
	parser->at += used;
	if (operand.field.source == NFT_SOURCE_CGROUP &&
	    nft_take_number(parser, &operand.level) < 0)
		return -EINVAL;
	operand.masked = nft_take_words(parser, "&");
	if (operand.masked && nft_field_value(&operand.field, nft_take(parser), &operand.mask) < 0)
		return -EINVAL;
	*ret = operand;
	return 0;
}

void nft_load(struct nft_parser *parser, const struct nft_operand *operand, uint8_t size)
{
	nft_code_load(&parser->code, &operand->field, operand->level, size, 0);
}

static void mask_at(struct nft_parser *parser, const struct nft_operand *operand,
		    const struct nft_value *bits, unsigned word)
{
	static const struct nft_value none;

	nft_code_mask(&parser->code, bits, &none, operand->field.size, word);
}

void nft_mask(struct nft_parser *parser, const struct nft_operand *operand,
	      const struct nft_value *bits)
{
	mask_at(parser, operand, bits, 0);
}

static unsigned words_of(const struct nft_operand *operand)
{
	return (operand->field.size + 3U) / 4;
}

int nft_take_operands(struct nft_parser *parser, struct nft_operands *ret)
{
	ret->n = ret->words = 0;
	do {
		struct nft_operand *operand = &ret->v[ret->n++];

		if (nft_take_operand(parser, operand) < 0)
			return -EINVAL;
		ret->words += words_of(operand);
		if (ret->words > NFT_CODE_WORDS)
			return -EINVAL;
	} while (nft_take_words(parser, "."));
	return 0;
}

void nft_load_operands(struct nft_parser *parser, const struct nft_operands *operands,
		       unsigned word)
{
	if (word + operands->words > NFT_CODE_WORDS)
		parser->code.error = -EINVAL;
	for (size_t i = 0; i < operands->n; i++) {
		if (operands->v[i].field.mask)
			parser->code.error = -EINVAL;
		nft_code_depend(&parser->code, &operands->v[i].field);
	}
	for (size_t i = 0; i < operands->n; word += words_of(&operands->v[i++])) {
		const struct nft_operand *operand = &operands->v[i];

		nft_code_load(&parser->code, &operand->field, operand->level, operand->field.size,
			      word);
		if (operand->masked)
			mask_at(parser, operand, &operand->mask, word);
	}
}

bool nft_at_pick(const struct nft_parser *parser)
{
	const char *next = nft_peek(parser);

	return strcmp(next, "numgen") == 0 || strcmp(next, "jhash") == 0;
}

/* Fields side by side are hashed with what fills them up. */
static uint32_t hashed_size(const struct nft_operands *operands)
{
	return operands->n == 1 ? operands->v[0].field.size : operands->words * 4;
}

/* The key of a hash stands behind the four words that its result may need. */
int nft_take_pick(struct nft_parser *parser, unsigned word)
{
	uint32_t modulus = 0, seed = 0, offset = 0;
	struct nft_operands key = { .n = 0 };
	bool hash = nft_take_words(parser, "jhash");

	if (hash && (nft_take_operands(parser, &key) < 0 || !nft_take_words(parser, "mod")))
		return -EINVAL;
	if (!hash && !nft_take_words(parser, "numgen inc mod"))
		return -EINVAL;
	if (nft_take_number(parser, &modulus) < 0 || modulus == 0)
		return -EINVAL;
	if (hash && (!nft_take_words(parser, "seed") || nft_take_number(parser, &seed) < 0))
		return -EINVAL;
	if (nft_take_words(parser, "offset") && nft_take_number(parser, &offset) < 0)
		return -EINVAL;
	if (!hash) {
		nft_code_number(&parser->code, modulus, offset, word);
		return 0;
	}
	nft_load_operands(parser, &key, word + 4);
	nft_code_hash(&parser->code, modulus, seed, offset, hashed_size(&key), word + 4, word);
	return 0;
}

static int take_keys(struct nft_parser *parser, unsigned word)
{
	struct nft_operands keys;

	if (nft_take_operands(parser, &keys) < 0)
		return -EINVAL;
	nft_load_operands(parser, &keys, word);
	return 0;
}

int nft_take_mapped(struct nft_parser *parser, unsigned word)
{
	int r = nft_at_pick(parser) ? nft_take_pick(parser, word) : take_keys(parser, word);
	const char *map = r == 0 && nft_take_words(parser, "map") ? nft_take_set(parser) : NULL;

	if (!map)
		return -EINVAL;
	nft_code_map(&parser->code, map, word);
	return 0;
}

int nft_take_verdict_map(struct nft_parser *parser)
{
	const char *map = nft_take_set(parser);

	if (!map)
		return -EINVAL;
	nft_code_verdict_map(&parser->code, map, 0);
	return 0;
}
