/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/array.h"
#include "kernel/netlink.h"
#include "kernel/nft/batch.h"
#include "kernel/nft/nft.h"

#include <net/if.h>
#include <stdint.h>

/* What nft.c and member.c share: the sockets, dumps and transactions. */

/* A device that a chain of ours is hooked into. */
struct nft_device {
	char name[IFNAMSIZ];
	unsigned index; /* 0: there is none of that name */
};

struct nft {
	struct netlink requests, events;
	ARRAY(struct nft_device) devices;
};

/* Asks for what is in a table (NFT_MSG_GET*): the elements of that set, the rules of that chain, or
 * with NULL all of a kind. */
int nft_dump(struct nft *nft, uint16_t ask, enum nft_table_id table, const char *within,
	     netlink_reader reader, void *userdata);

/* The answers to a transaction. */
struct nft_answers {
	const struct nft_batch *batch;
	void (*echo)(size_t step, const struct nlmsghdr *message, void *userdata); /* or NULL */
	void (*refusal)(size_t step, int error, void *userdata);                   /* or NULL */
	void *userdata;
	bool any, acknowledged;
	int error; /* the first one */
};

/* Sends a whole batch and hands its answers over. 0 or the first error. */
int nft_transact(struct nft *nft, struct nft_batch *batch, struct nft_answers *answers);
