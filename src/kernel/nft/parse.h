/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "kernel/nft/code.h"

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

/* A field as it is written: "KEY [& MASK]". */
struct nft_operand {
	struct nft_field field;
	uint32_t level; /* of a cgroup */
	bool masked;
	struct nft_value mask;
};

/* "KEY [& MASK] { . KEY [& MASK] }" */
struct nft_operands {
	struct nft_operand v[NFT_CODE_WORDS];
	size_t n;
	unsigned words; /* that they fill, side by side */
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
int nft_take_operands(struct nft_parser *parser, struct nft_operands *ret);
/* "@MAP" of verdicts, for the key that is loaded. */
int nft_take_verdict_map(struct nft_parser *parser);

/* Loads the first bytes of a field to word 0. */
void nft_load(struct nft_parser *parser, const struct nft_operand *operand, uint8_t size);
void nft_mask(struct nft_parser *parser, const struct nft_operand *operand,
	      const struct nft_value *bits);
/* Loads fields side by side from `word` on; those that do not fill their bytes are refused. */
void nft_load_operands(struct nft_parser *parser, const struct nft_operands *operands,
		       unsigned word);

/* "numgen ..." or "jhash ..." */
bool nft_at_pick(const struct nft_parser *parser);
int nft_take_pick(struct nft_parser *parser, unsigned word);
/* A pick or keys, and "map @MAP": what the map has for them is at `word` then. */
int nft_take_mapped(struct nft_parser *parser, unsigned word);

/* A statement that is a match or a lookup (match.c). */
int nft_parse_match(struct nft_parser *parser);
/* Statements that change something, their first words behind us (change.c). */
int nft_parse_update(struct nft_parser *parser, uint32_t operation);
int nft_parse_mark(struct nft_parser *parser, uint32_t source);
int nft_parse_label(struct nft_parser *parser, uint32_t unused);
int nft_parse_write(struct nft_parser *parser, const struct nft_operand *operand);
int nft_parse_segment_size(struct nft_parser *parser, uint32_t unused);
/* "limit rate ..." or "ct count ...", nothing of it behind us. */
int nft_parse_limit(struct nft_parser *parser);
