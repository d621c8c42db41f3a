/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table and rules for every line (DESIGN: "What is put into the kernel"). Marked packets are
 * looked up before main and end in their line's table, whose blackhole keeps them from falling
 * through when the line has no way out. A line's table and its mark rule exist for as long as the
 * line is configured.
 *
 *   rule_base            bound to a line's device -> the line's table, whatever the mark: a socket
 *                        that insists on a device (DHCP, ping -I) reaches nothing otherwise
 *   rule_base + n        the line's mark      -> the line's table
 *   rule_base + 100      everything           -> main, but not by its default routes
 *   rule_base + 100 + n  the line's addresses -> the line's table, unless it is dead and another
 *                        is not
 *   rule_base + 200      everything           -> table_base, the lines' default routes
 *
 * The last one has the default routes of all lines that may be used, the best first. When one goes
 * with its interface, the kernel goes on with the next, whether or not there is anybody to be told:
 * of traffic of the box itself there is always a way out, and of what comes in by the other lines a
 * way back, without which the kernel would take it for spoofed (rp_filter) and drop it.
 *
 * The same table has a route for every net that was inside lately. A client of DHCPv6 takes its
 * address off the inside interface as soon as the prefix is gone, while hosts there speak from
 * theirs for a while: they can be answered, and told that connections of theirs have ended.
 */
#include "policy/policy.h"

#include "policy/choice.h"
#include "uplink/deprecation.h"
#include "uplink/learn.h"
#include "uplink/mtu.h"
#include "uplink/numbers.h"

#include <stdio.h>

enum {
	BLACKHOLE_METRIC = 4000000000,
	MAIN_TABLE = 254,
	MAIN_OFFSET = 100,
	WAYS_OFFSET = 200,
	WAYS_METRIC = 1
};

static struct ip_prefix any_prefix(uint8_t family)
{
	return (struct ip_prefix){ .address = { .family = family } };
}

static void want_connected(const struct world *world, const struct line *line, uint8_t family,
			   struct objects *objects)
{
	const struct ip_address *speaking = &line->family[family_index(family)].address;

	array_foreach(&world->facts->addresses, address) {
		bool peer = ip_is_set(&address->peer);
		struct route_object route = {
			.table = line_table(world, line),
			.destination =
				peer ? ip_host(&address->peer) : ip_network(&address->prefix),
			.link = line->link,
		};

		if (address->link != line->link || address->prefix.address.family != family ||
		    !address->usable || (!peer && address->prefix.length == ip_bits(family)))
			continue;
		if (family == AF_INET)
			route.source = ip_contains(&address->prefix, speaking)
					       ? *speaking
					       : address->prefix.address;
		want_route(objects, &route);
	}
}

/* IPv6 forwarding does not look at that of the route: see sysctls.c. */
static uint32_t route_mtu(const struct world *world, const struct line *line, uint8_t family)
{
	return line->config->mtu && family == AF_INET ? line_mtu(world, line) : 0;
}

static struct route_object default_of(const struct world *world, const struct line *line,
				      uint8_t family)
{
	const struct line_family *way = &line->family[family_index(family)];

	return (struct route_object){
		.table = line_table(world, line),
		.destination = any_prefix(family),
		.link = line->link,
		.gateway = way->gateway,
		.source = way->address,
		.onlink = way->onlink,
		.mtu = route_mtu(world, line, family),
	};
}

static void want_default(const struct world *world, const struct line *line, uint8_t family,
			 struct objects *objects)
{
	const struct line_family *way = &line->family[family_index(family)];
	struct route_object route = default_of(world, line, family);

	if (way->routed && ip_is_set(&way->address))
		want_route(objects, &route);
}

/* A route of the main table stands before in the same table and for the same destination. */
static bool is_second(const struct facts *facts, const struct route *route)
{
	for (const struct route *other = facts->routes.v; other < route; other++)
		if (other->link == route->link &&
		    ip_prefix_compare(&other->destination, &route->destination) == 0)
			return true;
	return false;
}

static bool is_connected(const struct facts *facts, const struct route *route)
{
	array_foreach(&facts->addresses, address) {
		struct ip_prefix net = ip_is_set(&address->peer) ? ip_host(&address->peer)
								 : ip_network(&address->prefix);

		if (address->link == route->link &&
		    ip_prefix_compare(&net, &route->destination) == 0)
			return true;
	}
	return false;
}

