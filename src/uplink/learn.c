/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Learning a line's address and gateway from the facts. Pure: nothing is remembered, so that what
 * was learned goes when the facts go.
 */
#include "uplink/learn.h"

#include "uplink/prefixes.h"

#include <string.h>

bool uplink_owns(const struct line *line, const struct address *address)
{
	return address->link == line->link && address->usable && !address->host_scope &&
	       !ip_is_link_local(&address->prefix.address);
}

static const struct route *learned_default(const struct line *line, const struct facts *facts,
					   uint8_t family)
{
	array_foreach(&facts->routes, route)
		if (route->link == line->link && route->destination.length == 0 &&
		    route->destination.address.family == family)
			return route;
	return NULL;
}

/* The gateway by its configuration or the main table; unset when none is known. */
static struct ip_address known_gateway(const struct line *line, const struct facts *facts,
				       uint8_t family)
{
	const struct ip_address *configured = &line->config->gateway[family_index(family)];
	const struct route *route = learned_default(line, facts, family);

	if (ip_is_set(configured))
		return *configured;
	return route ? route->gateway : (struct ip_address){ 0 };
}

/* How good an address is to speak with: the lower the better. */
static unsigned address_rank(const struct address *address, const struct ip_address *gateway)
{
	bool apart = ip_is_set(gateway) && !ip_is_link_local(gateway) &&
		     !ip_contains(&address->prefix, gateway);

	return (address->ours ? 16U : 0U) + (apart ? 8U : 0U) + (address->deprecated ? 4U : 0U) +
	       (ip_is_unique_local(&address->prefix.address) ? 2U : 0U) +
	       (address->temporary ? 1U : 0U);
}

/* A line may have no address but those of its prefix, which are on interfaces inside. */
static const struct address *learn_inside(const struct line *line, const struct facts *facts,
					  uint8_t family)
{
	array_foreach(&facts->addresses, address)
		if (family == AF_INET6 && address->prefix.address.family == family &&
		    address->usable && !address->host_scope && !address->ours &&
		    !address->deprecated && line_has_prefix_of(line, &address->prefix.address))
			return address;
	return NULL;
}

static const struct address *learn_address(const struct line *line, const struct facts *facts,
					   uint8_t family)
{
	struct ip_address gateway = known_gateway(line, facts, family);
	const struct address *best = NULL;

	array_foreach(&facts->addresses, address)
		if (address->prefix.address.family == family && uplink_owns(line, address) &&
		    (!best || address_rank(address, &gateway) < address_rank(best, &gateway)))
			best = address;
	return best ? best : learn_inside(line, facts, family);
}

bool uplink_reaches(const struct line *line, const struct facts *facts,
		    const struct ip_address *gateway)
{
	if (ip_is_link_local(gateway) && gateway->family == AF_INET6)
		return true;
	array_foreach(&facts->addresses, address) {
		if (address->link != line->link)
			continue;
		if (ip_is_set(&address->peer) ? ip_equal(&address->peer, gateway)
					      : ip_contains(&address->prefix, gateway))
			return true;
	}
	return false;
}

/* Sets the way out; leaves `routed` false when there is none. */
static void learn_route(struct line_family *way, const struct line *line, const struct facts *facts,
			const struct link *link, const struct address *address, uint8_t family)
{
	const struct route *route = learned_default(line, facts, family);

	way->gateway = known_gateway(line, facts, family);
	if (!ip_is_set(&way->gateway) && !route && address && !link->point_to_point)
		way->gateway = address->peer;
	if (address && link->point_to_point)
		way->peer = address->peer;
	way->routed = ip_is_set(&way->gateway) || route || (address && link->point_to_point);
	way->onlink = ip_is_set(&way->gateway) && !uplink_reaches(line, facts, &way->gateway);
}

void uplink_learn(struct line *line, const struct facts *facts)
{
	const struct link *link = facts_link_by_name(facts, line->config->interface);

	memset(line->family, 0, sizeof(line->family));
	line->link = link ? link->index : 0;
	if (!link)
		return;
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		const struct address *address = learn_address(line, facts, family_of(f));

		if (address)
			line->family[f].address = address->prefix.address;
		learn_route(&line->family[f], line, facts, link, address, family_of(f));
	}
}
