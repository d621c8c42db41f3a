/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Elements of the packet path. They end by themselves while we look, so a deletion that comes too
 * late must not spoil the transaction that it is part of: each is a message of its own, the kernel
 * answers all that it cannot do, and the rest is sent again. An empty message in front tells a set
 * that does not exist from elements that do not.
 */
#include "kernel/nft/member.h"

#include "kernel/attribute.h"
#include "kernel/netlink.h"
#include "kernel/nft/socket.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

enum {
	ELEMENTS_SIZE = 60 * 1024, /* netlink counts the length of an attribute in 16 bits */
	ATTEMPTS = 16
};

/* What is read of an element. */
struct dumped {
	const uint8_t *key, *data;
	size_t key_size, data_size;
	uint64_t timeout_ms, expires_ms;
	bool has_state; /* a limit of its own */
};

struct reading {
	nft_member_reader each;
	void *userdata;
	struct nft_carried *carried; /* instead: where to keep them, and of which set */
	const struct nft_set *set;
	int error;
};

static void read_bytes(const struct nlattr *attribute, const uint8_t **ret, size_t *ret_size)
{
	const struct nlattr *parts[NFTA_DATA_MAX + 1];

	*ret = NULL;
	*ret_size = 0;
	attributes_nested(attribute, parts, NFTA_DATA_MAX);
	if (!parts[NFTA_DATA_VALUE])
		return;
	*ret = mnl_attr_get_payload(parts[NFTA_DATA_VALUE]);
	*ret_size = mnl_attr_get_payload_len(parts[NFTA_DATA_VALUE]);
}

static const uint8_t *keep(struct reading *reading, const uint8_t *bytes, size_t size)
{
	const uint8_t *copy = arena_copy(&reading->carried->arena, bytes, size);

	if (!copy)
		reading->error = -ENOMEM;
	return copy;
}

/* An element with a limit cannot be made again from here: it begins anew with the next packet. */
static void carry(struct reading *reading, const struct dumped *dumped)
{
	struct nft_carried_member carried = {
		.set = reading->set,
		.expires_ms = dumped->expires_ms,
		.member = { .key_size = (uint8_t)dumped->key_size,
			    .data_size = (uint8_t)dumped->data_size,
			    .timeout_ms = dumped->timeout_ms },
	};

	if (dumped->has_state || (dumped->timeout_ms && !dumped->expires_ms) ||
	    dumped->key_size > UINT8_MAX || dumped->data_size > UINT8_MAX)
		return;
	carried.member.key = keep(reading, dumped->key, dumped->key_size);
	if (dumped->data_size)
		carried.member.data = keep(reading, dumped->data, dumped->data_size);
	if (reading->error == 0)
		reading->error = array_push(&reading->carried->members, carried);
}

static void read_member(const struct nlattr *element, struct reading *reading)
{
	const struct nlattr *parts[NFTA_SET_ELEM_MAX + 1];
	struct dumped dumped = { 0 };

	attributes_nested(element, parts, NFTA_SET_ELEM_MAX);
	read_bytes(parts[NFTA_SET_ELEM_KEY], &dumped.key, &dumped.key_size);
	read_bytes(parts[NFTA_SET_ELEM_DATA], &dumped.data, &dumped.data_size);
	dumped.timeout_ms = attribute_be64(parts[NFTA_SET_ELEM_TIMEOUT]);
	dumped.expires_ms = attribute_be64(parts[NFTA_SET_ELEM_EXPIRATION]);
	dumped.has_state = parts[NFTA_SET_ELEM_EXPR] || parts[NFTA_SET_ELEM_EXPRESSIONS];
	if (!dumped.key)
		return;
	if (reading->carried)
		carry(reading, &dumped);
	else
		reading->each(dumped.key, dumped.key_size, dumped.data, dumped.data_size,
			      dumped.expires_ms, reading->userdata);
}

static int member_message(const struct nlmsghdr *message, void *userdata)
{
	const struct nlattr *attributes[NFTA_SET_ELEM_LIST_MAX + 1], *list, *element;
	const char *end;

	if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM))
		return 0;
	attributes_of_message(message, sizeof(struct nfgenmsg), attributes, NFTA_SET_ELEM_LIST_MAX);
	list = attributes[NFTA_SET_ELEM_LIST_ELEMENTS];
	if (!list)
		return 0;
	element = mnl_attr_get_payload(list);
	end = (const char *)element + mnl_attr_get_payload_len(list);
	while (mnl_attr_ok(element, (int)(end - (const char *)element))) {
		read_member(element, userdata);
		element = mnl_attr_next(element);
	}
	return 0;
}

/* That others change their tables meanwhile does not matter here. */
int nft_members(struct nft *nft, enum nft_table_id table, const char *set, nft_member_reader each,
		void *userdata)
{
	struct reading reading = { .each = each, .userdata = userdata };
	int r = nft_dump(nft, NFT_MSG_GETSETELEM, table, set, member_message, &reading);

	return r == -EAGAIN ? 0 : r;
}

int nft_carry_take(struct nft *nft, const struct step *steps, size_t n, struct nft_carried *ret)
{
	struct reading reading = { .carried = ret };
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct nft_set *set = steps[i].wanted;

		if (steps[i].kind != OBJECT_NFT_SET || steps[i].action != STEP_ADD ||
		    !steps[i].found || set->flags & NFT_SET_IS_COUNTED)
			continue;
		reading.set = set;
		r = nft_dump(nft, NFT_MSG_GETSETELEM, set->table, set->name, member_message,
			     &reading);
		r = r == -EAGAIN || r == -ENOENT ? 0 : r;
		r = r < 0 ? r : reading.error;
	}
	return r;
}

