/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How packets and connections get the mark of a line, and keep it. Bits outside the mask are
 * other people's and survive, which is why marks are set by a chain for every line (a constant
 * under a mask) and found by verdict maps.
 *
 * A packet from a line only makes its connection remember the line. A packet from anywhere else
 * follows its connection; a new connection that would leave over a line goes through the policies.
 */
#include "policy/policy.h"

#include "policy/choice.h"
#include "uplink/learn.h"

#include <stdio.h>
#include <string.h>

/* A TCP packet of a new connection that is not its first: a flow whose entry was deleted. */
#define MID_STREAM "tcp flags & 0x17 != 0x02"

/*
 * Replies, which tell that the line works when its probes say that it does not (daemon/monitors.c
 * reads them). Not those of whom the probes ask: such a host may well answer, and still not as it
 * should. Only what is established: an ICMP error often comes from where the line ends.
 */
static void want_counters(struct objects *objects, const char *chain)
{
	want_nft(objects, chain,
		 "meta nfproto ipv4 ct state established ct direction reply "
		 "ip saddr != @asked4 counter");
	want_nft(objects, chain,
		 "meta nfproto ipv6 ct state established ct direction reply "
		 "ip6 saddr != @asked6 counter");
}

static void want_asked(const struct config_uplink *uplink, struct objects *objects)
{
	for (size_t i = 0; i < uplink->probes.n; i++)
		for (size_t j = 0; j < uplink->probes.v[i].targets.n; j++) {
			const struct config_target *target = &uplink->probes.v[i].targets.v[j];
			struct nft_key key = { 0 };

			nft_key_address(&key, &target->address);
			want_member(objects,
				    target->address.family == AF_INET6 ? "asked6" : "asked4", &key);
		}
}

static bool any_probes(const struct world *world)
{
	for (size_t i = 0; i < world->config->uplinks.n; i++)
		if (world->config->uplinks.v[i].probes.n)
			return true;
	return false;
}

static void want_mark_chains(const struct world *world, const struct line *line,
			     struct objects *objects)
{
	uint32_t keep = ~world->config->gateway.mark_mask, mark = line_mark(world, line);
	const char *name = line->config->name;
	char chain[64];

	snprintf(chain, sizeof(chain), "mark/%s", name);
	want_chain(objects, chain, NULL);
	want_nft(objects, chain, "meta mark set meta mark & 0x%08x | 0x%08x", keep, mark);
	want_nft(objects, chain, "accept");

	snprintf(chain, sizeof(chain), "pick/%s", name);
	want_chain(objects, chain, NULL);
	want_nft(objects, chain, "ct mark set ct mark & 0x%08x | 0x%08x", keep, mark);
	want_nft(objects, chain, "goto mark/%s", name);

	snprintf(chain, sizeof(chain), "from/%s", name);
	want_chain(objects, chain, NULL);
	want_nft(objects, chain, "ct state new goto new/%s", name);
	if (line->config->probes.n)
		want_counters(objects, chain);

	snprintf(chain, sizeof(chain), "new/%s", name);
	want_chain(objects, chain, NULL);
	want_nft(objects, chain, "ip saddr @inside4 drop");
	want_nft(objects, chain, "ip6 saddr @inside6 drop");
	want_nft(objects, chain, "ip6 saddr & ffc0:: == fe80:: accept");
	want_nft(objects, chain, "ct mark set ct mark & 0x%08x | 0x%08x", keep, mark);
}

static void want_mark_maps(const struct world *world, const struct line *line,
			   struct objects *objects)
{
	const char *name = line->config->name;
	struct nft_key interface = { 0 }, mark = { 0 }, index = { 0 };

	nft_key_interface(&interface, line->config->interface);
	nft_key_u32(&mark, line_mark(world, line));
	if (needs_line_maps(world))
		want_verdict(objects, "from", &interface, "from/%s", name);
	want_verdict(objects, "known", &mark, "mark/%s", name);
	want_verdict(objects, "chosen", &mark, "pick/%s", name);
	if (line->link) {
		nft_key_u32(&index, (uint32_t)line->link);
		want_member(objects, "line_index", &index);
	}
}

static bool is_inside(const struct world *world, const struct link *link)
{
	const struct names *inside = &world->config->gateway.inside;

	for (size_t i = 0; i < inside->n; i++)
		if (strcmp(inside->v[i], link->name) == 0)
			return true;
	return false;
}

static bool overlaps_line(const struct world *world, const struct ip_prefix *prefix)
{
	array_foreach(&world->facts->addresses, address)
		if (world_line_of_link(world, address->link) &&
		    ip_overlap(&address->prefix, prefix))
			return true;
	return false;
}

