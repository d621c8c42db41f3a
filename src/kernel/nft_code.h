/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "kernel/nft_field.h"

#include <stdbool.h>
#include <stdint.h>

struct nftnl_rule;

/*
 * Expressions of a rule under construction. `word` is a place in the kernel's registers, counted
 * in units of 4 bytes from 0 to NFT_CODE_WORDS - 1. The first failure is kept in `error` and makes
 * further calls harmless.
 */
struct nft_code {
	struct nftnl_rule *rule;
	uint8_t family, protocol; /* which packets come this far; 0: all */
	int error;
};

enum {
	NFT_CODE_WORDS = 16
};

/* Lets only packets pass that have the field; nothing when that is known already. */
void nft_code_depend(struct nft_code *code, const struct nft_field *field);
/* Loads the first `size` bytes of a field; `level` is that of a cgroup. */
void nft_code_load(struct nft_code *code, const struct nft_field *field, uint32_t level,
		   uint8_t size, unsigned word);
void nft_code_number(struct nft_code *code, uint32_t modulus, uint32_t offset, unsigned word);
void nft_code_value(struct nft_code *code, const void *value, uint8_t size, unsigned word);
/* word = (word & mask) ^ flip */
void nft_code_mask(struct nft_code *code, const void *mask, const void *flip, uint8_t size,
		   unsigned word);
/* From host to network byte order. */
void nft_code_swap(struct nft_code *code, uint8_t size, unsigned word);

/* `operator`: NFT_CMP_*. */
void nft_code_compare(struct nft_code *code, uint32_t operator, const void * value, uint8_t size,
		      unsigned word);
/* Outside of the range. */
void nft_code_outside(struct nft_code *code, const void *first, const void *last, uint8_t size,
		      unsigned word);

void nft_code_member(struct nft_code *code, const char *set, bool invert, unsigned word);
/* Replaces the key at `word` by the data of a map. */
void nft_code_map(struct nft_code *code, const char *map, unsigned word);
void nft_code_verdict_map(struct nft_code *code, const char *map, unsigned word);
/* `operation`: NFT_DYNSET_OP_*; timeout 0: the set's. */
void nft_code_update(struct nft_code *code, uint32_t operation, const char *set,
		     uint64_t timeout_ms, unsigned word);

/* Sets a meta or conntrack field. */
void nft_code_set(struct nft_code *code, const struct nft_field *field, unsigned word);
/* `type`: NFT_NAT_*; the address is at word 0, a port behind it. */
void nft_code_nat(struct nft_code *code, uint32_t type, uint8_t family, bool port);
/* `verdict`: NF_* or NFT_*; `chain`: NULL unless a jump. */
void nft_code_verdict(struct nft_code *code, uint32_t verdict, const char *chain);
void nft_code_reject(struct nft_code *code, uint32_t type, uint8_t reason);
/* An expression without parameters: "counter", "masq". */
void nft_code_plain(struct nft_code *code, const char *name);
