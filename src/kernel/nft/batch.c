/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps into messages, appended to one buffer that grows; no pointer into it outlives a message.
 *
 * The last message asks for an acknowledgement: a transaction without an answer has not happened.
 */
#include "kernel/nft/batch.h"

#include "base/cleanup.h"
#include "kernel/nft/compile.h"
#include "kernel/nft/text.h"

#include <stdio.h> /* libnftnl's headers need it */

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

enum {
	MESSAGE_ROOM = 64 * 1024 /* any message fits */
};

void nft_batch_fail(struct nft_batch *batch, int error)
{
	batch->error = batch->error ? batch->error : error;
}

DEFINE_CLEANUP(struct nftnl_rule *, nftnl_rule_free)

/* Makes sure that a message of any size can be appended. */
static int reserve(struct nft_batch *batch)
{
	size_t room = batch->bytes.room;
	uint8_t *v;

	if (room - batch->bytes.n >= MESSAGE_ROOM)
		return 0;
	room = 2 * room + MESSAGE_ROOM;
	v = realloc(batch->bytes.v, room);
	if (!v)
		return -ENOMEM;
	batch->bytes.v = v;
	batch->bytes.room = room;
	return 0;
}

/* A new message behind the others, or NULL when something failed. */
static struct nlmsghdr *begin_raw(struct nft_batch *batch, uint16_t type, uint16_t flags,
				  uint8_t family, uint16_t resource)
{
	struct nlmsghdr *message;
	struct nfgenmsg *header;

	if (batch->error == 0)
		nft_batch_fail(batch, reserve(batch));
	if (batch->error)
		return NULL;
	message = mnl_nlmsg_put_header(batch->bytes.v + batch->bytes.n);
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->nfgen_family = family;
	header->version = NFNETLINK_V0;
	header->res_id = htons(resource);
	return message;
}

void nft_message_end(struct nft_batch *batch, struct nlmsghdr *message)
{
	batch->last = batch->bytes.n;
	batch->bytes.n += NLMSG_ALIGN(message->nlmsg_len);
}

uint8_t nft_table_family(enum nft_table_id table)
{
	return table == NFT_NETDEV ? NFPROTO_NETDEV : NFPROTO_INET;
}

/* The attribute that names the table is the first one of every kind of message. */
struct nlmsghdr *nft_message_begin(struct nft_batch *batch, uint16_t type, uint16_t flags,
				   enum nft_table_id table, size_t step)
{
	struct nlmsghdr *message = begin_raw(batch, NFNL_SUBSYS_NFTABLES << 8 | type, flags,
					     nft_table_family(table), 0);

	if (!message)
		return NULL;
	if (array_push(&batch->steps, step) < 0)
		nft_batch_fail(batch, -ENOMEM);
	message->nlmsg_seq = batch->sequence + (uint32_t)batch->steps.n;
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, UPLINKD_TABLE);
	return batch->error ? NULL : message;
}

void nft_put_u32(struct nlmsghdr *message, uint16_t attribute, uint32_t value)
{
	mnl_attr_put_u32(message, attribute, htonl(value));
}

void nft_put_u64(struct nlmsghdr *message, uint16_t attribute, uint64_t value)
{
	mnl_attr_put_u64(message, attribute, htobe64(value));
}

void nft_put_name(struct nft_batch *batch, struct nlmsghdr *message, uint16_t attribute,
		  const char *name)
{
	if (strlen(name) < NFT_NAME_MAXLEN)
		mnl_attr_put_strz(message, attribute, name);
	else
		nft_batch_fail(batch, -ENAMETOOLONG);
}

static void make_table(struct nft_batch *batch, const struct step *step, size_t i)
{
	bool add = step->action == STEP_ADD;
	struct nlmsghdr *message =
		nft_message_begin(batch, add ? NFT_MSG_NEWTABLE : NFT_MSG_DELTABLE,
				  add ? NLM_F_CREATE : 0, step->table, i);

	if (message)
		nft_message_end(batch, message);
}

static void put_hook(struct nft_batch *batch, struct nlmsghdr *message, enum nft_table_id table,
		     const char *text)
{
	struct nft_hook hook;
	struct nlattr *nest;

	if (nft_hook_parse(table, text, &hook) < 0) {
		nft_batch_fail(batch, -EINVAL);
		return;
	}
	mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, hook.type);
	nft_put_u32(message, NFTA_CHAIN_POLICY, NF_ACCEPT);
	nest = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
	nft_put_u32(message, NFTA_HOOK_HOOKNUM, hook.number);
	nft_put_u32(message, NFTA_HOOK_PRIORITY, (uint32_t)hook.priority);
	if (hook.device[0])
		mnl_attr_put_strz(message, NFTA_HOOK_DEV, hook.device);
	mnl_attr_nest_end(message, nest);
}

static void make_chain(struct nft_batch *batch, const struct step *step, size_t i)
{
	bool add = step->action == STEP_ADD;
	const struct nft_chain *chain = add ? step->wanted : step->found;
	struct nlmsghdr *message =
		nft_message_begin(batch, add ? NFT_MSG_NEWCHAIN : NFT_MSG_DELCHAIN,
				  add ? NLM_F_CREATE : 0, chain->table, i);

	if (!message)
		return;
	nft_put_name(batch, message, NFTA_CHAIN_NAME, chain->name);
	if (add && chain->hook)
		put_hook(batch, message, chain->table, chain->hook);
	nft_message_end(batch, message);
}

static int compile(const struct nft_rule *wanted, struct nftnl_rule *rule)
{
	uint8_t tag[NFT_TAG_SIZE];

	nft_tag_write(wanted->tag, tag);
	if (nftnl_rule_set_data(rule, NFTNL_RULE_USERDATA, tag, sizeof(tag)) < 0)
		return -ENOMEM;
	return nft_compile(wanted->table, wanted->text, rule);
}

