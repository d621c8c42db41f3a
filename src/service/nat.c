/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Services that ask for more than turns, in the nat hooks, which see the first packet of every
 * connection. The chain of the service refuses what may not come in, goes to the chain of the line
 * where lines see other servers, and picks; the pick leads to the chain of a server, which notes
 * the client, gives the packet the mark of the line that the server is reached over, and rewrites.
 */
#include "service/parts.h"

#include "service/judge.h"

#include <netinet/in.h>
#include <stdio.h>

uint32_t left_mark(const struct world *world, size_t server)
{
	return (uint32_t)(server + 1) << __builtin_ctz(world->config->gateway.mark_mask);
}

uint32_t refused_mark(const struct world *world)
{
	return world->config->gateway.mark_mask;
}

static void want_way(const struct pool *pool, const char *chain, size_t server)
{
	const struct line *line = server_line(pool->world, &pool->service->servers.v[server]);
	uint32_t keep = ~pool->world->config->gateway.mark_mask;

	if (line)
		want_nft(pool->objects, chain, "meta mark set meta mark & 0x%08x | 0x%08x", keep,
			 line_mark(pool->world, line));
	else if (service_is_direct(pool->service) || pool->service->one_packet)
		want_nft(pool->objects, chain, "meta mark set meta mark & 0x%08x", keep);
}

static void want_rewrite(const struct pool *pool, const char *chain, size_t server)
{
	const struct config_server *config = &pool->service->servers.v[server];
	struct ip_text address = ip_text(&config->address);
	const char *ip = pool_ip(pool);
	static const char *const protocols[] = { "tcp", "udp", "sctp" };

	for (size_t i = 0; config->port && i < 3; i++)
		want_nft(pool->objects, chain,
			 pool->f == FAMILY_V6 ? "meta l4proto %s dnat %s to [%s]:%u"
					      : "meta l4proto %s dnat %s to %s:%u",
			 protocols[i], ip, address.text, config->port);
	want_nft(pool->objects, chain, "dnat %s to %s", ip, address.text);
}

static void want_server(const struct pool *pool, size_t server)
{
	struct pool_name chain = pool_target(pool, server);

	want_chain(pool->objects, chain.text, NULL);
	want_remember(pool, chain.text, server);
	want_initiator(pool, chain.text, server);
	want_way(pool, chain.text, server);
	want_rewrite(pool, chain.text, server);
}

/* What the ingress hook has picked for us; the mark is taken off again in the server's chain. */
void want_left(const struct pool *pool, const char *chain)
{
	uint32_t mask = pool->world->config->gateway.mark_mask;

	if (service_is_direct(pool->service) && any_direct(pool->world))
		want_nft(pool->objects, chain, "meta mark & 0x%08x == 0x%08x goto refuse", mask,
			 refused_mark(pool->world));
	else if (!pool->service->one_packet)
		return;
	for (size_t i = 0; i < pool->service->servers.n; i++) {
		enum service_method method = pool->service->servers.v[i].method;

		if (pool_has(pool, i) &&
		    (method == METHOD_LOCAL ||
		     (method == METHOD_NAT && service_is_direct(pool->service))))
			want_nft(pool->objects, chain, "meta mark & 0x%08x == 0x%08x goto %s", mask,
				 left_mark(pool->world, i), pool_target(pool, i).text);
	}
}

/* The chains of lines whose requests see other servers or weights. */
static int want_lines(const struct pool *pool, const char *chain)
{
	const struct world *world = pool->world;
	int r = 0;

	for (int line = 0; r == 0 && line < (int)world->config->uplinks.n; line++) {
		struct pool_name name = pool_chain(pool, line);

		if (!service_differs(pool->service, line))
			continue;
		want_chain(pool->objects, name.text, NULL);
		want_nft(pool->objects, chain, "ct mark & 0x%08x == 0x%08x goto %s",
			 world->config->gateway.mark_mask, line_mark(world, &world->lines[line]),
			 name.text);
		r = want_picks(pool, name.text, line);
	}
	return r;
}

void nat_intent(const struct pool *pool)
{
	struct pool_name chain = pool_chain(pool, NO_LINE);
	bool reached = false;
	int r;

	for (size_t i = 0; i < pool->service->listens.n; i++)
		reached = want_listen(pool, &pool->service->listens.v[i], chain.text) || reached;
	if (!reached)
		return;
	want_chain(pool->objects, chain.text, NULL);
	want_nft(pool->objects, chain.text, MID_STREAM " reject with tcp reset");
	want_left(pool, chain.text);
	want_limits(pool, chain.text);
	want_memory(pool);
	ipsec_intent(pool);
	for (size_t i = 0; i < pool->service->servers.n; i++)
		if (pool_has(pool, i))
			want_server(pool, i);
	r = want_lines(pool, chain.text);
	objects_fail(pool->objects, r < 0 ? r : want_picks(pool, chain.text, NO_LINE));
}