/* What the main table reaches over the line by another gateway than its default one. */
static void want_specific(const struct world *world, const struct line *line, uint8_t family,
			  struct objects *objects)
{
	array_foreach(&world->facts->routes, found) {
		struct route_object route = { .table = line_table(world, line),
					      .destination = found->destination,
					      .link = line->link,
					      .gateway = found->gateway,
					      .source = line->family[family_index(family)].address,
					      .mtu = route_mtu(world, line, family) };

		route.onlink = ip_is_set(&found->gateway) &&
			       !uplink_reaches(line, world->facts, &found->gateway);
		if (found->link == line->link && found->destination.length &&
		    found->destination.address.family == family &&
		    !ip_is_link_local(&found->destination.address) &&
		    !is_connected(world->facts, found) && !is_second(world->facts, found))
			want_route(objects, &route);
	}
}

static void want_line_table(const struct world *world, const struct line *line, uint8_t family,
			    struct objects *objects)
{
	const struct link *link = facts_link(world->facts, line->link);
	struct route_object blackhole = {
		.table = line_table(world, line),
		.destination = any_prefix(family),
		.metric = BLACKHOLE_METRIC,
		.type = ROUTE_BLACKHOLE,
	};

	want_route(objects, &blackhole);
	if (link && link->up) {
		want_connected(world, line, family, objects);
		want_specific(world, line, family, objects);
		want_default(world, line, family, objects);
	}
}

static void want_line_rules(const struct world *world, const struct line *line, uint8_t family,
			    struct objects *objects)
{
	const struct config_gateway *gateway = &world->config->gateway;
	struct rule_object marked = {
		.family = family,
		.priority = gateway->rule_base + line->number,
		.mark = line_mark(world, line),
		.mask = gateway->mark_mask,
		.table = line_table(world, line),
	};
	struct rule_object bound = {
		.family = family,
		.priority = gateway->rule_base,
		.table = line_table(world, line),
	};

	snprintf(bound.oif, sizeof(bound.oif), "%s", line->config->interface);
	want_rule(objects, &bound);
	want_rule(objects, &marked);
	array_foreach(&world->facts->addresses, address) {
		struct rule_object from = {
			.family = family,
			.priority = gateway->rule_base + MAIN_OFFSET + line->number,
			.from = ip_host(&address->prefix.address),
			.table = line_table(world, line),
		};

		if (address->prefix.address.family == family && uplink_owns(line, address) &&
		    !world_does_without(world, line, family_index(family)))
			want_rule(objects, &from);
	}
}

/* One that the kernel does not use itself, and no line has. */
static uint32_t ways_table(const struct world *world)
{
	uint32_t base = world->config->gateway.table_base;

	return base == 0 || (base >= 253 && base <= 255) ? base + LINE_NUMBER_MAX + 1 : base;
}

static void want_ways(const struct world *world, uint8_t family, struct objects *objects)
{
	enum family_index f = family_index(family);
	struct choice order = choice_order(world, f);

	if (!order.n) {
		order.lines[0] = choice_least_bad(world, f);
		order.n = order.lines[0] != NULL;
	}
	for (size_t i = 0; i < order.n; i++) {
		struct route_object route = default_of(world, order.lines[i], family);

		route.table = ways_table(world);
		route.metric = WAYS_METRIC + (uint32_t)i;
		route.onlink = ip_is_set(&route.gateway);
		want_route(objects, &route);
	}
}

static void want_former_nets(const struct world *world, struct objects *objects)
{
	if (!world->deprecation)
		return;
	array_foreach(&world->deprecation->v, prefix) {
		const struct link *link = facts_link(world->facts, prefix->link);
		struct route_object route = { .table = ways_table(world),
					      .destination = prefix->net,
					      .link = prefix->link };

		if (prefix->gone_us && link && link->up)
			want_route(objects, &route);
	}
}

static void want_common_rules(const struct world *world, uint8_t family, struct objects *objects)
{
	uint32_t base = world->config->gateway.rule_base;
	struct rule_object specific = {
		.family = family,
		.priority = base + MAIN_OFFSET,
		.table = MAIN_TABLE,
		.suppress_default = true,
	};
	struct rule_object rest = { .family = family,
				    .priority = base + WAYS_OFFSET,
				    .table = ways_table(world) };

	want_rule(objects, &specific);
	want_rule(objects, &rest);
	want_ways(world, family, objects);
}

void routes_intent(const struct world *world, struct objects *objects)
{
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		if (world->config->uplinks.n)
			want_common_rules(world, family_of(f), objects);
		for (size_t i = 0; i < world->config->uplinks.n; i++) {
			want_line_table(world, &world->lines[i], family_of(f), objects);
			want_line_rules(world, &world->lines[i], family_of(f), objects);
		}
	}
	want_former_nets(world, objects);
}
