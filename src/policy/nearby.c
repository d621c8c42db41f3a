/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Destinations that the main table sends over one particular line: its neighbours, a modem behind
 * it, routes that somebody set. No other line would do, so they come before the policies.
 *
 * The kernel could be asked (fib), but for all other destinations it answers with the best line,
 * by a rule that cannot change in one moment with the nft transaction: in between, a connection
 * would be taken for a neighbour of the line that was best. So the routes are written out, as
 * intervals of which each belongs to the longest prefix that covers it.
 */
#include "policy/policy.h"

#include <stdlib.h>

static const char *const near_map[] = { "near4", "near6" };

/* A route over a line. */
struct near {
	struct ip_prefix net;
	const struct line *line;
};

struct nearby {
	ARRAY(struct near) nets;
	ARRAY(struct ip_address) bounds; /* where the answer may change */
};

static int add_bounds(struct nearby *nearby, const struct ip_prefix *net)
{
	struct ip_address after = ip_last(net);
	int r = array_push(&nearby->bounds, net->address);

	if (r == 0 && ip_increment(&after))
		r = array_push(&nearby->bounds, after);
	return r;
}

static int gather(struct nearby *nearby, const struct world *world, enum family_index f)
{
	int r = 0;

	array_foreach(&world->facts->routes, route) {
		struct near near = { .net = ip_network(&route->destination),
				     .line = world_line_of_link(world, route->link) };

		if (!near.line || !near.line->family[f].carries || near.net.length == 0 ||
		    near.net.address.family != family_of(f) || ip_is_link_local(&near.net.address))
			continue;
		r = r < 0 ? r : array_push(&nearby->nets, near);
		r = r < 0 ? r : add_bounds(nearby, &near.net);
	}
	return r;
}

/* The line that alone has the longest prefix for an address; NULL when there is none or several. */
static const struct line *line_of(const struct nearby *nearby, const struct ip_address *address)
{
	const struct line *line = NULL;
	int length = -1;

	array_foreach(&nearby->nets, near) {
		if (!ip_contains(&near->net, address) || near->net.length < length)
			continue;
		line = near->net.length == length && line != near->line ? NULL : near->line;
		length = near->net.length;
	}
	return line;
}

static int bound_compare(const void *a, const void *b)
{
	return ip_compare(a, b);
}

static void want_nearby(struct nearby *nearby, enum family_index f, struct objects *objects)
{
	const struct line *line = NULL;
	struct ip_address first = { 0 };

	if (nearby->bounds.n)
		qsort(nearby->bounds.v, nearby->bounds.n, sizeof(*nearby->bounds.v), bound_compare);
	array_foreach(&nearby->bounds, bound) {
		const struct line *next = line_of(nearby, bound);
		struct ip_address last = *bound;

		if (next == line)
			continue;
		if (line && ip_decrement(&last))
			want_verdict_range(objects, near_map[f], &first, &last, "pick/%s",
					   line->config->name);
		first = *bound;
		line = next;
	}
	/* Only a net that ends with the last address of all is still open. */
	if (line) {
		struct ip_prefix all = { .address = { .family = family_of(f) } };
		struct ip_address last = ip_last(&all);

		want_verdict_range(objects, near_map[f], &first, &last, "pick/%s",
				   line->config->name);
	}
}

void nearby_intent(const struct world *world, struct objects *objects)
{
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		struct nearby nearby = { 0 };
		bool v6 = f == FAMILY_V6;

		want_set(objects, near_map[f], v6 ? "ipv6_addr" : "ipv4_addr", "verdict",
			 NFT_SET_IS_INTERVAL);
		want_nft(objects, "forwarded", "%s daddr vmap @%s", v6 ? "ip6" : "ip", near_map[f]);
		want_nft(objects, "local", "%s daddr vmap @%s", v6 ? "ip6" : "ip", near_map[f]);
		objects_fail(objects, gather(&nearby, world, f));
		want_nearby(&nearby, f, objects);
		array_done(&nearby.nets);
		array_done(&nearby.bounds);
	}
}