/* Rules know helpers by the names we give them, and the kernel by their type. */
static void make_helper(struct nft_batch *batch, const struct step *step, size_t i)
{
	bool add = step->action == STEP_ADD;
	const struct nft_helper *helper = add ? step->wanted : step->found;
	struct nlmsghdr *message = nft_message_begin(batch, add ? NFT_MSG_NEWOBJ : NFT_MSG_DELOBJ,
						     add ? NLM_F_CREATE : 0, helper->table, i);
	struct nlattr *nest;

	if (!message)
		return;
	nft_put_name(batch, message, NFTA_OBJ_NAME, helper->name);
	nft_put_u32(message, NFTA_OBJ_TYPE, NFT_OBJECT_CT_HELPER);
	if (add) {
		nest = mnl_attr_nest_start(message, NFTA_OBJ_DATA);
		nft_put_name(batch, message, NFTA_CT_HELPER_NAME, helper->type);
		mnl_attr_put_u16(message, NFTA_CT_HELPER_L3PROTO,
				 htons(helper->family ? helper->family : NFPROTO_INET));
		mnl_attr_put_u8(message, NFTA_CT_HELPER_L4PROTO, helper->protocol);
		mnl_attr_nest_end(message, nest);
	}
	nft_message_end(batch, message);
}

/* The kernel tells the handle of what it made by an echo of the message. */
static void make_rule(struct nft_batch *batch, const struct step *step, size_t i)
{
	static const uint16_t flags[] = {
		[STEP_ADD] = NLM_F_CREATE | NLM_F_APPEND | NLM_F_ECHO,
		[STEP_CHANGE] = NLM_F_REPLACE | NLM_F_ECHO,
		[STEP_DELETE] = 0,
	};
	const struct nft_rule *wanted = step->wanted, *found = step->found;
	bool gone = step->action == STEP_DELETE;
	_cleanup_(nftnl_rule_freep) struct nftnl_rule *rule = nftnl_rule_alloc();
	struct nlmsghdr *message =
		nft_message_begin(batch, gone ? NFT_MSG_DELRULE : NFT_MSG_NEWRULE,
				  flags[step->action], gone ? found->table : wanted->table, i);

	if (!rule)
		nft_batch_fail(batch, -ENOMEM);
	if (!rule || !message)
		return;
	nft_put_name(batch, message, NFTA_RULE_CHAIN, gone ? found->chain : wanted->chain);
	if (step->action != STEP_ADD)
		mnl_attr_put_u64(message, NFTA_RULE_HANDLE, htobe64(found->handle));
	if (!gone)
		nft_batch_fail(batch, compile(wanted, rule));
	nftnl_rule_nlmsg_build_payload(message, rule);
	nft_message_end(batch, message);
}

/* Makes what step `i` begins. Returns how many steps that takes. */
static size_t make_steps(struct nft_batch *batch, const struct step *steps, size_t n, size_t i)
{
	const struct step *step = &steps[i];

	if (step->action == STEP_CHANGE && step->kind != OBJECT_NFT_ELEMENT &&
	    step->kind != OBJECT_NFT_RULE) {
		nft_batch_fail(batch, -EINVAL);
		return 1;
	}
	switch (step->kind) {
	case OBJECT_NFT_TABLE:
		make_table(batch, step, i);
		return 1;
	case OBJECT_NFT_CHAIN:
		make_chain(batch, step, i);
		return 1;
	case OBJECT_NFT_SET:
		nft_make_set(batch, step, i);
		return 1;
	case OBJECT_NFT_HELPER:
		make_helper(batch, step, i);
		return 1;
	case OBJECT_NFT_ELEMENT:
		return nft_make_elements(batch, steps, n, i);
	case OBJECT_NFT_RULE:
		make_rule(batch, step, i);
		return 1;
	case OBJECT_SYSCTL:
	case OBJECT_TUNNEL:
	case OBJECT_ALIAS:
	case OBJECT_ROUTE:
	case OBJECT_RULE:
	case OBJECT_KIND_MAX:
		break;
	}
	nft_batch_fail(batch, -EINVAL);
	return 1;
}

static void make_boundary(struct nft_batch *batch, uint16_t type, uint32_t sequence)
{
	struct nlmsghdr *message = begin_raw(batch, type, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);

	if (!message)
		return;
	message->nlmsg_seq = sequence;
	nft_message_end(batch, message);
}

void nft_batch_begin(struct nft_batch *batch, uint32_t sequence)
{
	*batch = (struct nft_batch){ .sequence = sequence };
	make_boundary(batch, NFNL_MSG_BATCH_BEGIN, sequence);
}

void nft_batch_end(struct nft_batch *batch)
{
	if (batch->error == 0 && batch->steps.n)
		((struct nlmsghdr *)(batch->bytes.v + batch->last))->nlmsg_flags |= NLM_F_ACK;
	make_boundary(batch, NFNL_MSG_BATCH_END, batch->sequence + (uint32_t)batch->steps.n + 1);
}

void nft_batch_steps(struct nft_batch *batch, const struct step *steps, size_t n)
{
	size_t i = 0;

	while (i < n && batch->error == 0)
		i += make_steps(batch, steps, n, i);
}

void nft_batch_done(struct nft_batch *batch)
{
	array_done(&batch->bytes);
	array_done(&batch->steps);
}

size_t nft_batch_step(const struct nft_batch *batch, uint32_t sequence)
{
	uint32_t message = sequence - batch->sequence - 1;

	return message < batch->steps.n ? batch->steps.v[message] : SIZE_MAX;
}
