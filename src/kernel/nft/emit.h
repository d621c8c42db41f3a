/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "kernel/nft/code.h"

#include <linux/netfilter/nf_tables.h>
#include <stddef.h>
#include <stdint.h>

/* What the building blocks of rules are built of. */

struct nftnl_expr;

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
#define emit(code, name, ...) nft_emit(code, name, (const struct attribute[]){ __VA_ARGS__, { 0 } })

/* NULL, and code->error, when that fails or something has failed before. */
struct nftnl_expr *nft_emit_make(struct nft_code *code, const char *name,
				 const struct attribute *attributes);
void nft_emit(struct nft_code *code, const char *name, const struct attribute *attributes);
/* There is no such rule. */
void nft_code_refuse(struct nft_code *code);

/* nft names a register by its old 16 byte name where it can. */
static inline uint32_t at(unsigned word)
{
	return word % 4 ? NFT_REG32_00 + word : NFT_REG_1 + word / 4;
}
