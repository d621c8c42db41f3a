/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words and what stands for one thing among them. A text is cut at its blanks; that is all there
 * is to tell apart, because rules are written by this program and not by people.
 */
#include "kernel/nft_parse.h"

#include "base/array.h"

#include <errno.h>
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
	size_t used;

	return nft_field_find(parser->tokens + parser->at, parser->n - parser->at, &used);
}

int nft_take_operand(struct nft_parser *parser, struct nft_operand *ret)
{
	struct nft_operand operand = { 0 };
	size_t used = 0;

	operand.field = nft_field_find(parser->tokens + parser->at, parser->n - parser->at, &used);
	if (!operand.field)
		return -EINVAL;
	parser->at += used;
	if (operand.field->source == NFT_SOURCE_CGROUP &&
	    nft_take_number(parser, &operand.level) < 0)
		return -EINVAL;
	*ret = operand;
	return 0;
}

void nft_load(struct nft_parser *parser, const struct nft_operand *operand, uint8_t size)
{
	nft_code_load(&parser->code, operand->field, operand->level, size, 0);
}

void nft_mask(struct nft_parser *parser, const struct nft_operand *operand,
	      const struct nft_value *bits)
{
	static const struct nft_value none;

	nft_code_mask(&parser->code, bits, &none, operand->field->size, 0);
}

static unsigned words_of(const struct nft_operand *operand)
{
	return (operand->field->size + 3U) / 4;
}

int nft_take_operands(struct nft_parser *parser)
{
	struct nft_operand operands[NFT_CODE_WORDS];
	unsigned word = 0;
	size_t n = 0;

	do {
		struct nft_operand *operand = &operands[n++];

		if (nft_take_operand(parser, operand) < 0 || operand->field->mask)
			return -EINVAL;
		nft_code_depend(&parser->code, operand->field);
		word += words_of(operand);
		if (word > NFT_CODE_WORDS)
			return -EINVAL;
	} while (nft_take_words(parser, "."));
	word = 0;
	for (size_t i = 0; i < n; word += words_of(&operands[i++]))
		nft_code_load(&parser->code, operands[i].field, operands[i].level,
			      operands[i].field->size, word);
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
