/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routes as rtnetlink tells them. Unicast routes of main are facts, a multipath one as so many
 * routes; whatever carries our protocol number, in any table, is ours. A route of ours that has
 * become multipath by somebody's hand shows its first next hop, differs, and is put right.
 *
 * A metric of 0 stands for the kernel's default, which in IPv6 is 1024.
 */
#include "kernel/attribute.h"
#include "kernel/rtnl/rtnl.h"

#include <linux/rtnetlink.h>

struct next_hop {
	int link;
	struct ip_address gateway;
};

/* RTA_VIA is a gateway of another family than the route's. */
static struct ip_address read_via(const struct nlattr *attribute)
{
	const struct rtvia *via = mnl_attr_get_payload(attribute);
	size_t size = mnl_attr_get_payload_len(attribute);

	if (size < sizeof(*via) ||
	    (via->rtvia_family != AF_INET && via->rtvia_family != AF_INET6) ||
	    size < sizeof(*via) + ip_size((uint8_t)via->rtvia_family))
		return (struct ip_address){ 0 };
	return ip_make((uint8_t)via->rtvia_family, via->rtvia_addr);
}

static struct ip_address read_gateway(const struct nlattr **attributes, uint8_t family)
{
	return attributes[RTA_VIA] ? read_via(attributes[RTA_VIA])
				   : attribute_address(attributes[RTA_GATEWAY], family);
}

static int push_main(struct rtnl_reading *reading, struct route *route, struct next_hop hop)
{
	if (hop.link == 0)
		return 0;
	route->link = hop.link;
	route->gateway = hop.gateway;
	return array_push(&reading->facts->routes, *route);
}

/* The next hop at the front of an RTA_MULTIPATH of `left` bytes, or NULL. */
static const struct rtnexthop *next_hop_at(const void *data, size_t left)
{
	const struct rtnexthop *hop = data;

	return left >= sizeof(*hop) && hop->rtnh_len >= sizeof(*hop) && hop->rtnh_len <= left
		       ? hop
		       : NULL;
}

static struct next_hop read_hop(const struct rtnexthop *hop, uint8_t family)
{
	const struct nlattr *attributes[RTA_MAX + 1];

	attributes_scan(hop + 1, hop->rtnh_len - sizeof(*hop), attributes, RTA_MAX);
	return (struct next_hop){ hop->rtnh_ifindex, read_gateway(attributes, family) };
}

static int read_multipath(const struct nlattr *attribute, struct rtnl_reading *reading,
			  struct route *route)
{
	const uint8_t *data = mnl_attr_get_payload(attribute);
	size_t left = mnl_attr_get_payload_len(attribute);
	const struct rtnexthop *hop;

	while ((hop = next_hop_at(data, left))) {
		size_t step = MNL_ALIGN(hop->rtnh_len);
		int r = push_main(reading, route, read_hop(hop, route->destination.address.family));

		if (r < 0)
			return r;
		if (step > left)
			break;
		data += step;
		left -= step;
	}
	return 0;
}

static int read_main(const struct rtmsg *header, const struct nlattr **attributes,
		     struct rtnl_reading *reading, struct ip_prefix destination)
{
	struct route route = { .destination = destination,
			       .metric = attribute_u32(attributes[RTA_PRIORITY]) };
	struct next_hop hop = { (int)attribute_u32(attributes[RTA_OIF]),
				read_gateway(attributes, header->rtm_family) };

	if (header->rtm_type != RTN_UNICAST)
		return 0;
	if (attributes[RTA_MULTIPATH])
		return read_multipath(attributes[RTA_MULTIPATH], reading, &route);
	return push_main(reading, &route, hop);
}

/* The next hop of a route of ours: the only or the first one. */
static void read_our_hop(const struct nlattr **attributes, struct route_object *route)
{
	const struct nlattr *paths = attributes[RTA_MULTIPATH];
	const struct rtnexthop *first =
		paths ? next_hop_at(mnl_attr_get_payload(paths), mnl_attr_get_payload_len(paths))
		      : NULL;
	uint8_t family = route->destination.address.family;
	struct next_hop hop = { (int)attribute_u32(attributes[RTA_OIF]),
				read_gateway(attributes, family) };

	if (first)
		hop = read_hop(first, family);
	route->link = hop.link;
	route->gateway = hop.gateway;
}

static uint32_t read_mtu(const struct nlattr *metrics)
{
	const struct nlattr *attributes[RTAX_MAX + 1];

	attributes_nested(metrics, attributes, RTAX_MAX);
	return attribute_u32(attributes[RTAX_MTU]);
}

static int read_ours(const struct rtmsg *header, const struct nlattr **attributes,
		     struct rtnl_reading *reading, struct ip_prefix destination, uint32_t table)
{
	struct route_object route = {
		.table = table,
		.destination = destination,
		.metric = attribute_u32(attributes[RTA_PRIORITY]),
		.type = header->rtm_type == RTN_BLACKHOLE ? ROUTE_BLACKHOLE : ROUTE_UNICAST,
		.source = attribute_address(attributes[RTA_PREFSRC], header->rtm_family),
		.onlink = header->rtm_flags & RTNH_F_ONLINK,
		.mtu = read_mtu(attributes[RTA_METRICS]),
	};

	if (header->rtm_type != RTN_UNICAST && header->rtm_type != RTN_BLACKHOLE)
		return 0;
	if (header->rtm_family == AF_INET6 && route.metric == RTNL_DEFAULT_METRIC6)
		route.metric = 0;
	if (route.type == ROUTE_UNICAST)
		read_our_hop(attributes, &route);
	return array_push(&reading->found->routes, route);
}

uint32_t rtnl_route_table(const struct nlmsghdr *message)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attributes[RTA_MAX + 1];

	attributes_of_message(message, sizeof(*header), attributes, RTA_MAX);
	return attributes[RTA_TABLE] ? attribute_u32(attributes[RTA_TABLE]) : header->rtm_table;
}

int rtnl_read_route(const struct nlmsghdr *message, struct rtnl_reading *reading)
{
	const struct rtmsg *header = netlink_header(message, sizeof(*header));
	const struct nlattr *attributes[RTA_MAX + 1];
	struct ip_prefix destination = { .address.family = reading->family };
	uint32_t table;

	if (!header || header->rtm_family != reading->family || header->rtm_flags & RTM_F_CLONED ||
	    header->rtm_dst_len > ip_bits(header->rtm_family))
		return 0;
	attributes_of_message(message, sizeof(*header), attributes, RTA_MAX);
	table = rtnl_route_table(message);
	if (attributes[RTA_DST])
		destination.address = attribute_address(attributes[RTA_DST], header->rtm_family);
	destination.length = header->rtm_dst_len;
	if (header->rtm_protocol == UPLINKD_PROTOCOL)
		return read_ours(header, attributes, reading, destination, table);
	return table == RT_TABLE_MAIN ? read_main(header, attributes, reading, destination) : 0;
}
