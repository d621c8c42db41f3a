/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP's segment size follows the MTU of the line, for the many places out there that let no "too
 * big" pass. The option says what its sender takes, so the one that goes out keeps the far end from
 * sending too much, and the one that comes in the near end; the kernel only ever lowers it.
 *
 * Done behind routing, where also the box's own connections are: their sockets take the size from
 * the route that they found first, which is not that of the line that a policy gives them. What
 * they send themselves is theirs to learn, from the box.
 *
 * There is nothing of it while every line takes what the inside can send.
 */
#include "policy/policy.h"

#include "uplink/mtu.h"

#include <stdio.h>

enum {
	USUAL_MTU = 1500,
	HEADERS4 = 40, /* IP and TCP without options */
	HEADERS6 = 60
};

static unsigned inside_mtu(const struct world *world)
{
	unsigned mtu = USUAL_MTU;

	array_foreach(&world->facts->links, link)
		if (world_is_inside(world, link->index) && link->mtu > mtu)
			mtu = link->mtu;
	return mtu;
}

static bool is_small(const struct world *world, const struct line *line)
{
	unsigned mtu = line_mtu(world, line);

	return line->config->clamp && mtu > HEADERS6 && mtu < inside_mtu(world);
}

static void want_line(const struct world *world, const struct line *line, struct objects *objects)
{
	unsigned mtu = line_mtu(world, line);
	char chain[64];

	snprintf(chain, sizeof(chain), "clamp/%s", line->config->name);
	want_chain(objects, chain, NULL);
	want_nft(objects, chain, "meta nfproto ipv4 tcp option maxseg size set %u", mtu - HEADERS4);
	want_nft(objects, chain, "meta nfproto ipv6 tcp option maxseg size set %u", mtu - HEADERS6);
	want_nft(objects, "syn", "oifname \"%s\" jump %s", line->config->interface, chain);
	want_nft(objects, "syn", "iifname \"%s\" jump %s", line->config->interface, chain);
}

void segments_intent(const struct world *world, struct objects *objects)
{
	bool any = false;

	for (size_t i = 0; i < world->config->uplinks.n; i++)
		any = any || is_small(world, &world->lines[i]);
	if (!any)
		return;
	want_chain(objects, "clamp", "type filter hook postrouting priority -150");
	want_nft(objects, "clamp", "tcp flags & 0x06 == 0x02 goto syn");
	want_chain(objects, "syn", NULL);
	for (size_t i = 0; i < world->config->uplinks.n; i++)
		if (is_small(world, &world->lines[i]))
			want_line(world, &world->lines[i], objects);
}
