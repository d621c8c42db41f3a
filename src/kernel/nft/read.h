/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/array.h"
#include "intent/objects.h"

#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>

/* The kernel's messages about our tables made into objects. */

/* A bound of a range, until it has found its other one. */
struct nft_bound {
	struct nft_element element;
	bool end;
};

struct nft_reading {
	struct objects *found;
	uint16_t kind;             /* of messages to be read now: NFT_MSG_NEW* */
	const struct nft_set *set; /* whose elements they are */
	ARRAY(struct nft_bound) bounds;
	int generation;                /* of the ruleset, or -1 as long as unknown */
	bool dormant[NFT_TABLE_MAX];   /* tables that are switched off */
	const struct nft_chain *chain; /* of the last rule */
	uint32_t index;                /* the next rule's in it */
};

/* Empties the nft part of `found`. */
struct nft_reading nft_reading_make(struct objects *found);
void nft_reading_done(struct nft_reading *reading);

/* Which of our tables an nftables message is about, or NFT_TABLE_MAX. */
enum nft_table_id nft_message_table(const struct nlmsghdr *message);
/*
 * Reads a message; what is not of reading->kind or not about our table is passed over. The order of
 * kinds is tables, chains, sets, helpers, the elements of each set, rules. -EAGAIN: the ruleset has
 * changed since the first message.
 */
int nft_read_message(const struct nlmsghdr *message, void *reading);
/* Chains and sets are complete: sorts them, so that elements and rules can be read. */
void nft_read_definitions(struct nft_reading *reading);
/* The elements of reading->set are complete: makes ranges of their bounds. */
int nft_read_ranges(struct nft_reading *reading);
/* Everything is complete: sorts the rest. */
void nft_read_finish(struct nft_reading *reading);

/* For the reader itself. */
#define NFT_SEPARATOR " . " /* between the types of a key of several fields */
/* A copy of a text; -EBADMSG when there is none. */
int nft_read_keep(struct nft_reading *reading, const char *text, const char **ret);
/* The elements of a message, if they are of reading->set. */
int nft_read_elements(struct nft_reading *reading, enum nft_table_id table,
		      const struct nlattr **attributes);
