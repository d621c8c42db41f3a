/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rtnetlink sockets, and notifications as hints: they only say what to read again. IPv4 routes
 * that vanish with an address or with a link going down are not announced, so both mean the routes
 * as well. Routes of tables that are neither main nor ours, and rules of others, are not looked at
 * and so never wake anybody.
 */
#include "kernel/attribute.h"
#include "kernel/kernel.h"
#include "kernel/rtnl/rtnl.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <string.h>

int rtnl_init(struct rtnl *rtnl)
{
	static const int groups[] = {
		RTNLGRP_LINK,       RTNLGRP_IPV4_IFADDR,  RTNLGRP_IPV6_IFADDR,
		RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,   RTNLGRP_IPV4_RULE,
		RTNLGRP_IPV6_RULE,  RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF,
	};
	int r = netlink_init(&rtnl->requests, NETLINK_ROUTE);

	if (r == 0)
		r = netlink_init(&rtnl->events, NETLINK_ROUTE);
	for (size_t i = 0; r == 0 && i < ELEMENTS_OF(groups); i++)
		r = netlink_join(&rtnl->events, groups[i]);
	return r;
}

void rtnl_done(struct rtnl *rtnl)
{
	netlink_done(&rtnl->requests);
	netlink_done(&rtnl->events);
	array_done(&rtnl->untold);
}

/* Signal strengths and bridge ports also come as news of a link. */
static unsigned link_parts(const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = netlink_header(message, sizeof(*header));
	const struct nlattr *attributes[IFLA_MAX + 1];

	if (!header || header->ifi_family == AF_BRIDGE)
		return 0;
	attributes_of_message(message, sizeof(*header), attributes, IFLA_MAX);
	return attributes[IFLA_WIRELESS] ? 0 : KERNEL_LINKS | KERNEL_ROUTES;
}

static unsigned route_parts(const struct nlmsghdr *message)
{
	const struct rtmsg *header = netlink_header(message, sizeof(*header));

	if (!header || header->rtm_flags & RTM_F_CLONED)
		return 0;
	if (header->rtm_protocol != UPLINKD_PROTOCOL && rtnl_route_table(message) != RT_TABLE_MAIN)
		return 0;
	return KERNEL_ROUTES;
}

static unsigned rule_parts(const struct nlmsghdr *message)
{
	const struct nlattr *attributes[FRA_MAX + 1];

	attributes_of_message(message, sizeof(struct fib_rule_hdr), attributes, FRA_MAX);
	return attribute_u8(attributes[FRA_PROTOCOL]) == UPLINKD_PROTOCOL ? KERNEL_RULES : 0;
}

static unsigned message_parts(const struct nlmsghdr *message)
{
	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return link_parts(message);
	case RTM_NEWADDR:
		return KERNEL_ADDRESSES;
	case RTM_DELADDR:
		return KERNEL_ADDRESSES | KERNEL_ROUTES;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return route_parts(message);
	case RTM_NEWRULE:
	case RTM_DELRULE:
		return rule_parts(message);
	case RTM_NEWNETCONF:
	case RTM_DELNETCONF:
		return KERNEL_SYSCTLS;
	default:
		return 0;
	}
}

int rtnl_read_event(const struct nlmsghdr *message, void *userdata)
{
	unsigned *parts = userdata;

	*parts |= message_parts(message);
	return 0;
}

/* The farewell of a link holds its last counts, which nobody can ask for any more. */
static void note_gone(struct rtnl *rtnl, const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = netlink_header(message, sizeof(*header));
	const struct nlattr *attributes[IFLA_MAX + 1];
	struct rtnl_link_stats64 stats = { 0 };
	size_t place = rtnl->gone_n % RTNL_GONE_MAX, size;

	if (!header || header->ifi_family == AF_BRIDGE)
		return;
	attributes_of_message(message, sizeof(*header), attributes, IFLA_MAX);
	if (!attributes[IFLA_STATS64])
		return;
	size = mnl_attr_get_payload_len(attributes[IFLA_STATS64]);
	memcpy(&stats, mnl_attr_get_payload(attributes[IFLA_STATS64]),
	       size < sizeof(stats) ? size : sizeof(stats));
	rtnl->gone[place].link = header->ifi_index;
	rtnl->gone[place].counters = (struct line_counters){
		.received = stats.rx_packets,
		.sent = stats.tx_packets,
		.received_bytes = stats.rx_bytes,
		.sent_bytes = stats.tx_bytes,
	};
	rtnl->gone_n++;
}

int rtnl_gone(const struct rtnl *rtnl, int link, struct line_counters *ret)
{
	for (size_t i = rtnl->gone_n; i > 0 && i + RTNL_GONE_MAX > rtnl->gone_n; i--)
		if (rtnl->gone[(i - 1) % RTNL_GONE_MAX].link == link) {
			*ret = rtnl->gone[(i - 1) % RTNL_GONE_MAX].counters;
			return 0;
		}
	return -ENODEV;
}

struct hearing {
	struct rtnl *rtnl;
	unsigned *parts;
};

static int hear(const struct nlmsghdr *message, void *userdata)
{
	struct hearing *hearing = userdata;

	if (message->nlmsg_type == RTM_DELLINK)
		note_gone(hearing->rtnl, message);
	return rtnl_read_event(message, hearing->parts);
}

int rtnl_read_events(struct rtnl *rtnl, unsigned *parts)
{
	struct hearing hearing = { rtnl, parts };
	int r = netlink_read_events(&rtnl->events, hear, &hearing);

	if (r != -ENOBUFS)
		return r;
	*parts |= KERNEL_EVERYTHING;
	return 0;
}