/* The nets of the inside, from which nothing may come in over a line. */
static void want_inside(const struct world *world, struct objects *objects)
{
	ARRAY(struct ip_prefix) nets = { 0 };

	array_foreach(&world->facts->addresses, address) {
		const struct link *link = facts_link(world->facts, address->link);

		if (link && is_inside(world, link) && !overlaps_line(world, &address->prefix) &&
		    !ip_is_link_local(&address->prefix.address))
			objects_fail(objects, array_push(&nets, address->prefix));
	}
	want_prefixes(objects, "inside4", AF_INET, nets.v, nets.n);
	want_prefixes(objects, "inside6", AF_INET6, nets.v, nets.n);
	array_done(&nets);
}

/* What every packet passes: the lines that are written out, then the maps for the rest. */
static void want_mark_pre(const struct world *world, struct objects *objects)
{
	uint32_t mask = world->config->gateway.mark_mask;
	size_t n = world->config->uplinks.n;

	want_chain(objects, "mark_pre", "type filter hook prerouting priority -150");
	for (size_t i = 0; i < n && i < INLINE_LINES; i++)
		want_nft(objects, "mark_pre", "iifname \"%s\" goto from/%s",
			 world->lines[i].config->interface, world->lines[i].config->name);
	if (needs_line_maps(world))
		want_nft(objects, "mark_pre", "iifname vmap @from");
	for (size_t i = 0; i < n && i < INLINE_LINES; i++) {
		uint32_t mark = line_mark(world, &world->lines[i]);

		want_nft(
			objects, "mark_pre",
			"ct mark & 0x%08x == 0x%08x meta mark set meta mark & 0x%08x | 0x%08x accept",
			mask, mark, ~mask, mark);
	}
	if (needs_line_maps(world))
		want_nft(objects, "mark_pre", "ct mark & 0x%08x vmap @known", mask);
	want_nft(objects, "mark_pre",
		 "ct state new ct direction original fib daddr oif @line_index goto forwarded");
}

static void want_mark_out(const struct world *world, struct objects *objects)
{
	uint32_t mask = world->config->gateway.mark_mask;

	want_chain(objects, "mark_out", "type route hook output priority -150");
	/* Who is next to a line is asked for there, whatever policies say: a gateway that is not
	 * found keeps its line from coming back. What comes in of it is untracked: no connection
	 * has a mark for it. */
	want_nft(objects, "mark_out", "icmpv6 type 130-137 accept");
	want_nft(objects, "mark_out", "meta mark & 0x%08x vmap @chosen", mask);
	want_nft(objects, "mark_out", "meta mark & 0x%08x != 0x00000000 accept", mask);
	/* Our ICMP errors to an inside client belong to its connection, but not on the line. */
	want_nft(objects, "mark_out", "ct state related oif != @line_index accept");
	want_nft(objects, "mark_out", "ct mark & 0x%08x vmap @known", mask);
	want_nft(objects, "mark_out", "oif @line_index goto local");
}

/*
 * Traffic that LAN and other clients send out: before the policies, what must not be scheduled.
 * The addresses of services may lie behind a line by the routing table, yet are served here.
 */
static void want_forwarded(struct objects *objects)
{
	want_chain(objects, "forwarded", NULL);
	want_nft(objects, "forwarded", "ip daddr & 240.0.0.0 == 224.0.0.0 accept");
	want_nft(objects, "forwarded", "ip6 daddr & ff00:: == ff00:: accept");
	want_nft(objects, "forwarded", "ip daddr @vips4 accept");
	want_nft(objects, "forwarded", "ip6 daddr @vips6 accept");
	want_nft(objects, "forwarded", MID_STREAM " reject with tcp reset");
}

/* The best line's address on the way to another device: no unbound socket would have chosen that.
 */
static void want_bound_best(const struct world *world, enum family_index f, struct objects *objects)
{
	const struct line *best = choice_least_bad(world, f);

	if (best && best->link && ip_is_set(&best->family[f].address))
		want_nft(objects, "local", "%s saddr == %s oif != %d goto pick/%s",
			 f == FAMILY_V6 ? "ip6" : "ip", ip_text(&best->family[f].address).text,
			 best->link, best->config->name);
}

/*
 * The box's own traffic: sockets bound to an address or a device of a particular line go by that
 * line. The best line is not particular: its address and device are what an unbound socket gets.
 */
