/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What rules can look at: the keys of the rule language, and how their values are written. */

enum nft_source {
	NFT_SOURCE_META,
	NFT_SOURCE_CT,
	NFT_SOURCE_NETWORK,   /* the network header */
	NFT_SOURCE_TRANSPORT, /* the transport header */
	NFT_SOURCE_FRAGMENT,  /* the IPv6 fragment header */
	NFT_SOURCE_HEADER,    /* whether there is an IPv6 extension header of that number */
	NFT_SOURCE_FIB,
	NFT_SOURCE_CGROUP
};

enum nft_notation {
	NFT_NOTATION_HOST,    /* a number in host byte order */
	NFT_NOTATION_NETWORK, /* a number in network byte order */
	NFT_NOTATION_FLAGS,   /* names of bits, "new,established"; to be tested, not compared */
	NFT_NOTATION_LABEL,   /* the number of a bit, likewise */
	NFT_NOTATION_ADDRESS,
	NFT_NOTATION_INTERFACE
};

struct nft_name {
	const char *name;
	uint32_t value;
};

enum {
	NFT_VALUE_MAX = 16
};

struct nft_value {
	uint8_t bytes[NFT_VALUE_MAX];
};

struct nft_field {
	const char *words; /* "ip saddr" */
	enum nft_source source;
	uint32_t selector; /* the kernel's key, or the offset in the header */
	uint8_t size;      /* bytes, at most NFT_VALUE_MAX */
	enum nft_notation notation;
	const struct nft_name *names; /* of values, ended by an empty one; or NULL */
	uint8_t family, protocol;     /* which packets have it: NFPROTO_*, IPPROTO_*; 0: all */
	uint16_t mask;                /* the field's bits, when it does not fill its bytes */
	uint8_t shift;
	uint8_t direction; /* of a conntrack tuple: 1 + IP_CT_DIR_*, or 0 */
};

/* The number of tokens that spell `words`, or 0 when they do not. */
size_t nft_words_match(const char *words, const char *const *tokens, size_t n);
/* The field that the tokens begin with. The number of them that spell it, or 0. */
size_t nft_field_find(const char *const *tokens, size_t n, struct nft_field *ret);
/* Reads a value in the field's notation. 0 or -EINVAL. */
int nft_field_value(const struct nft_field *field, const char *text, struct nft_value *ret);
/* A number, decimal or 0x, of at most `size` bytes. 0 or -EINVAL. */
int nft_number(const char *text, size_t size, uint64_t *ret);
