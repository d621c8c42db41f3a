/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One service in the ingress hook: its chain finds connections that exist in the maps of direct.c,
 * and picks a server for others as the nat hooks do. Three chains make a server: server/... takes
 * a new connection into the map, to/... hands any packet over.
 */
#include "service/parts.h"

#include "service/judge.h"
#include "service/numbers.h"
#include "uplink/mtu.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum {
	TUNNEL_OVERHEAD = 32, /* the outer headers of a gue tunnel, the largest over IPv4 */
	USUAL_MTU = 1500
};

static bool hands_over(const struct config_server *server)
{
	return server->method == METHOD_ROUTE || server->method == METHOD_TUNNEL;
}

/* What an outer packet comes from; in IPv6 a tunnel has to be told. */
static struct ip_address tunnel_source(const struct pool *pool, int link)
{
	array_foreach(&pool->world->facts->addresses, address)
		if (address->link == link && address->usable && !address->host_scope &&
		    family_index(address->prefix.address.family) == pool->f &&
		    !ip_is_link_local(&address->prefix.address))
			return address->prefix.address;
	return (struct ip_address){ 0 };
}

static void want_tunnel_device(const struct pool *pool, const struct config_server *server)
{
	struct tunnel_object tunnel = { .kind = server->tunnel,
					.remote = server->address,
					.port = server->tunnel_port };
	const struct line *line = server_line(pool->world, server);

	if (line)
		tunnel.mark = line_mark(pool->world, line);
	if (pool->f == FAMILY_V6)
		tunnel.local = tunnel_source(pool, server_link(pool->world, server));
	snprintf(tunnel.name, sizeof(tunnel.name), "%s", tunnel_name(server).text);
	want_tunnel(pool->objects, &tunnel);
}

/*
 * A whole packet does not fit into the tunnel, and nobody could tell its sender: the ingress hook
 * has no route for an ICMP error. So its outer packet may be fragmented.
 */
static void want_fit(const struct pool *pool, const char *chain, const struct config_server *server)
{
	const struct link *link = facts_link(pool->world->facts, server_link(pool->world, server));
	unsigned mtu = link && link->mtu < USUAL_MTU ? link->mtu : USUAL_MTU;

	if (pool->f == FAMILY_V4)
		want_nft(pool->objects, chain,
			 "ip length %u-65535 ip frag-off set ip frag-off & 0xbfff",
			 mtu - TUNNEL_OVERHEAD + 1);
}

static void want_hand_over(const struct pool *pool, const char *chain, size_t server)
{
	const struct config_server *config = &pool->service->servers.v[server];
	struct ip_text address = ip_text(&config->address);
	const struct link *link;

	want_nft(pool->objects, chain, "meta mark set 0x00000000");
	if (!hands_over(config)) {
		want_nft(pool->objects, chain, "accept");
		return;
	}
	if (pool->state->servers[server].condition == SERVER_UNUSABLE)
		return;
	if (config->method == METHOD_TUNNEL) {
		want_tunnel_device(pool, config);
		want_fit(pool, chain, config);
		want_nft(pool->objects, chain, "fwd %s to %s device \"%s\"", pool_ip(pool),
			 address.text, tunnel_name(config).text);
		return;
	}
	link = facts_link(pool->world->facts, server_link(pool->world, config));
	if (link)
		want_nft(pool->objects, chain, "fwd %s to %s device \"%s\"", pool_ip(pool),
			 address.text, link->name);
}

/*
 * What a server sends back over a line that takes less than a whole packet has to fit, for nobody
 * would tell the server: it goes by what its client says here.
 */
static void want_segments(const struct pool *pool, const char *chain)
{
	unsigned headers = pool->f == FAMILY_V6 ? 60 : 40;

	for (size_t i = 0; i < pool->world->config->uplinks.n; i++) {
		const struct line *line = &pool->world->lines[i];
		unsigned mtu = line_mtu(pool->world, line);

		if (line->link && line->config->clamp && mtu > headers && mtu < USUAL_MTU)
			want_nft(pool->objects, chain, "iif %d tcp option maxseg size set %u",
				 line->link, mtu - headers);
	}
}