static void want_local(const struct world *world, struct objects *objects)
{
	want_chain(objects, "local", NULL);
	want_nft(objects, "local", "ip daddr & 240.0.0.0 == 224.0.0.0 accept");
	want_nft(objects, "local", "ip daddr == 255.255.255.255 accept");
	want_nft(objects, "local", "ip6 daddr & ff00:: == ff00:: accept");
	want_nft(objects, "local", "ip6 daddr & ffc0:: == fe80:: accept");
	want_nft(objects, "local", "ip daddr @vips4 accept");
	want_nft(objects, "local", "ip6 daddr @vips6 accept");
	want_nft(objects, "local",
		 "ct state new " MID_STREAM " ip saddr != @alive4 reject with tcp reset");
	want_nft(objects, "local",
		 "ct state new " MID_STREAM " ip6 saddr != @alive6 reject with tcp reset");
	want_nft(objects, "local", "ip saddr vmap @bound4");
	want_nft(objects, "local", "ip6 saddr vmap @bound6");
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		want_bound_best(world, f, objects);
	want_nft(objects, "local", "meta nfproto ipv4 oifname vmap @device4");
	want_nft(objects, "local", "meta nfproto ipv6 oifname vmap @device6");
}

/*
 * Addresses of the box: which may go on speaking, and which name a particular line. Those of a line
 * that is dead name none while there is another: a socket that does not know better, of a tunnel or
 * a telephone, goes on there.
 */
static void want_local_address(const struct world *world, const struct address *address,
			       struct objects *objects)
{
	const struct line *line = world_line_of_link(world, address->link);
	enum family_index f = family_index(address->prefix.address.family);
	struct nft_key key = { 0 };

	nft_key_address(&key, &address->prefix.address);
	if (!line || line->family[f].carries)
		want_member(objects, f == FAMILY_V4 ? "alive4" : "alive6", &key);
	if (line && uplink_owns(line, address) && !world_does_without(world, line, f) &&
	    !(line == choice_least_bad(world, f) &&
	      ip_equal(&address->prefix.address, &line->family[f].address)))
		want_verdict(objects, f == FAMILY_V4 ? "bound4" : "bound6", &key, "pick/%s",
			     line->config->name);
}

static void want_local_devices(const struct world *world, enum family_index f,
			       struct objects *objects)
{
	const struct line *best = choice_least_bad(world, f);

	for (size_t i = 0; i < world->config->uplinks.n; i++) {
		const struct line *line = &world->lines[i];
		struct nft_key key = { 0 };

		nft_key_interface(&key, line->config->interface);
		if (line != best && !world_does_without(world, line, f))
			want_verdict(objects, f == FAMILY_V4 ? "device4" : "device6", &key,
				     "pick/%s", line->config->name);
	}
}

static void want_sets(const struct world *world, struct objects *objects)
{
	if (needs_line_maps(world))
		want_set(objects, "from", "ifname", "verdict", 0);
	want_set(objects, "known", "mark", "verdict", 0);
	want_set(objects, "chosen", "mark", "verdict", 0);
	want_set(objects, "line_index", "iface_index", NULL, 0);
	want_set(objects, "inside4", "ipv4_addr", NULL, NFT_SET_IS_INTERVAL);
	want_set(objects, "inside6", "ipv6_addr", NULL, NFT_SET_IS_INTERVAL);
	want_set(objects, "alive4", "ipv4_addr", NULL, 0);
	want_set(objects, "alive6", "ipv6_addr", NULL, 0);
	want_set(objects, "bound4", "ipv4_addr", "verdict", 0);
	want_set(objects, "bound6", "ipv6_addr", "verdict", 0);
	want_set(objects, "device4", "ifname", "verdict", 0);
	want_set(objects, "device6", "ifname", "verdict", 0);
	if (any_probes(world)) {
		want_set(objects, "asked4", "ipv4_addr", NULL, 0);
		want_set(objects, "asked6", "ipv6_addr", NULL, 0);
	}
}

void marks_intent(const struct world *world, struct objects *objects)
{
	want_sets(world, objects);
	want_mark_pre(world, objects);
	want_mark_out(world, objects);
	want_forwarded(objects);
	want_local(world, objects);
	want_inside(world, objects);
	for (size_t i = 0; i < world->config->uplinks.n; i++) {
		want_mark_chains(world, &world->lines[i], objects);
		want_mark_maps(world, &world->lines[i], objects);
		want_asked(world->lines[i].config, objects);
	}
	array_foreach(&world->facts->addresses, address)
		want_local_address(world, address, objects);
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		want_local_devices(world, f, objects);
}
