/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rtnetlink says about links, addresses and rules, as values. A message that is not about
 * something we look at adds nothing; a missing attribute reads as zero, as the kernel means it.
 *
 * An address is ours by its IFA_PROTO, or, for kernels that do not keep that, because we remember
 * having added it. A rule is ours by its FRA_PROTOCOL.
 */
#include "kernel/attribute.h"
#include "kernel/rtnl/rtnl.h"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <string.h>

static int read_link(const struct nlmsghdr *message, struct rtnl_reading *reading)
{
	const struct ifinfomsg *header = netlink_header(message, sizeof(*header));
	const struct nlattr *attributes[IFLA_MAX + 1], *mac;
	struct link link;
	int r;

	if (!header || header->ifi_family == AF_BRIDGE)
		return 0;
	attributes_of_message(message, sizeof(*header), attributes, IFLA_MAX);
	link = (struct link){ .index = header->ifi_index,
			      .up = header->ifi_flags & IFF_UP,
			      .carrier = header->ifi_flags & IFF_LOWER_UP,
			      .point_to_point = header->ifi_flags & IFF_POINTOPOINT,
			      .loopback = header->ifi_flags & IFF_LOOPBACK,
			      .mtu = attribute_u32(attributes[IFLA_MTU]) };
	attribute_text(attributes[IFLA_IFNAME], link.name, sizeof(link.name));
	mac = attributes[IFLA_ADDRESS];
	if (header->ifi_type == ARPHRD_ETHER && mac &&
	    mnl_attr_get_payload_len(mac) == sizeof(link.mac)) {
		memcpy(link.mac, mnl_attr_get_payload(mac), sizeof(link.mac));
		link.mac_length = sizeof(link.mac);
	}
	r = array_push(&reading->facts->links, link);
	return r < 0 ? r : rtnl_read_tunnel(header, attributes, reading);
}

static bool is_remembered(const struct rtnl *rtnl, const struct alias_object *alias)
{
	array_foreach(&rtnl->untold, known)
		if (alias_compare(known, alias) == 0)
			return true;
	return false;
}

static void read_lifetimes(const struct nlattr *attribute, struct address *address)
{
	const struct ifa_cacheinfo *info = attribute ? mnl_attr_get_payload(attribute) : NULL;

	if (!info || mnl_attr_get_payload_len(attribute) < sizeof(*info))
		return;
	address->preferred_s = info->ifa_prefered;
	address->valid_s = info->ifa_valid;
}

static struct address address_make(const struct ifaddrmsg *header, const struct nlattr **attributes)
{
	uint32_t flags =
		attributes[IFA_FLAGS] ? attribute_u32(attributes[IFA_FLAGS]) : header->ifa_flags;
	bool v6 = header->ifa_family == AF_INET6;
	struct ip_address local = attribute_address(attributes[IFA_LOCAL], header->ifa_family);
	struct ip_address other = attribute_address(attributes[IFA_ADDRESS], header->ifa_family);
	struct address address = {
		.link = (int)header->ifa_index,
		.prefix = { ip_is_set(&local) ? local : other, header->ifa_prefixlen },
		.usable = !(flags & IFA_F_DADFAILED) &&
			  (!(flags & IFA_F_TENTATIVE) || flags & IFA_F_OPTIMISTIC),
		.deprecated = flags & IFA_F_DEPRECATED,
		.temporary = v6 && flags & IFA_F_TEMPORARY, /* the bit means "secondary" in IPv4 */
		.host_scope = header->ifa_scope >= RT_SCOPE_LINK,
	};

	if (ip_is_set(&other) && !ip_equal(&other, &address.prefix.address))
		address.peer = other;
	read_lifetimes(attributes[IFA_CACHEINFO], &address);
	return address;
}

static int read_address(const struct nlmsghdr *message, struct rtnl_reading *reading)
{
	const struct ifaddrmsg *header = netlink_header(message, sizeof(*header));
	const struct nlattr *attributes[IFA_MAX + 1];
	struct alias_object alias = { 0 };
	struct address address;
	int r;

	if (!header || header->ifa_family != reading->family ||
	    header->ifa_prefixlen > ip_bits(header->ifa_family))
		return 0;
	attributes_of_message(message, sizeof(*header), attributes, IFA_MAX);
	address = address_make(header, attributes);
	if (!ip_is_set(&address.prefix.address))
		return 0;
	alias.link = address.link;
	alias.prefix = address.prefix;
	if (address.prefix.address.family == AF_INET)
		attribute_text(attributes[IFA_LABEL], alias.label, sizeof(alias.label));
	if (attributes[IFA_PROTO])
		reading->rtnl->told = true;
	address.ours = attributes[IFA_PROTO]
			       ? attribute_u8(attributes[IFA_PROTO]) == UPLINKD_PROTOCOL
			       : is_remembered(reading->rtnl, &alias);
	r = array_push(&reading->facts->addresses, address);
	return r < 0 || !address.ours ? r : array_push(&reading->found->aliases, alias);
}

static int read_rule(const struct nlmsghdr *message, struct rtnl_reading *reading)
{
	const struct fib_rule_hdr *header = netlink_header(message, sizeof(*header));
	const struct nlattr *attributes[FRA_MAX + 1];
	struct rule_object rule;

	if (!header || header->family != reading->family || header->action != FR_ACT_TO_TBL ||
	    header->src_len > ip_bits(header->family))
		return 0;
	attributes_of_message(message, sizeof(*header), attributes, FRA_MAX);
	if (attribute_u8(attributes[FRA_PROTOCOL]) != UPLINKD_PROTOCOL)
		return 0;
	rule = (struct rule_object){
		.family = header->family,
		.priority = attribute_u32(attributes[FRA_PRIORITY]),
		.mark = attribute_u32(attributes[FRA_FWMARK]),
		.mask = attribute_u32(attributes[FRA_FWMASK]),
		.table = attributes[FRA_TABLE] ? attribute_u32(attributes[FRA_TABLE])
					       : header->table,
		.suppress_default = attributes[FRA_SUPPRESS_PREFIXLEN] &&
				    attribute_u32(attributes[FRA_SUPPRESS_PREFIXLEN]) == 0,
	};
	if (attributes[FRA_SRC]) {
		rule.from.address = attribute_address(attributes[FRA_SRC], header->family);
		rule.from.length = header->src_len;
	}
	attribute_text(attributes[FRA_OIFNAME], rule.oif, sizeof(rule.oif));
	return array_push(&reading->found->rules, rule);
}

int rtnl_read(const struct nlmsghdr *message, void *userdata)
{
	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
		return read_link(message, userdata);
	case RTM_NEWADDR:
		return read_address(message, userdata);
	case RTM_NEWROUTE:
		return rtnl_read_route(message, userdata);
	case RTM_NEWRULE:
		return read_rule(message, userdata);
	default:
		return 0;
	}
}
