/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real servers that are reached over a line. Of such a connection the requests leave by the line
 * of the server, whatever line or LAN they came in on, and the replies by the line of the request,
 * though they come in on another: the two cases in which a packet from a line carries a mark. The
 * first packet gets its mark in the server's chain (nat.c).
 */
#include "service/parts.h"

#include "service/judge.h"

#include <stdio.h>

static const char *const over_map[] = { "over4", "over6" };

static void want_over(const struct world *world, const struct config_server *server,
		      struct objects *objects)
{
	const struct line *line = server_line(world, server);
	struct nft_key key = { 0 };

	if (!line)
		return;
	nft_key_address(&key, &server->address);
	want_verdict(objects, over_map[family_index(server->address.family)], &key, "mark/%s",
		     line->config->name);
}

static bool has_over(const struct world *world)
{
	array_foreach(&world->config->services, service)
		for (size_t i = 0; i < service->servers.n; i++)
			if (server_line(world, &service->servers.v[i]))
				return true;
	return false;
}

/* Where packets get their marks (policy/marks.c), after what it says itself. */
static void want_calls(const struct world *world, struct objects *objects)
{
	char chain[64];

	array_foreach(&world->config->uplinks, uplink) {
		snprintf(chain, sizeof(chain), "from/%s", uplink->name);
		want_nft(objects, chain, "ct status dnat goto over");
	}
	want_nft(objects, "mark_pre", "ct status dnat goto over");
	want_nft(objects, "mark_out", "ct status dnat goto over");
}

void over_intent(const struct world *world, struct objects *objects)
{
	if (!has_over(world))
		return;
	want_set(objects, "over4", "ipv4_addr", "verdict", 0);
	want_set(objects, "over6", "ipv6_addr", "verdict", 0);
	want_chain(objects, "over", NULL);
	want_nft(objects, "over", "ct direction reply ct mark & 0x%08x vmap @known",
		 world->config->gateway.mark_mask);
	want_nft(objects, "over", "ct direction original ct reply ip saddr vmap @over4");
	want_nft(objects, "over", "ct direction original ct reply ip6 saddr vmap @over6");
	array_foreach(&world->config->services, service)
		for (size_t i = 0; i < service->servers.n; i++)
			want_over(world, &service->servers.v[i], objects);
	want_calls(world, objects);
}
