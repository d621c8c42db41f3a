/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "kernel/nft/field.h"

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
	bool netdev;              /* of the table of that family */
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
/* The hash of the `size` bytes at `key`. */
void nft_code_hash(struct nft_code *code, uint32_t modulus, uint32_t seed, uint32_t offset,
		   uint32_t size, unsigned key, unsigned word);
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

/* What lets pass up to a rate or a number of connections, or what is over it. */
struct nft_limit {
	enum {
		NFT_LIMIT_NONE,
		NFT_LIMIT_RATE,
		NFT_LIMIT_CONNECTIONS
	} kind;
	bool over;
	uint64_t rate, unit_s; /* packets in that time */
	uint32_t burst;        /* packets */
	uint32_t connections;
};
void nft_code_limit(struct nft_code *code, const struct nft_limit *limit);

/* An element added, renewed or deleted by a packet, its key at word 0. */
struct nft_update {
	uint32_t operation; /* NFT_DYNSET_OP_* */
	const char *set;
	uint64_t timeout_ms;    /* 0: the set's */
	struct nft_limit limit; /* each element has one of its own */
	bool mapped;            /* a map: */
	unsigned data;          /* where its data are */
};
void nft_code_update(struct nft_code *code, const struct nft_update *update);

/* Sets a meta or conntrack field. */
void nft_code_set(struct nft_code *code, const struct nft_field *field, unsigned word);
/* Writes a header field, and the checksums that depend on it. Not every field can be. */
void nft_code_write(struct nft_code *code, const struct nft_field *field, unsigned word);
/* What the packet's route lets through, as a maximum segment size in network byte order. */
void nft_code_route_segment_size(struct nft_code *code, unsigned word);
/* The maximum segment size, at `word` in network byte order, into its TCP option. */
void nft_code_segment_size(struct nft_code *code, unsigned word);
/* Assigns the helper that the table knows by that name. */
void nft_code_helper(struct nft_code *code, const char *name);

enum nft_nat_port {
	NFT_NAT_NO_PORT,
	NFT_NAT_PORT_OF_MAP, /* behind the address */
	NFT_NAT_PORT_GIVEN   /* at word 4 */
};
/* `type`: NFT_NAT_*; the address is at word 0. */
void nft_code_nat(struct nft_code *code, uint32_t type, uint8_t family, enum nft_nat_port port);
/* Exchanges the prefix: the first address that has the new one is at word 0, the last at word 4. */
void nft_code_nat_prefix(struct nft_code *code, uint32_t type, uint8_t family);
/* To the device whose index is at word 0, and the neighbour at word 4. */
void nft_code_forward(struct nft_code *code, uint8_t family);
/* `verdict`: NF_* or NFT_*; `chain`: NULL unless a jump. */
void nft_code_verdict(struct nft_code *code, uint32_t verdict, const char *chain);
void nft_code_reject(struct nft_code *code, uint32_t type, uint8_t reason);
/* An expression without parameters: "counter", "masq". */
void nft_code_plain(struct nft_code *code, const char *name);
