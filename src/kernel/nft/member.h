/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/array.h"
#include "intent/objects.h"

#include <stddef.h>
#include <stdint.h>

/* Elements of dynamic sets, which the packet path adds and the daemon looks at and corrects. */

struct nft;

/* One that is to be added or deleted; bytes as in struct nft_element. */
struct nft_member {
	const uint8_t *key, *data; /* data: of a map, and of an addition, else NULL */
	uint8_t key_size, data_size;
	uint64_t timeout_ms; /* of an addition; 0: it stays */
};

/* `expires_ms`: until it goes by itself; 0: never. `data` is NULL and data_size 0 in a set. */
typedef void (*nft_member_reader)(const uint8_t *key, size_t key_size, const uint8_t *data,
				  size_t data_size, uint64_t expires_ms, void *userdata);

struct nft_batch;
struct step;

struct nft_carried_member {
	const struct nft_set *set;
	struct nft_member member;
	uint64_t expires_ms;
};

/* Elements that outlive their table. */
struct nft_carried {
	struct arena arena;
	ARRAY(struct nft_carried_member) members;
};

/* Reads the elements of the dynamic sets that the steps make again. 0 or a negative errno. */
int nft_carry_take(struct nft *nft, const struct step *steps, size_t n, struct nft_carried *ret);
/* Adds them to the batch, as far as their time has not run out; `step` is whom they are for. */
void nft_carry_put(struct nft_batch *batch, const struct nft_carried *carried, size_t step);
void nft_carried_done(struct nft_carried *carried);

/*
 * Calls `each` for every element. -ENOENT when there is no such set. What comes and goes meanwhile
 * may be seen or not, and when others change nftables, elements may be seen twice.
 */
int nft_members(struct nft *nft, enum nft_table_id table, const char *set, nft_member_reader each,
		void *userdata);

/*
 * Deletes, then adds, in one transaction. To delete one that has gone is no error; to change one,
 * its data or its timeout, is to delete and add it. -ENOENT when there is no such set.
 */
int nft_members_change(struct nft *nft, enum nft_table_id table, const char *set,
		       const struct nft_member *adds, size_t adds_n,
		       const struct nft_member *deletes, size_t deletes_n);
