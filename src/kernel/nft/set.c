/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages about sets and their elements. Elements dominate a large ruleset, so runs of them that
 * go into the same set share a message as long as it fits: netlink counts the length of an
 * attribute in 16 bits.
 *
 * A range in a set of one field is two elements for the kernel, its first key and, marked as an
 * end, the key after its last. One that reaches the last key of all has no such end, and nft wants
 * a mark in its userdata instead. Both go together always, as recent kernels demand.
 */
#include "kernel/nft/batch.h"

#include "kernel/nft/types.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

enum {
	DYNAMIC_SIZE = 65535,
	ELEMENTS_SIZE = 60 * 1024, /* when to begin another message */
	KEY_SIZE_MAX = 64
};

static uint32_t set_flags(const struct nft_set *set, const struct nft_types *key)
{
	uint32_t flags = set->data ? NFT_SET_MAP : 0;

	if (set->flags & NFT_SET_IS_INTERVAL)
		flags |= NFT_SET_INTERVAL | (key->n > 1 ? NFT_SET_CONCAT : 0);
	if (set->flags & NFT_SET_IS_DYNAMIC)
		flags |= NFT_SET_EVAL;
	if (set->flags & NFT_SET_IS_DYNAMIC && !(set->flags & NFT_SET_IS_COUNTED))
		flags |= NFT_SET_TIMEOUT;
	return flags;
}

/* The fields of a key, which the kernel must know to search ranges of several fields. */
static void put_fields(struct nlmsghdr *message, const struct nft_types *key)
{
	struct nlattr *concat = mnl_attr_nest_start(message, NFTA_SET_DESC_CONCAT);

	for (size_t i = 0; i < key->n; i++) {
		struct nlattr *field = mnl_attr_nest_start(message, NFTA_LIST_ELEM);

		nft_put_u32(message, NFTA_SET_FIELD_LEN, nft_type_size(key->fields[i]));
		mnl_attr_nest_end(message, field);
	}
	mnl_attr_nest_end(message, concat);
}

static void put_description(struct nlmsghdr *message, const struct nft_set *set,
			    const struct nft_types *key)
{
	struct nlattr *nest = mnl_attr_nest_start(message, NFTA_SET_DESC);

	if (set->flags & NFT_SET_IS_DYNAMIC)
		nft_put_u32(message, NFTA_SET_DESC_SIZE, DYNAMIC_SIZE);
	if (set->flags & NFT_SET_IS_INTERVAL && key->n > 1)
		put_fields(message, key);
	mnl_attr_nest_end(message, nest);
}

static int put_definition(struct nlmsghdr *message, const struct nft_set *set)
{
	struct nft_types key, data;
	uint8_t userdata[NFT_USERDATA_MAX];
	int size;

	if (nft_types_parse(set->key, &key) < 0 || key.size == 0 ||
	    (set->data && nft_types_parse(set->data, &data) < 0))
		return -EINVAL;
	size = nft_types_userdata(&key, set->data ? &data : NULL, userdata);
	if (size < 0)
		return size;
	nft_put_u32(message, NFTA_SET_FLAGS, set_flags(set, &key));
	nft_put_u32(message, NFTA_SET_KEY_TYPE, key.number);
	nft_put_u32(message, NFTA_SET_KEY_LEN, key.size);
	if (set->data) {
		nft_put_u32(message, NFTA_SET_DATA_TYPE, data.number);
		nft_put_u32(message, NFTA_SET_DATA_LEN, data.size);
	}
	put_description(message, set, &key);
	mnl_attr_put(message, NFTA_SET_USERDATA, (size_t)size, userdata);
	return 0;
}

void nft_make_set(struct nft_batch *batch, const struct step *step, size_t i)
{
	bool add = step->action == STEP_ADD;
	const struct nft_set *set = add ? step->wanted : step->found;
	struct nlmsghdr *message = nft_message_begin(batch, add ? NFT_MSG_NEWSET : NFT_MSG_DELSET,
						     add ? NLM_F_CREATE : 0, set->table, i);

	if (!message)
		return;
	nft_put_name(batch, message, NFTA_SET_NAME, set->name);
	if (add) {
		nft_put_u32(message, NFTA_SET_ID, (uint32_t)i + 1);
		nft_batch_fail(batch, put_definition(message, set));
	}
	nft_message_end(batch, message);
}

void nft_put_data(struct nlmsghdr *message, uint16_t attribute, const void *data, size_t size)
{
	struct nlattr *nest = mnl_attr_nest_start(message, attribute);

	mnl_attr_put(message, NFTA_DATA_VALUE, size, data);
	mnl_attr_nest_end(message, nest);
}

