/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tunnel devices, which hand packets to real servers that are not on a net of ours. They only send:
 * nothing is routed to them, they have no addresses, and what filters arriving packets does not
 * matter.
 *
 * A device is ours by its group, a number that nobody chooses by chance and that it has from its
 * first moment on. The kernel cannot change all of a tunnel, so it goes and comes again.
 *
 * Outer packets may be fragmented (no path MTU discovery), as nobody could tell the sender of a
 * packet that is handed over without a route. Their TTL is the inner one in IPv4, where the kernel
 * wants it so. IPv6 puts no limit on the depth of tunnels into each packet, does not fragment, and
 * sends nothing as long as the tunnel's own address is open.
 */
#include "base/cleanup.h"
#include "kernel/attribute.h"
#include "kernel/kernel.h"
#include "kernel/rtnl/rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

enum {
	GROUP = 0x75706c6b, /* "uplk" */
	HOPS = 64
};

/* The device that carries a kind of tunnel to a remote of a family, and its attributes. */
struct device {
	const char *kind;
	uint16_t remote, local, mark;
};

static const struct device devices[FAMILY_INDEX_MAX][TUNNEL_MAX] = {
	[FAMILY_V4] = {
		[TUNNEL_IPIP] = { "ipip", IFLA_IPTUN_REMOTE, IFLA_IPTUN_LOCAL, IFLA_IPTUN_FWMARK },
		[TUNNEL_GRE] = { "gre", IFLA_GRE_REMOTE, IFLA_GRE_LOCAL, IFLA_GRE_FWMARK },
		[TUNNEL_GUE] = { "ipip", IFLA_IPTUN_REMOTE, IFLA_IPTUN_LOCAL, IFLA_IPTUN_FWMARK },
	},
	[FAMILY_V6] = {
		[TUNNEL_IPIP] = { "ip6tnl", IFLA_IPTUN_REMOTE, IFLA_IPTUN_LOCAL,
				  IFLA_IPTUN_FWMARK },
		[TUNNEL_GRE] = { "ip6gre", IFLA_GRE_REMOTE, IFLA_GRE_LOCAL, IFLA_GRE_FWMARK },
		[TUNNEL_GUE] = { "ip6tnl", IFLA_IPTUN_REMOTE, IFLA_IPTUN_LOCAL,
				 IFLA_IPTUN_FWMARK },
	},
};

/* UDP without a checksum in IPv4, as is usual; IPv6 demands one. */
static void put_gue(struct nlmsghdr *message, const struct tunnel_object *tunnel)
{
	mnl_attr_put_u16(message, IFLA_IPTUN_ENCAP_TYPE, TUNNEL_ENCAP_GUE);
	mnl_attr_put_u16(message, IFLA_IPTUN_ENCAP_FLAGS,
			 tunnel->remote.family == AF_INET6 ? TUNNEL_ENCAP_FLAG_CSUM6 : 0);
	mnl_attr_put_u16(message, IFLA_IPTUN_ENCAP_DPORT, htons(tunnel->port));
}

static void put_options(struct nlmsghdr *message, const struct tunnel_object *tunnel)
{
	bool v6 = tunnel->remote.family == AF_INET6;

	if (tunnel->kind == TUNNEL_GRE && v6) {
		mnl_attr_put_u8(message, IFLA_GRE_TTL, HOPS);
		mnl_attr_put_u32(message, IFLA_GRE_FLAGS, IP6_TNL_F_IGN_ENCAP_LIMIT);
	} else if (tunnel->kind == TUNNEL_GRE) {
		mnl_attr_put_u8(message, IFLA_GRE_PMTUDISC, 0);
	} else if (v6) {
		mnl_attr_put_u8(message, IFLA_IPTUN_TTL, HOPS);
		mnl_attr_put_u8(message, IFLA_IPTUN_PROTO, 0);
		mnl_attr_put_u32(message, IFLA_IPTUN_FLAGS, IP6_TNL_F_IGN_ENCAP_LIMIT);
	} else {
		mnl_attr_put_u8(message, IFLA_IPTUN_PMTUDISC, 0);
	}
	if (tunnel->kind == TUNNEL_GUE)
		put_gue(message, tunnel);
}

static const struct device *device_of(const struct tunnel_object *tunnel)
{
	return &devices[family_index(tunnel->remote.family)][tunnel->kind];
}

/* The tunnel's own address: what is wanted, or what the kernel would send from. */
static struct ip_address local_address(const struct tunnel_object *tunnel)
{
	_cleanup_close_ int fd = -1;
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(1) };
	socklen_t size = sizeof(address);

	if (ip_is_set(&tunnel->local) || tunnel->remote.family == AF_INET)
		return tunnel->local;
	memcpy(&address.sin6_addr, tunnel->remote.bytes, sizeof(address.sin6_addr));
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_MARK, &tunnel->mark, sizeof(tunnel->mark)) < 0 ||
	    connect(fd, (struct sockaddr *)&address, size) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		return tunnel->local;
	return ip_make(AF_INET6, &address.sin6_addr);
}

