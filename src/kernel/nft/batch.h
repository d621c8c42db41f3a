/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/array.h"
#include "plan/plan.h"

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

/* A transaction in the making: netlink messages one behind the other. */

struct nft_batch {
	ARRAY(uint8_t) bytes;
	size_t last;         /* where the last message is */
	ARRAY(size_t) steps; /* for each message between begin and end: the step it is for */
	uint32_t sequence;   /* of the begin; then one more each */
	int error;           /* the first failure */
};

/*
 * A batch begins, takes the messages of steps and possibly others, and ends: batch->error is then
 * 0; -EINVAL for a step that cannot be expressed, which is the one of the last message; -ENOMEM.
 * nft_batch_done() in any case.
 */
void nft_batch_begin(struct nft_batch *batch, uint32_t sequence);
void nft_batch_steps(struct nft_batch *batch, const struct step *steps, size_t n);
void nft_batch_end(struct nft_batch *batch);
/* The family of a table (NFPROTO_*). */
uint8_t nft_table_family(enum nft_table_id table);
void nft_batch_done(struct nft_batch *batch);
/* The index of the step that a message with this sequence number is for, or SIZE_MAX. */
size_t nft_batch_step(const struct nft_batch *batch, uint32_t sequence);

/* For batch.c, set.c and member.c. */

/*
 * A new message (NFT_MSG_*) for step `i`, with room for any, or NULL after a failure. The first
 * attribute names the table, as in all of them.
 */
struct nlmsghdr *nft_message_begin(struct nft_batch *batch, uint16_t type, uint16_t flags,
				   enum nft_table_id table, size_t i);
void nft_message_end(struct nft_batch *batch, struct nlmsghdr *message);
/* Remembers an error, if it is one. */
void nft_batch_fail(struct nft_batch *batch, int error);
/* In network byte order. */
void nft_put_u32(struct nlmsghdr *message, uint16_t attribute, uint32_t value);
/* Fails with names longer than the kernel's limit, which the room of a message counts on. */
void nft_put_name(struct nft_batch *batch, struct nlmsghdr *message, uint16_t attribute,
		  const char *name);
void nft_put_u64(struct nlmsghdr *message, uint16_t attribute, uint64_t value);
void nft_put_data(struct nlmsghdr *message, uint16_t attribute, const void *data, size_t size);
void nft_make_set(struct nft_batch *batch, const struct step *step, size_t i);
/* Returns the number of steps, from `i` on, that it made messages of. */
size_t nft_make_elements(struct nft_batch *batch, const struct step *steps, size_t n, size_t i);