static void put_verdict(struct nft_batch *batch, struct nlmsghdr *message, const char *chain)
{
	struct nlattr *data = mnl_attr_nest_start(message, NFTA_SET_ELEM_DATA);
	struct nlattr *verdict = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);

	nft_put_u32(message, NFTA_VERDICT_CODE, (uint32_t)NFT_GOTO);
	nft_put_name(batch, message, NFTA_VERDICT_CHAIN, chain);
	mnl_attr_nest_end(message, verdict);
	mnl_attr_nest_end(message, data);
}

/* The first key after the range. False when there is none. */
static bool key_after(const struct nft_element *element, uint8_t ret[KEY_SIZE_MAX])
{
	memcpy(ret, element->key_end, element->key_size);
	for (size_t i = element->key_size; i-- > 0;)
		if (++ret[i])
			return true;
	return false;
}

static void put_open_end(struct nlmsghdr *message)
{
	uint32_t flags = NFTNL_SET_ELEM_F_INTERVAL_OPEN;
	uint8_t userdata[2 + sizeof(flags)] = { NFTNL_UDATA_SET_ELEM_FLAGS, sizeof(flags) };

	memcpy(userdata + 2, &flags, sizeof(flags));
	mnl_attr_put(message, NFTA_SET_ELEM_USERDATA, sizeof(userdata), userdata);
}

static void put_end(struct nlmsghdr *message, const uint8_t *key, size_t size)
{
	struct nlattr *nest = mnl_attr_nest_start(message, NFTA_LIST_ELEM);

	nft_put_u32(message, NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
	nft_put_data(message, NFTA_SET_ELEM_KEY, key, size);
	mnl_attr_nest_end(message, nest);
}

static void put_element(struct nft_batch *batch, struct nlmsghdr *message,
			const struct nft_element *element)
{
	struct nlattr *nest = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	uint8_t after[KEY_SIZE_MAX];
	bool ends = element->interval && key_after(element, after);

	if (element->key_size)
		nft_put_data(message, NFTA_SET_ELEM_KEY, element->key, element->key_size);
	else
		nft_put_u32(message, NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_CATCHALL);
	if (element->key_end && !element->interval)
		nft_put_data(message, NFTA_SET_ELEM_KEY_END, element->key_end, element->key_size);
	if (element->chain)
		put_verdict(batch, message, element->chain);
	else if (element->data)
		nft_put_data(message, NFTA_SET_ELEM_DATA, element->data, element->data_size);
	if (element->interval && !ends)
		put_open_end(message);
	mnl_attr_nest_end(message, nest);
	if (ends)
		put_end(message, after, element->key_size);
}

/* Messages for steps[i] to steps[end - 1], all of one set. */
static void make_messages(struct nft_batch *batch, uint16_t type, const struct step *steps,
			  size_t i, size_t end)
{
	while (i < end) {
		bool add = type == NFT_MSG_NEWSETELEM;
		const struct nft_element *element = add ? steps[i].wanted : steps[i].found;
		struct nlmsghdr *message =
			nft_message_begin(batch, type, add ? NLM_F_CREATE : 0, element->table, i);
		struct nlattr *nest;

		if (!message)
			return;
		nft_put_name(batch, message, NFTA_SET_ELEM_LIST_SET, element->set);
		nest = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
		for (; i < end && message->nlmsg_len < ELEMENTS_SIZE; i++)
			put_element(batch, message, add ? steps[i].wanted : steps[i].found);
		mnl_attr_nest_end(message, nest);
		nft_message_end(batch, message);
	}
}

static bool same_set(const struct step *a, const struct step *b)
{
	const struct nft_element *x = a->wanted ? a->wanted : a->found;
	const struct nft_element *y = b->wanted ? b->wanted : b->found;

	return x->table == y->table && strcmp(x->set, y->set) == 0;
}

size_t nft_make_elements(struct nft_batch *batch, const struct step *steps, size_t n, size_t i)
{
	const struct step *first = &steps[i];
	size_t end = i + 1;

	while (end < n && steps[end].kind == first->kind && steps[end].action == first->action &&
	       same_set(&steps[end], first))
		end++;
	if (first->action != STEP_ADD)
		make_messages(batch, NFT_MSG_DELSETELEM, steps, i, end);
	if (first->action != STEP_DELETE)
		make_messages(batch, NFT_MSG_NEWSETELEM, steps, i, end);
	return end - i;
}