static void put_tunnel(struct nlmsghdr *message, const struct tunnel_object *tunnel)
{
	struct ip_address local = local_address(tunnel);
	struct ifinfomsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	const struct device *device = device_of(tunnel);
	struct nlattr *info, *data;

	header->ifi_flags = header->ifi_change = IFF_UP;
	mnl_attr_put_strz(message, IFLA_IFNAME, tunnel->name);
	mnl_attr_put_u32(message, IFLA_GROUP, GROUP);
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, device->kind);
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	attribute_put_address(message, device->remote, &tunnel->remote);
	attribute_put_address(message, device->local, &local);
	mnl_attr_put_u32(message, device->mark, tunnel->mark);
	put_options(message, tunnel);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
}

void rtnl_send_tunnel(struct netlink_batch *batch, struct step *step)
{
	const struct tunnel_object *found = step->found;
	struct ifinfomsg *header;

	if (found) {
		header = mnl_nlmsg_put_extra_header(
			netlink_batch_add(batch, RTM_DELLINK, 0, &step->error), sizeof(*header));
		header->ifi_index = found->link;
	}
	if (step->wanted)
		put_tunnel(netlink_batch_add(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
					     &step->error),
			   step->wanted);
}

/* The first entry of the table with this kind of device; NULL when we never make such. */
static const struct device *device_named(const char *kind, enum family_index *ret_family,
					 enum tunnel_kind *ret_kind)
{
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		for (enum tunnel_kind k = 0; k < TUNNEL_MAX; k++)
			if (strcmp(devices[f][k].kind, kind) == 0) {
				*ret_family = f;
				*ret_kind = k;
				return &devices[f][k];
			}
	return NULL;
}

static bool read_tunnel(const struct nlattr *info, struct tunnel_object *tunnel)
{
	const struct nlattr *parts[IFLA_INFO_MAX + 1],
		*data[(int)IFLA_GRE_MAX > (int)IFLA_IPTUN_MAX ? IFLA_GRE_MAX + 1
							      : IFLA_IPTUN_MAX + 1];
	const struct device *device;
	enum family_index f;
	char kind[16];

	attributes_nested(info, parts, IFLA_INFO_MAX);
	attribute_text(parts[IFLA_INFO_KIND], kind, sizeof(kind));
	device = device_named(kind, &f, &tunnel->kind);
	if (!device)
		return false;
	attributes_nested(parts[IFLA_INFO_DATA], data, ELEMENTS_OF(data) - 1);
	tunnel->remote = attribute_address(data[device->remote], family_of(f));
	tunnel->local = attribute_address(data[device->local], family_of(f));
	tunnel->mark = attribute_u32(data[device->mark]);
	if (tunnel->kind == TUNNEL_IPIP &&
	    attribute_u16(data[IFLA_IPTUN_ENCAP_TYPE]) == TUNNEL_ENCAP_GUE) {
		tunnel->kind = TUNNEL_GUE;
		tunnel->port = attribute_be16(data[IFLA_IPTUN_ENCAP_DPORT]);
	}
	return true;
}

/* An unset address is told as zeros. */
static void unset_zeros(struct ip_address *address)
{
	static const uint8_t zeros[sizeof(address->bytes)];

	if (memcmp(address->bytes, zeros, sizeof(zeros)) == 0)
		address->family = AF_UNSPEC;
}

int rtnl_read_tunnel(const struct ifinfomsg *header, const struct nlattr **attributes,
		     struct rtnl_reading *reading)
{
	struct tunnel_object tunnel = { .link = header->ifi_index,
					.down = !(header->ifi_flags & IFF_UP) };

	if (attribute_u32(attributes[IFLA_GROUP]) != GROUP ||
	    !read_tunnel(attributes[IFLA_LINKINFO], &tunnel))
		return 0;
	unset_zeros(&tunnel.local);
	attribute_text(attributes[IFLA_IFNAME], tunnel.name, sizeof(tunnel.name));
	return array_push(&reading->found->tunnels, tunnel);
}

static int make_trial(struct rtnl *rtnl, const struct tunnel_object *tunnel)
{
	struct netlink_batch batch = { .netlink = &rtnl->requests };
	struct step step = { .wanted = tunnel };

	rtnl_send_tunnel(&batch, &step);
	netlink_batch_flush(&batch);
	return step.error;
}

static int remove_trial(struct rtnl *rtnl, const struct tunnel_object *tunnel)
{
	struct netlink_batch batch = { .netlink = &rtnl->requests };
	int r = 0;
	struct nlmsghdr *message = netlink_batch_add(&batch, RTM_DELLINK, 0, &r);

	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(message, IFLA_IFNAME, tunnel->name);
	netlink_batch_flush(&batch);
	return r;
}

/* To the box itself, where nobody else has a tunnel to. */
int rtnl_can(struct rtnl *rtnl, enum tunnel_kind kind, uint8_t family)
{
	struct tunnel_object tunnel = { .name = "uplinkd-try", .kind = kind, .port = 1 };
	const struct in_addr loopback = { htonl(INADDR_LOOPBACK) };
	int r;

	tunnel.remote = family == AF_INET6 ? ip_make(AF_INET6, &in6addr_loopback)
					   : ip_make(AF_INET, &loopback);
	r = make_trial(rtnl, &tunnel);
	if (r == 0)
		r = remove_trial(rtnl, &tunnel);
	else if (r == -EOPNOTSUPP || r == -EINVAL || r == -EAFNOSUPPORT)
		return 0;
	return r < 0 ? r : 1;
}
