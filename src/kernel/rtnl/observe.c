/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which dumps answer which question. Each family is asked for by itself, and answers of another
 * family are dropped: a kernel without IPv6 answers such a request with everything it has. Routes
 * of main and ours come from the same dump, as of the same moment. The arrays of a part are
 * emptied before each attempt, so that only the attempt that succeeded shows.
 */
#include "kernel/kernel.h"
#include "kernel/rtnl/rtnl.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

enum {
	ATTEMPTS = 32
};

static int dump_links(struct rtnl_reading *reading)
{
	uint8_t buffer[NETLINK_MESSAGE_MAX] = { 0 };
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	reading->facts->links.n = 0;
	reading->found->tunnels.n = 0;
	request->nlmsg_type = RTM_GETLINK;
	mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return netlink_dump(&reading->rtnl->requests, request, rtnl_read, reading);
}

static int dump_family(struct rtnl_reading *reading, uint16_t type, size_t header_size)
{
	uint8_t buffer[NETLINK_MESSAGE_MAX] = { 0 };
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct rtgenmsg *header = mnl_nlmsg_put_extra_header(request, header_size);

	request->nlmsg_type = type;
	header->rtgen_family = reading->family; /* what every family header begins with */
	return netlink_dump(&reading->rtnl->requests, request, rtnl_read, reading);
}

static int dump_families(struct rtnl_reading *reading, uint16_t type, size_t header_size)
{
	int r;

	reading->family = AF_INET;
	r = dump_family(reading, type, header_size);
	if (r < 0)
		return r;
	reading->family = AF_INET6;
	r = dump_family(reading, type, header_size);
	return r == -EAFNOSUPPORT || r == -EOPNOTSUPP ? 0 : r;
}

static int dump_addresses(struct rtnl_reading *reading)
{
	reading->facts->addresses.n = 0;
	reading->found->aliases.n = 0;
	return dump_families(reading, RTM_GETADDR, sizeof(struct ifaddrmsg));
}

static int dump_routes(struct rtnl_reading *reading)
{
	reading->facts->routes.n = 0;
	reading->found->routes.n = 0;
	return dump_families(reading, RTM_GETROUTE, sizeof(struct rtmsg));
}

static int dump_rules(struct rtnl_reading *reading)
{
	reading->found->rules.n = 0;
	return dump_families(reading, RTM_GETRULE, sizeof(struct fib_rule_hdr));
}

/* What is dumped may change at any time, but not for ever faster than it is read. */
static int repeat(int (*dump)(struct rtnl_reading *), struct rtnl_reading *reading)
{
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < ATTEMPTS; i++)
		r = dump(reading);
	return r;
}

/* What is no longer there need not be remembered, nor anything once the kernel tells by itself. */
static void forget_aliases(struct rtnl *rtnl, const struct objects *found)
{
	size_t kept = 0;

	array_foreach(&rtnl->untold, alias)
		if (!rtnl->told && found->aliases.n &&
		    bsearch(alias, found->aliases.v, found->aliases.n, sizeof(*alias),
			    alias_compare))
			rtnl->untold.v[kept++] = *alias;
	rtnl->untold.n = kept;
}

static int link_compare(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

int rtnl_observe(struct rtnl *rtnl, unsigned parts, struct facts *facts, struct objects *found)
{
	struct rtnl_reading reading = { .rtnl = rtnl, .facts = facts, .found = found };
	int r = 0;

	if (parts & KERNEL_LINKS)
		r = repeat(dump_links, &reading);
	if (r == 0 && parts & KERNEL_ADDRESSES)
		r = repeat(dump_addresses, &reading);
	if (r == 0 && parts & KERNEL_ROUTES)
		r = repeat(dump_routes, &reading);
	if (r == 0 && parts & KERNEL_RULES)
		r = repeat(dump_rules, &reading);
	if (r < 0)
		return r;
	array_sort(&facts->links, link_compare);
	array_sort(&found->tunnels, tunnel_compare);
	array_sort(&found->aliases, alias_compare);
	array_sort(&found->routes, route_compare);
	array_sort(&found->rules, rule_compare);
	if (parts & KERNEL_ADDRESSES)
		forget_aliases(rtnl, found);
	return 0;
}