void nft_carried_done(struct nft_carried *carried)
{
	array_done(&carried->members);
	arena_done(&carried->arena);
}

struct change {
	enum nft_table_id table;
	const char *set;
	const struct nft_member *adds, *deletes;
	size_t adds_n, deletes_n;
	bool *late;    /* for each deletion: it has gone */
	bool any_late; /* since the last attempt */
	int error;     /* of anything else */
};

/* Steps of the batch: 0 is the empty message, then come the deletions, then the additions. */
static struct nlmsghdr *begin(struct nft_batch *batch, const struct change *change, uint16_t type,
			      size_t step)
{
	struct nlmsghdr *message = nft_message_begin(
		batch, type, type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0, change->table, step);

	if (message)
		nft_put_name(batch, message, NFTA_SET_ELEM_LIST_SET, change->set);
	return message;
}

/* `expires_ms`: of one that is not new; else 0. */
static void put_member(struct nlmsghdr *message, const struct nft_member *member,
		       uint64_t expires_ms)
{
	struct nlattr *nest = mnl_attr_nest_start(message, NFTA_LIST_ELEM);

	nft_put_data(message, NFTA_SET_ELEM_KEY, member->key, member->key_size);
	if (member->data_size)
		nft_put_data(message, NFTA_SET_ELEM_DATA, member->data, member->data_size);
	if (member->timeout_ms)
		nft_put_u64(message, NFTA_SET_ELEM_TIMEOUT, member->timeout_ms);
	if (expires_ms)
		nft_put_u64(message, NFTA_SET_ELEM_EXPIRATION, expires_ms);
	mnl_attr_nest_end(message, nest);
}

/* A message of the members from `i` on that fit into one, at most `n` of them. Returns how many. */
static size_t put_members(struct nft_batch *batch, const struct change *change, uint16_t type,
			  const struct nft_member *members, size_t n, size_t step)
{
	struct nlmsghdr *message = begin(batch, change, type, step);
	struct nlattr *nest;
	size_t i = 0;

	if (!message)
		return n ? n : 0;
	nest = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (; i < n && message->nlmsg_len < ELEMENTS_SIZE; i++)
		put_member(message, &members[i], 0);
	mnl_attr_nest_end(message, nest);
	nft_message_end(batch, message);
	return i;
}

static void make(struct nft_batch *batch, const struct change *change, uint32_t sequence)
{
	nft_batch_begin(batch, sequence);
	put_members(batch, change, NFT_MSG_NEWSETELEM, NULL, 0, 0);
	for (size_t i = 0; i < change->deletes_n; i++)
		if (!change->late[i])
			put_members(batch, change, NFT_MSG_DELSETELEM, &change->deletes[i], 1,
				    1 + i);
	for (size_t i = 0; i < change->adds_n;)
		i += put_members(batch, change, NFT_MSG_NEWSETELEM, &change->adds[i],
				 change->adds_n - i, 1 + change->deletes_n);
	nft_batch_end(batch);
}

static void take_refusal(size_t step, int error, void *userdata)
{
	struct change *change = userdata;

	if (error == -ENOENT && step > 0 && step <= change->deletes_n) {
		change->late[step - 1] = true;
		change->any_late = true;
	} else if (change->error == 0) {
		change->error = error;
	}
}

static int attempt(struct nft *nft, struct change *change)
{
	struct nft_batch batch;
	struct nft_answers answers = { .batch = &batch,
				       .refusal = take_refusal,
				       .userdata = change };
	int r;

	change->any_late = false;
	make(&batch, change, nft->requests.sequence + 1);
	r = batch.error;
	if (r == 0)
		r = nft_transact(nft, &batch, &answers);
	nft_batch_done(&batch);
	return change->error ? change->error : r;
}

int nft_members_change(struct nft *nft, enum nft_table_id table, const char *set,
		       const struct nft_member *adds, size_t adds_n,
		       const struct nft_member *deletes, size_t deletes_n)
{
	_cleanup_free_ bool *late = calloc(deletes_n + 1, sizeof(*late));
	struct change change = { .table = table,
				 .set = set,
				 .adds = adds,
				 .adds_n = adds_n,
				 .deletes = deletes,
				 .deletes_n = deletes_n,
				 .late = late };
	int r;

	if (!late)
		return -ENOMEM;
	r = attempt(nft, &change);
	for (int i = 1; i < ATTEMPTS && r == -ENOENT && change.any_late && !change.error; i++)
		r = attempt(nft, &change);
	return r;
}

/* One after the other into messages, each of one set. */
void nft_carry_put(struct nft_batch *batch, const struct nft_carried *carried, size_t step)
{
	size_t i = 0, n = carried->members.n;

	while (i < n) {
		const struct nft_carried_member *first = &carried->members.v[i];
		struct change change = { .table = first->set->table, .set = first->set->name };
		struct nlmsghdr *message = begin(batch, &change, NFT_MSG_NEWSETELEM, step);
		struct nlattr *nest;

		if (!message)
			return;
		nest = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
		for (; i < n && carried->members.v[i].set == first->set &&
		       message->nlmsg_len < ELEMENTS_SIZE;
		     i++)
			put_member(message, &carried->members.v[i].member,
				   carried->members.v[i].expires_ms);
		mnl_attr_nest_end(message, nest);
		nft_message_end(batch, message);
	}
}
