/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "kernel/nft_code.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A rule's text as words, taken one after the other, and the code made of them so far. What
 * returns int returns 0 or -EINVAL for a word that has no place there.
 */

enum {
	NFT_PARSER_TEXT_MAX = 1024,
	NFT_PARSER_TOKENS_MAX = 64
};

struct nft_parser {
	char text[NFT_PARSER_TEXT_MAX];
	const char *tokens[NFT_PARSER_TOKENS_MAX];
	size_t n, at;
	struct nft_code code;
};

/* A field as it is written: with the level of a cgroup. */
struct nft_operand {
	const struct nft_field *field;
	uint32_t level;
};

/* Cuts a text into the words of a parser that has none yet. */
int nft_parser_read(struct nft_parser *parser, const char *text);

/* The next word; at the end the empty one, which is no keyword, name or value. */
const char *nft_peek(const struct nft_parser *parser);
const char *nft_take(struct nft_parser *parser);
/* Takes the words if they are the next ones. */
bool nft_take_words(struct nft_parser *parser, const char *words);
int nft_take_number(struct nft_parser *parser, uint32_t *ret);
/* The name behind "@", or NULL. */
const char *nft_take_set(struct nft_parser *parser);
bool nft_at_operand(const struct nft_parser *parser);
int nft_take_operand(struct nft_parser *parser, struct nft_operand *ret);
/* "KEY { . KEY }": its fields are loaded side by side. */
int nft_take_operands(struct nft_parser *parser);
/* "@MAP" of verdicts, for the key that is loaded. */
int nft_take_verdict_map(struct nft_parser *parser);

/* Loads the first bytes of a field; all that is loaded is found from word 0 on. */
void nft_load(struct nft_parser *parser, const struct nft_operand *operand, uint8_t size);
void nft_mask(struct nft_parser *parser, const struct nft_operand *operand,
	      const struct nft_value *bits);

/* A statement that is a match or a lookup (nft_match.c). */
int nft_parse_match(struct nft_parser *parser);
