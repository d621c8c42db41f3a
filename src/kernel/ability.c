/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this kernel can, found out by trying. A tunnel is made and removed. A rule, or a helper of
 * connection tracking, is part of a transaction that is refused whole, because its last message
 * deletes a table that is not there: the answer tells which message the kernel could not take.
 */
#include "kernel/ability.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

/* The messages of the trial, by their sequence numbers. */
enum trial {
	TRIAL_BEGIN = 1,
	TRIAL_TABLE,
	TRIAL_CHAIN,
	TRIAL_OBJECT, /* a rule or a helper */
	TRIAL_REFUSED,
	TRIAL_END
};

/* What is tried. */
struct trial_of {
	enum {
		TRIAL_FORWARD, /* a rule that hands packets over */
		TRIAL_LABEL,   /* a rule that puts a label on connections */
		TRIAL_HELPER
	} kind;
	const char *helper;
	uint8_t protocol;
};

#define TRIAL_NAME "uplinkd-try"

static struct nlmsghdr *put_message(struct mnl_nlmsg_batch *batch, uint8_t family,
				    enum trial sequence, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(mnl_nlmsg_batch_current(batch));
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	bool boundary = sequence == TRIAL_BEGIN || sequence == TRIAL_END;

	message->nlmsg_type = boundary ? type : (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = sequence;
	header->nfgen_family = boundary ? AF_UNSPEC : family;
	header->res_id = boundary ? htons(NFNL_SUBSYS_NFTABLES) : 0;
	return message;
}

/* A register with the number of an interface, lo's, to forward to, or with the first label. */
static void put_expressions(struct nlmsghdr *message, const struct trial_of *of)
{
	static const uint32_t first[4] = { 1 };
	size_t size = of->kind == TRIAL_LABEL ? sizeof(first) : sizeof(*first);
	struct nlattr *list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
	struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM), *data, *value;

	mnl_attr_put_strz(message, NFTA_EXPR_NAME, "immediate");
	data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
	mnl_attr_put_u32(message, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_1));
	value = mnl_attr_nest_start(message, NFTA_IMMEDIATE_DATA);
	mnl_attr_put(message, NFTA_DATA_VALUE, size, first);
	mnl_attr_nest_end(message, value);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, element);
	element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	mnl_attr_put_strz(message, NFTA_EXPR_NAME, of->kind == TRIAL_LABEL ? "ct" : "fwd");
	data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
	if (of->kind == TRIAL_LABEL) {
		mnl_attr_put_u32(message, NFTA_CT_KEY, htonl(NFT_CT_LABELS));
		mnl_attr_put_u32(message, NFTA_CT_SREG, htonl(NFT_REG_1));
	} else {
		mnl_attr_put_u32(message, NFTA_FWD_SREG_DEV, htonl(NFT_REG_1));
	}
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, element);
	mnl_attr_nest_end(message, list);
}

static void put_rule(struct mnl_nlmsg_batch *batch, uint8_t family, const struct trial_of *of)
{
	struct nlmsghdr *message =
		put_message(batch, family, TRIAL_CHAIN, NFT_MSG_NEWCHAIN, NLM_F_CREATE);

	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, TRIAL_NAME);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, TRIAL_NAME);
	mnl_nlmsg_batch_next(batch);
	message = put_message(batch, family, TRIAL_OBJECT, NFT_MSG_NEWRULE,
			      NLM_F_CREATE | NLM_F_APPEND);
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, TRIAL_NAME);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, TRIAL_NAME);
	put_expressions(message, of);
	mnl_nlmsg_batch_next(batch);
}

static void put_helper(struct mnl_nlmsg_batch *batch, uint8_t family, const struct trial_of *of)
{
	struct nlmsghdr *message =
		put_message(batch, family, TRIAL_OBJECT, NFT_MSG_NEWOBJ, NLM_F_CREATE);
	struct nlattr *data;

	mnl_attr_put_strz(message, NFTA_OBJ_TABLE, TRIAL_NAME);
	mnl_attr_put_strz(message, NFTA_OBJ_NAME, TRIAL_NAME);
	mnl_attr_put_u32(message, NFTA_OBJ_TYPE, htonl(NFT_OBJECT_CT_HELPER));
	data = mnl_attr_nest_start(message, NFTA_OBJ_DATA);
	mnl_attr_put_strz(message, NFTA_CT_HELPER_NAME, of->helper);
	mnl_attr_put_u16(message, NFTA_CT_HELPER_L3PROTO, htons(family));
	mnl_attr_put_u8(message, NFTA_CT_HELPER_L4PROTO, of->protocol);
	mnl_attr_nest_end(message, data);
	mnl_nlmsg_batch_next(batch);
}

