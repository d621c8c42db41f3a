/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Destinations that the main table sends over one particular line: its neighbours, a modem behind
 * it, routes that somebody set. No other line would do, so they come before the policies. For all
 * lines but the best the routing table can be asked; what it says of the best line is also what
 * it says of the whole Internet, so that line's are listed.
 */
#include "policy/policy.h"

#include "policy/choice.h"

static const char *const beyond_map[] = { "beyond4", "beyond6" };
static const char *const near_set[] = { "near4", "near6" };

/* Some other line is in that net, too: then the policies may choose. */
static bool is_shared(const struct world *world, const struct line *line,
		      const struct ip_prefix *net)
{
	array_foreach(&world->facts->addresses, address) {
		const struct line *other = world_line_of_link(world, address->link);

		if (other && other != line && ip_overlap(&address->prefix, net) &&
		    !ip_is_link_local(&address->prefix.address))
			return true;
	}
	return false;
}

static void want_near(const struct world *world, const struct line *best, enum family_index f,
		      struct objects *objects)
{
	ARRAY(struct ip_prefix) nets = { 0 };

	array_foreach(&world->facts->routes, route)
		if (route->link == best->link && route->destination.length &&
		    !ip_is_link_local(&route->destination.address) &&
		    !is_shared(world, best, &route->destination))
			objects_fail(objects, array_push(&nets, route->destination));
	want_prefixes(objects, near_set[f], family_of(f), nets.v, nets.n);
	array_done(&nets);
}

static void want_beyond(const struct world *world, const struct line *best, enum family_index f,
			struct objects *objects)
{
	for (size_t i = 0; i < world->config->uplinks.n; i++) {
		const struct line *line = &world->lines[i];
		struct nft_key key = { 0 };

		if (line == best || !line->family[f].usable)
			continue;
		nft_key_u32(&key, (uint32_t)line->link);
		want_verdict(objects, beyond_map[f], &key, "pick/%s", line->config->name);
	}
}

void nearby_intent(const struct world *world, struct objects *objects)
{
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		const struct line *best = choice_best(world, f);
		bool v6 = f == FAMILY_V6;

		want_set(objects, beyond_map[f], "iface_index", "verdict", 0);
		want_set(objects, near_set[f], v6 ? "ipv6_addr" : "ipv4_addr", NULL,
			 NFT_SET_IS_INTERVAL);
		want_nft(objects, "forwarded", "meta nfproto %s fib daddr oif vmap @%s",
			 v6 ? "ipv6" : "ipv4", beyond_map[f]);
		if (!best)
			continue;
		want_beyond(world, best, f, objects);
		want_near(world, best, f, objects);
		want_nft(objects, "forwarded", "%s daddr @%s goto pick/%s", v6 ? "ip6" : "ip",
			 near_set[f], best->config->name);
		want_nft(objects, "local", "%s daddr @%s goto pick/%s", v6 ? "ip6" : "ip",
			 near_set[f], best->config->name);
	}
}
