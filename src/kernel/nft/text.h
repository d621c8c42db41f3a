/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/objects.h"

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

/* Texts that stand for something: where a chain is hooked in, and which rule of ours a rule is. */

struct nft_hook {
	char type[16]; /* "filter", "nat", "route" */
	uint32_t number;
	char device[IFNAMSIZ]; /* of the netdev family; else empty */
	int32_t priority;
};

/*
 * "type filter hook prerouting priority -150", in NFT_NETDEV "type filter hook ingress device ppp0
 * priority -300". 0 or -EINVAL.
 */
int nft_hook_parse(enum nft_table_id table, const char *text, struct nft_hook *ret);

struct nft_hook_text {
	char text[96];
};
struct nft_hook_text nft_hook_text(enum nft_table_id table, const struct nft_hook *hook);

enum {
	NFT_TAG_SIZE = 2 + sizeof("uplinkd:0123456789abcdef")
};

/* The tag of a rule as userdata that nft(8) shows as a comment. */
void nft_tag_write(uint64_t tag, uint8_t ret[NFT_TAG_SIZE]);
/* The tag in a rule's userdata, or 0. */
uint64_t nft_tag_read(const void *userdata, size_t size);
