/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps on tunnels, aliases, routes and rules as requests, all in one pipeline. What is added must
 * not be there yet (NLM_F_EXCL): without that, IPv6 would make a second route to the same
 * destination a next hop of the first. If an alias or a rule is there, somebody else's does the
 * job, and that is success; somebody else's route leads elsewhere, as somebody else's tunnel does,
 * and that is told. A route changes by NLM_F_REPLACE, with no moment without it. The kernel cannot
 * change an alias, so that one goes and comes again.
 *
 * Deleting names everything that is known of the object, so that only ours can match.
 */
#include "kernel/attribute.h"
#include "kernel/kernel.h"
#include "kernel/rtnl/rtnl.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

/*
 * No duplicate detection: an alias serves at once, as it has to when a line takes over. A prefix
 * route is wanted, as by anybody who adds an address, but IPv6 would make one of a whole address.
 */
static void put_alias(struct nlmsghdr *message, const struct alias_object *alias, bool add)
{
	const struct ip_address *address = &alias->prefix.address;
	bool whole = alias->prefix.length == ip_bits(address->family);
	struct ifaddrmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->ifa_family = address->family;
	header->ifa_prefixlen = alias->prefix.length;
	header->ifa_index = (unsigned)alias->link;
	attribute_put_address(message, IFA_LOCAL, address);
	attribute_put_address(message, IFA_ADDRESS, address);
	if (!add)
		return;
	mnl_attr_put_u8(message, IFA_PROTO, UPLINKD_PROTOCOL);
	mnl_attr_put_u32(message, IFA_FLAGS,
			 (address->family == AF_INET6 ? IFA_F_NODAD : 0) |
				 (whole ? IFA_F_NOPREFIXROUTE : 0));
	if (alias->label[0])
		mnl_attr_put_strz(message, IFA_LABEL, alias->label);
}

static void put_gateway(struct nlmsghdr *message, const struct route_object *route)
{
	const struct ip_address *gateway = &route->gateway;
	struct {
		uint16_t family;
		uint8_t bytes[16];
	} via = { .family = gateway->family };

	if (!ip_is_set(gateway) || gateway->family == route->destination.address.family) {
		attribute_put_address(message, RTA_GATEWAY, gateway);
		return;
	}
	memcpy(via.bytes, gateway->bytes, sizeof(via.bytes));
	mnl_attr_put(message, RTA_VIA, sizeof(via.family) + ip_size(gateway->family), &via);
}

static void put_metrics(struct nlmsghdr *message, const struct route_object *route)
{
	struct nlattr *metrics;

	if (!route->mtu)
		return;
	metrics = mnl_attr_nest_start(message, RTA_METRICS);
	mnl_attr_put_u32(message, RTAX_MTU, route->mtu);
	mnl_attr_nest_end(message, metrics);
}

static uint8_t route_scope(const struct route_object *route, bool add)
{
	if (!add)
		return RT_SCOPE_NOWHERE; /* any */
	if (route->destination.address.family == AF_INET && route->type == ROUTE_UNICAST &&
	    !ip_is_set(&route->gateway))
		return RT_SCOPE_LINK;
	return RT_SCOPE_UNIVERSE;
}

static void put_route(struct nlmsghdr *message, const struct route_object *route, bool add)
{
	const struct ip_prefix *destination = &route->destination;
	bool default_metric = destination->address.family == AF_INET6 && route->metric == 0;
	struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->rtm_family = destination->address.family;
	header->rtm_dst_len = destination->length;
	header->rtm_protocol = UPLINKD_PROTOCOL;
	header->rtm_type = route->type == ROUTE_BLACKHOLE ? RTN_BLACKHOLE : RTN_UNICAST;
	header->rtm_scope = route_scope(route, add);
	header->rtm_flags = route->onlink ? RTNH_F_ONLINK : 0;
	mnl_attr_put_u32(message, RTA_TABLE, route->table);
	mnl_attr_put_u32(message, RTA_PRIORITY,
			 default_metric ? RTNL_DEFAULT_METRIC6 : route->metric);
	if (destination->length)
		attribute_put_address(message, RTA_DST, &destination->address);
	if (route->link)
		mnl_attr_put_u32(message, RTA_OIF, (uint32_t)route->link);
	put_gateway(message, route);
	attribute_put_address(message, RTA_PREFSRC, &route->source);
	put_metrics(message, route);
}