/* New connections: noted under the server's number and the line they came by. */
static void want_new(const struct pool *pool, const char *chain, size_t server, uint32_t number)
{
	want_remember(pool, chain, server);
	want_nft(pool->objects, chain, "meta mark set 0x00000000");
	want_nft(pool->objects, chain, "meta mark set iif map @numbers");
	want_nft(pool->objects, chain, "meta mark set meta mark & 0x%08x | 0x%08x",
		 ~(uint32_t)DIRECT_SERVER_MASK, number);
	if (pool->service->kind == SERVICE_IPSEC)
		want_opening(pool, chain);
	else if (!pool->service->one_packet)
		want_track(pool, chain);
	want_segments(pool, chain);
	if (hands_over(&pool->service->servers.v[server])) {
		want_nft(pool->objects, chain, "goto %s", pool_server(pool, "to", server).text);
	} else {
		want_nft(pool->objects, chain, "meta mark set 0x%08x",
			 left_mark(pool->world, server));
		want_nft(pool->objects, chain, "accept");
	}
}

static int want_server(const struct pool *pool, size_t server)
{
	struct pool_name fresh = pool_target(pool, server), to = pool_server(pool, "to", server);
	struct nft_key key = { 0 };
	uint32_t number;
	int r = number_take(pool, server, &number);

	if (r < 0)
		return r;
	nft_key_u32(&key, number);
	want_verdict(pool->objects, "servers", &key, "%s", to.text);
	want_chain(pool->objects, to.text, NULL);
	want_hand_over(pool, to.text, server);
	want_chain(pool->objects, fresh.text, NULL);
	want_new(pool, fresh.text, server, number);
	return 0;
}

static const char *const replies_map[] = { "replies4", "replies6" };

/* The replies of servers, found by the address that they speak as. */
static void want_replies_of(const struct pool *pool, const struct config_listen *listen)
{
	const struct ip_address *address = listen_address(pool->world, listen, pool->f);
	struct nft_key key = { 0 };

	if (listen->mark || !ip_is_set(address) || family_index(address->family) != pool->f)
		return;
	if (pool->service->kind == SERVICE_IPSEC)
		want_ipsec_replies(pool, address);
	if (!listen->port)
		return;
	nft_key_address(&key, address);
	nft_key_u8(&key, listen->protocol);
	nft_key_port(&key, listen->port);
	want_verdict(pool->objects, replies_map[pool->f], &key, "reply%c", pool_digit(pool));
}

static int want_servers(const struct pool *pool)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < pool->service->servers.n; i++)
		if (pool_has(pool, i))
			r = want_server(pool, i);
	return r;
}

/* Lines whose requests see other servers are known by their interface here. */
static int want_lines(const struct pool *pool, const char *chain)
{
	const struct world *world = pool->world;
	int r = 0;

	for (int line = 0; r == 0 && line < (int)world->config->uplinks.n; line++) {
		struct pool_name name = pool_chain(pool, line);

		if (!service_differs(pool->service, line) || !world->lines[line].link)
			continue;
		want_chain(pool->objects, name.text, NULL);
		want_nft(pool->objects, chain, "iif %d goto %s", world->lines[line].link,
			 name.text);
		r = want_picks(pool, name.text, line);
	}
	return r;
}

static int want_chains(const struct pool *pool, const char *chain)
{
	bool ipsec = pool->service->kind == SERVICE_IPSEC;
	struct pool_name fresh = pool_name(pool, "fresh"); /* clients that are not known */
	int r;

	want_chain(pool->objects, chain, NULL);
	r = want_servers(pool);
	if (ipsec)
		ipsec_direct_intent(pool, chain, fresh.text);
	else if (!pool->service->one_packet)
		want_tracked(pool, chain);
	chain = ipsec ? fresh.text : chain;
	want_chain(pool->objects, chain, NULL);
	want_limits(pool, chain);
	want_memory(pool);
	r = r < 0 ? r : want_lines(pool, chain);
	return r < 0 ? r : want_picks(pool, chain, NO_LINE);
}

void direct_intent(const struct pool *from)
{
	struct pool pool = *from;
	struct pool_name chain = pool_chain(&pool, NO_LINE);
	bool reached = false;

	pool.direct = true;
	if (pool.world->facts->lacks_fwd)
		return;
	want_table(pool.objects, NFT_NETDEV);
	for (size_t i = 0; i < pool.service->listens.n; i++) {
		reached = want_listen(&pool, &pool.service->listens.v[i], chain.text) || reached;
		want_replies_of(&pool, &pool.service->listens.v[i]);
	}
	if (reached)
		objects_fail(pool.objects, want_chains(&pool, chain.text));
	want_table(pool.objects, NFT_INET);
}