static void put_trial(struct mnl_nlmsg_batch *batch, const struct trial_of *of)
{
	uint8_t family = of->kind == TRIAL_FORWARD ? NFPROTO_NETDEV : NFPROTO_INET;
	struct nlmsghdr *message;

	put_message(batch, family, TRIAL_BEGIN, NFNL_MSG_BATCH_BEGIN, 0);
	mnl_nlmsg_batch_next(batch);
	message = put_message(batch, family, TRIAL_TABLE, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, TRIAL_NAME);
	mnl_nlmsg_batch_next(batch);
	if (of->kind == TRIAL_HELPER)
		put_helper(batch, family, of);
	else
		put_rule(batch, family, of);
	message = put_message(batch, family, TRIAL_REFUSED, NFT_MSG_DELTABLE, 0);
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, TRIAL_NAME "-refused");
	mnl_nlmsg_batch_next(batch);
	put_message(batch, family, TRIAL_END, NFNL_MSG_BATCH_END, 0);
	mnl_nlmsg_batch_next(batch);
}

/* What the kernel said; the answer is complete with a word on the message that it must refuse, or
 * on the first when it takes no transaction at all. */
struct answer {
	bool complete, refused;
	int error;
};

static int read_answer(const struct nlmsghdr *message, void *userdata)
{
	const struct nlmsgerr *error = netlink_header(message, sizeof(*error));
	struct answer *answer = userdata;

	if (message->nlmsg_type != NLMSG_ERROR || !error || error->error == 0)
		return 0;
	if (message->nlmsg_seq == TRIAL_REFUSED || message->nlmsg_seq == TRIAL_BEGIN)
		answer->complete = true;
	if (message->nlmsg_seq != TRIAL_REFUSED)
		answer->refused = true;
	if (error->error == -EPERM)
		answer->error = error->error;
	return 0;
}

static int exchange(struct mnl_socket *socket, struct mnl_nlmsg_batch *batch, struct answer *ret)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[8192];

	if (mnl_socket_sendto(socket, mnl_nlmsg_batch_head(batch), mnl_nlmsg_batch_size(batch)) < 0)
		return -errno;
	while (!ret->complete && ret->error == 0) {
		ssize_t size = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));

		if (size < 0)
			return -errno;
		netlink_each(buffer, (size_t)size, read_answer, ret);
	}
	return ret->error;
}

static int try(const struct trial_of *of)
{
	_Alignas(struct nlmsghdr) char buffer[2 * 4096];
	struct mnl_nlmsg_batch *batch = mnl_nlmsg_batch_start(buffer, sizeof(buffer) / 2);
	struct netlink netlink = { 0 };
	struct answer answer = { 0 };
	int r;

	if (!batch)
		return -ENOMEM;
	r = netlink_init(&netlink, NETLINK_NETFILTER);
	put_trial(batch, of);
	if (r == 0)
		r = exchange(netlink.socket, batch, &answer);
	mnl_nlmsg_batch_stop(batch);
	netlink_done(&netlink);
	return r < 0 ? r : !answer.refused;
}

static int ask(struct rtnl *rtnl, enum kernel_ability ability)
{
	switch (ability) {
	case ABILITY_IPIP:
		return rtnl_can(rtnl, TUNNEL_IPIP, AF_INET);
	case ABILITY_GRE:
		return rtnl_can(rtnl, TUNNEL_GRE, AF_INET);
	case ABILITY_GUE:
		return rtnl_can(rtnl, TUNNEL_GUE, AF_INET);
	case ABILITY_IP6TNL:
		return rtnl_can(rtnl, TUNNEL_IPIP, AF_INET6);
	case ABILITY_IP6GRE:
		return rtnl_can(rtnl, TUNNEL_GRE, AF_INET6);
	case ABILITY_IP6GUE:
		return rtnl_can(rtnl, TUNNEL_GUE, AF_INET6);
	case ABILITY_FWD:
		return try(&(struct trial_of){ .kind = TRIAL_FORWARD });
	case ABILITY_LABELS:
		return try(&(struct trial_of){ .kind = TRIAL_LABEL });
	case ABILITY_MAX:
		break;
	}
	return -EINVAL;
}

int ability_helper(const char *type, uint8_t protocol)
{
	return try(
		&(struct trial_of){ .kind = TRIAL_HELPER, .helper = type, .protocol = protocol });
}

int abilities_ask(struct abilities *abilities, struct rtnl *rtnl, enum kernel_ability ability)
{
	int r;

	if (abilities->known[ability])
		return abilities->can[ability];
	r = ask(rtnl, ability);
	if (r < 0)
		return r;
	abilities->known[ability] = true;
	abilities->can[ability] = r;
	return r;
}
