/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a line carried: its interface's own statistics, asked for one link alone (RTM_GETSTATS), and
 * what the counting rules of one chain have seen. Two questions to the kernel, each with a short
 * answer, so that they can be asked several times a second while a line is under suspicion.
 *
 * A dump of rules that others interrupted may have left a rule out, and a count that is too low
 * looks like one that began anew: so it is repeated.
 */
#include "kernel/line_counters.h"

#include "kernel/attribute.h"
#include "kernel/nft/read.h"
#include "kernel/nft/socket.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

enum {
	DUMP_ATTEMPTS = 4
};

static int read_stats(const struct nlmsghdr *message, void *userdata)
{
	const struct nlattr *attributes[IFLA_STATS_LINK_64 + 1];
	struct line_counters *counters = userdata;
	struct rtnl_link_stats64 stats = { 0 };
	size_t size;

	if (message->nlmsg_type != RTM_NEWSTATS ||
	    !netlink_header(message, sizeof(struct if_stats_msg)))
		return 0;
	attributes_of_message(message, sizeof(struct if_stats_msg), attributes, IFLA_STATS_LINK_64);
	if (!attributes[IFLA_STATS_LINK_64])
		return -EBADMSG;
	size = mnl_attr_get_payload_len(attributes[IFLA_STATS_LINK_64]);
	memcpy(&stats, mnl_attr_get_payload(attributes[IFLA_STATS_LINK_64]),
	       size < sizeof(stats) ? size : sizeof(stats));
	counters->received = stats.rx_packets;
	counters->sent = stats.tx_packets;
	counters->received_bytes = stats.rx_bytes;
	counters->sent_bytes = stats.tx_bytes;
	return 0;
}

static int ask_stats(struct netlink *routing, int link, struct line_counters *counters)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[NETLINK_MESSAGE_MAX];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct if_stats_msg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	request->nlmsg_type = RTM_GETSTATS;
	header->family = AF_UNSPEC;
	header->ifindex = (uint32_t)link;
	header->filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
	return netlink_ask(routing, request, read_stats, counters);
}

/* The packets that a rule's counter has seen; 0 for any other expression. */
static uint64_t counted(const struct nlattr *expression)
{
	const struct nlattr *parts[NFTA_EXPR_DATA + 1], *data[NFTA_COUNTER_PACKETS + 1];
	char name[16];

	attributes_nested(expression, parts, NFTA_EXPR_DATA);
	attribute_text(parts[NFTA_EXPR_NAME], name, sizeof(name));
	if (strcmp(name, "counter") != 0)
		return 0;
	attributes_nested(parts[NFTA_EXPR_DATA], data, NFTA_COUNTER_PACKETS);
	return attribute_be64(data[NFTA_COUNTER_PACKETS]);
}

static int read_rule(const struct nlmsghdr *message, void *userdata)
{
	const struct nlattr *attributes[NFTA_RULE_EXPRESSIONS + 1], *expression;
	struct line_counters *counters = userdata;
	const char *end;

	if (nft_message_table(message) != NFT_INET)
		return 0;
	attributes_of_message(message, sizeof(struct nfgenmsg), attributes, NFTA_RULE_EXPRESSIONS);
	if (!attributes[NFTA_RULE_EXPRESSIONS])
		return 0;
	expression = mnl_attr_get_payload(attributes[NFTA_RULE_EXPRESSIONS]);
	end = (const char *)expression +
	      mnl_attr_get_payload_len(attributes[NFTA_RULE_EXPRESSIONS]);
	for (; mnl_attr_ok(expression, (int)(end - (const char *)expression));
	     expression = mnl_attr_next(expression))
		counters->replies += counted(expression);
	return 0;
}

static int ask_rules(struct nft *nft, const char *chain, struct line_counters *counters)
{
	int r = -EAGAIN;

	for (int i = 0; i < DUMP_ATTEMPTS && r == -EAGAIN; i++) {
		counters->replies = 0;
		r = nft_dump(nft, NFT_MSG_GETRULE, NFT_INET, chain, read_rule, counters);
	}
	return r == -ENOENT ? 0 : r;
}

int line_counters_read(struct netlink *routing, struct nft *nft, int link, const char *chain,
		       struct line_counters *ret)
{
	struct line_counters counters = { 0 };
	int r = ask_stats(routing, link, &counters);

	r = r < 0 || !chain ? r : ask_rules(nft, chain, &counters);
	if (r == 0)
		*ret = counters;
	return r;
}