static void put_rule(struct nlmsghdr *message, const struct rule_object *rule)
{
	struct fib_rule_hdr *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->family = rule->family;
	header->action = FR_ACT_TO_TBL;
	header->src_len = rule->from.length;
	mnl_attr_put_u8(message, FRA_PROTOCOL, UPLINKD_PROTOCOL);
	mnl_attr_put_u32(message, FRA_PRIORITY, rule->priority);
	mnl_attr_put_u32(message, FRA_TABLE, rule->table);
	attribute_put_address(message, FRA_SRC, &rule->from.address);
	if (rule->oif[0])
		mnl_attr_put_strz(message, FRA_OIFNAME, rule->oif);
	if (rule->mask) {
		mnl_attr_put_u32(message, FRA_FWMARK, rule->mark);
		mnl_attr_put_u32(message, FRA_FWMASK, rule->mask);
	}
	if (rule->suppress_default)
		mnl_attr_put_u32(message, FRA_SUPPRESS_PREFIXLEN, 0);
}

enum {
	ADD = NLM_F_CREATE | NLM_F_EXCL,
	REPLACE = NLM_F_CREATE | NLM_F_REPLACE
};

static void send_alias(struct netlink_batch *batch, struct step *step)
{
	if (step->found)
		put_alias(netlink_batch_add(batch, RTM_DELADDR, 0, &step->error), step->found,
			  false);
	if (step->wanted)
		put_alias(netlink_batch_add(batch, RTM_NEWADDR, ADD, &step->error), step->wanted,
			  true);
}

static void send_route(struct netlink_batch *batch, struct step *step)
{
	if (step->wanted)
		put_route(netlink_batch_add(batch, RTM_NEWROUTE, step->found ? REPLACE : ADD,
					    &step->error),
			  step->wanted, true);
	else
		put_route(netlink_batch_add(batch, RTM_DELROUTE, 0, &step->error), step->found,
			  false);
}

static void send_rule(struct netlink_batch *batch, struct step *step)
{
	if (step->wanted)
		put_rule(netlink_batch_add(batch, RTM_NEWRULE, ADD, &step->error), step->wanted);
	if (step->found)
		put_rule(netlink_batch_add(batch, RTM_DELRULE, 0, &step->error), step->found);
}

static void send_step(struct netlink_batch *batch, struct step *step)
{
	step->error = 0;
	if (step->kind == OBJECT_TUNNEL)
		rtnl_send_tunnel(batch, step);
	else if (step->kind == OBJECT_ALIAS)
		send_alias(batch, step);
	else if (step->kind == OBJECT_ROUTE)
		send_route(batch, step);
	else
		send_rule(batch, step);
}

static bool is_occupied(const struct step *step)
{
	return step->kind == OBJECT_ROUTE && step->error == -EEXIST;
}

/* What stands in the place of a route may be ours, from a moment that `found` does not show. */
static void excuse_own_routes(struct rtnl *rtnl, struct step *steps, size_t n)
{
	struct facts facts = { 0 };
	struct objects found = { 0 };
	int r = rtnl_observe(rtnl, KERNEL_ROUTES, &facts, &found);

	for (size_t i = 0; r == 0 && i < n && found.routes.n; i++)
		if (is_occupied(&steps[i]) &&
		    bsearch(steps[i].wanted, found.routes.v, found.routes.n,
			    sizeof(*found.routes.v), route_compare))
			steps[i].error = 0;
	objects_done(&found);
	facts_done(&facts);
}

/* An alias that was there before us is not ours; one that we made is. */
static int step_answered(struct rtnl *rtnl, struct step *step)
{
	if (step->error == -EEXIST && (step->kind == OBJECT_ALIAS || step->kind == OBJECT_RULE))
		step->error = 0;
	else if (step->error == 0 && step->kind == OBJECT_ALIAS && step->wanted && !rtnl->told)
		return array_push(&rtnl->untold, *(const struct alias_object *)step->wanted);
	return step->error;
}

int rtnl_apply(struct rtnl *rtnl, struct step *steps, size_t n)
{
	struct netlink_batch batch = { .netlink = &rtnl->requests };
	bool occupied = false;
	int r = 0;

	for (size_t i = 0; i < n; i++)
		send_step(&batch, &steps[i]);
	netlink_batch_flush(&batch);
	for (size_t i = 0; i < n; i++)
		occupied = occupied || is_occupied(&steps[i]);
	if (occupied)
		excuse_own_routes(rtnl, steps, n);
	for (size_t i = 0; i < n; i++) {
		int error = step_answered(rtnl, &steps[i]);

		r = r < 0 ? r : error;
	}
	return r;
}
