/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The types of set keys and data, between nft's text ("ipv4_addr . inet_service"), the numbers
 * that the kernel keeps for nft, and the userdata that lets nft(8) read its own sets back.
 */

enum {
	NFT_TYPES_MAX = 5, /* 6 bits a type in a number of 32 */
	NFT_TYPES_TEXT_MAX = 128,
	NFT_USERDATA_MAX = 256
};

struct nft_type;

/* A type, or several put together. */
struct nft_types {
	const struct nft_type *fields[NFT_TYPES_MAX];
	size_t n;
	uint32_t number;
	uint32_t size; /* bytes, each field padded to 4; 0 for "verdict" */
};

/* 0; -EINVAL for an unknown type or a single field narrower than 4 bytes. */
int nft_types_parse(const char *text, struct nft_types *ret);
/* The same from the kernel's number. */
int nft_types_from_number(uint32_t number, struct nft_types *ret);

struct nft_types_text {
	char text[NFT_TYPES_TEXT_MAX];
};
struct nft_types_text nft_types_text(const struct nft_types *types);

uint32_t nft_type_size(const struct nft_type *type);

/* Writes a set's userdata, `data` being NULL unless it is a map. Its size or a negative errno. */
int nft_types_userdata(const struct nft_types *key, const struct nft_types *data,
		       uint8_t ret[NFT_USERDATA_MAX]);
