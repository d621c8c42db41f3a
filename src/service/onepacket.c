/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One-packet scheduling: every datagram gets a server of its own, before connection tracking, which
 * does not see it. So there is nothing that knows the answers but this: they come from the address
 * and port of such a server, and are made to speak as the service again. Their mark comes before
 * the routing; the address itself only behind it, because it may well be the box's own, and from
 * that nothing comes in. So they pass the same chains twice, the second time untracked.
 *
 * As which of several listens, and by which line, is remembered for each client in a map of the
 * listen, where one listen alone does not tell. A datagram without such a memory speaks as the
 * first listen: it is an old answer, or a server that begins to talk by itself; or it belongs to
 * connection tracking, when a service that is tracked has the same server.
 *
 * The box's own datagrams, listens on a mark and on every port of an address are left to nat.c: of
 * those, the answers could not be told apart.
 */
#include "service/parts.h"

#include "service/judge.h"

#include <netinet/in.h>
#include <stdio.h>

#define STAGE "packet_"

enum {
	ANSWER_SECONDS = 10 /* that a line is remembered for an answer */
};

static const char *const answers_map[] = { "answers4", "answers6" };
static const char *const voices_map[] = { "voices4", "voices6" };

static bool any_one_packet(const struct world *world)
{
	array_foreach(&world->config->services, service)
		if (service->one_packet)
			return true;
	return false;
}

/* The mark of the line that a datagram came by; without its bits, if by none. */
static void want_asker(const struct world *world, struct objects *objects)
{
	uint32_t keep = ~world->config->gateway.mark_mask;

	want_chain(objects, "asker", NULL);
	want_nft(objects, "asker", "meta mark set meta mark & 0x%08x", keep);
	for (size_t i = 0; i < world->config->uplinks.n; i++)
		want_nft(objects, "asker",
			 "iifname \"%s\" meta mark set meta mark & 0x%08x | 0x%08x",
			 world->lines[i].config->interface, keep,
			 line_mark(world, &world->lines[i]));
}

void one_packet_frame(const struct world *world, struct objects *objects)
{
	if (!any_one_packet(world))
		return;
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		const char *key = f == FAMILY_V6 ? "ipv6_addr . inet_proto . inet_service"
						 : "ipv4_addr . inet_proto . inet_service";

		want_set(objects, answers_map[f], key, "verdict", 0);
		want_set(objects, voices_map[f], key, "verdict", 0);
	}
	want_dispatch_maps(world, STAGE, objects);
	want_asker(world, objects);
	want_chain(objects, "answers", NULL);
	want_nft(objects, "answers", "ip saddr . meta l4proto . th sport vmap @answers4");
	want_nft(objects, "answers", "ip6 saddr . meta l4proto . th sport vmap @answers6");
	want_chain(objects, "spoken", NULL);
	want_nft(objects, "spoken", "jump answers");
	want_nft(objects, "spoken", "ip saddr . meta l4proto . th sport vmap @voices4");
	want_nft(objects, "spoken", "ip6 saddr . meta l4proto . th sport vmap @voices6");
	want_chain(objects, "packets", "type filter hook prerouting priority -300");
	want_dispatch(world, "packets", STAGE, objects);
	want_nft(objects, "packets", "ip daddr @alive4 accept");
	want_nft(objects, "packets", "ip6 daddr @alive6 accept");
	want_nft(objects, "packets", "goto spoken");
	want_chain(objects, "speak", "type filter hook postrouting priority -150");
	want_nft(objects, "speak", "ct state untracked goto spoken");
}

/* The datagrams to this listen are scheduled here. */
static bool is_taken(const struct pool *pool, size_t listen)
{
	const struct config_listen *config = &pool->service->listens.v[listen];
	const struct ip_address *address = listen_address(pool->world, config, pool->f);

	return !config->mark && config->port && config->protocol == IPPROTO_UDP &&
	       ip_is_set(address) && family_index(address->family) == pool->f;
}

static uint16_t port_at(const struct pool *pool, size_t server, size_t listen)
{
	uint16_t port = pool->service->servers.v[server].port;

	return port ? port : pool->service->listens.v[listen].port;
}

/* An earlier service has that server, so that one of its listens may be the one that was asked. */
static bool is_shared(const struct pool *pool, size_t server, size_t listen)
{
	const struct ip_address *address = &pool->service->servers.v[server].address;
	struct pool other = *pool;

	for (other.index = 0; other.index < pool->index; other.index++) {
		other.service = &pool->world->config->services.v[other.index];
		for (size_t i = 0; other.service->one_packet && i < other.service->servers.n; i++)
			for (size_t j = 0; j < other.service->listens.n; j++)
				if (is_taken(&other, j) &&
				    ip_equal(&other.service->servers.v[i].address, address) &&
				    port_at(&other, i, j) == port_at(pool, server, listen))
					return true;
	}
	return false;
}

/* Datagrams to this listen reach their server through connection tracking. */
static bool is_tracked_at(const struct pool *pool, size_t listen)
{
	const struct config_listen *config = &pool->service->listens.v[listen];
	const struct ip_address *address = listen_address(pool->world, config, pool->f);

	if (pool->service->one_packet && is_taken(pool, listen))
		return false;
	if (config->mark)
		return family_index(config->family) == pool->f;
	return config->protocol == IPPROTO_UDP && ip_is_set(address) &&
	       family_index(address->family) == pool->f;
}

/* A tracked service has that server, so that what it says may be the answer to that one. */
static bool is_tracked(const struct pool *pool, size_t server, size_t listen)
{
	const struct ip_address *address = &pool->service->servers.v[server].address;
	struct pool other = *pool;

	for (other.index = 0; other.index < pool->world->config->services.n; other.index++) {
		other.service = &pool->world->config->services.v[other.index];
		for (size_t i = 0; i < other.service->servers.n; i++)
			for (size_t j = 0;
			     ip_equal(&other.service->servers.v[i].address, address) &&
			     j < other.service->listens.n;
			     j++) {
				uint16_t port = port_at(&other, i, j);

				if ((!port || port == port_at(pool, server, listen)) &&
				    is_tracked_at(&other, j))
					return true;
			}
	}
	return false;
}

/* Its listen, or the line of a listen on an address of the box's own, is not known beforehand. */
static bool remembers(const struct pool *pool, size_t listen)
{
	size_t taken = 0, same = 0;

	for (size_t i = 0; i < pool->service->listens.n; i++)
		taken += is_taken(pool, i);
	for (size_t i = 0; i < pool->service->servers.n; i++)
		same += pool_has(pool, i) &&
			(is_shared(pool, i, listen) || is_tracked(pool, i, listen));
	return taken > 1 || same ||
	       (pool->service->listens.v[listen].uplink < 0 && pool->world->config->uplinks.n > 0);
}

static struct pool_name of_listen(const struct pool *pool, const char *prefix, size_t listen)
{
	struct pool_name name;

	snprintf(name.text, sizeof(name.text), "%s/%s/%c/%zu", prefix, pool->service->name,
		 pool_digit(pool), listen);
	return name;
}

/* The client has changed over from another listen. */
static void want_changed(const struct pool *pool, const char *chain, size_t listen)
{
	for (size_t i = 0; i < pool->service->listens.n; i++)
		if (i != listen && is_taken(pool, i))
			want_nft(pool->objects, chain,
				 "delete @%s { %s saddr . udp sport : meta mark }",
				 of_listen(pool, "asked", i).text, pool_ip(pool));
}

static void want_asked(const struct pool *pool, size_t listen)
{
	struct pool_name name = of_listen(pool, "asked", listen);

	want_listen(pool, &pool->service->listens.v[listen], name.text);
	want_chain(pool->objects, name.text, NULL);
	want_left(pool, name.text);
	if (remembers(pool, listen)) {
		want_set(pool->objects, name.text,
			 pool->f == FAMILY_V6 ? "ipv6_addr . inet_service"
					      : "ipv4_addr . inet_service",
			 "mark", NFT_SET_IS_DYNAMIC);
		want_changed(pool, name.text, listen);
		want_nft(pool->objects, name.text, "jump asker");
		want_nft(pool->objects, name.text,
			 "update @%s { %s saddr . udp sport timeout %us : meta mark }", name.text,
			 pool_ip(pool), ANSWER_SECONDS);
	}
	want_nft(pool->objects, name.text, "goto %s", pool_chain(pool, NO_LINE).text);
}

/* The answer's line: that of the listen, or what is remembered, unless it is lost by now. */
static void want_way_back(const struct pool *pool, const char *chain, size_t listen)
{
	const struct world *world = pool->world;
	uint32_t mask = world->config->gateway.mark_mask;
	int own = pool->service->listens.v[listen].uplink;

	if (own >= 0)
		want_nft(pool->objects, chain, "meta mark set meta mark & 0x%08x | 0x%08x", ~mask,
			 line_mark(world, &world->lines[own]));
	for (size_t i = 0; i < world->config->uplinks.n; i++)
		if (!world->lines[i].family[pool->f].carries)
			want_nft(pool->objects, chain,
				 "meta mark & 0x%08x == 0x%08x meta mark set meta mark & 0x%08x",
				 mask, line_mark(world, &world->lines[i]), ~mask);
}

static void want_voice(const struct pool *pool, size_t listen)
{
	const struct config_listen *config = &pool->service->listens.v[listen];
	struct pool_name chain = of_listen(pool, "voice", listen);

	want_chain(pool->objects, chain.text, NULL);
	want_nft(pool->objects, chain.text,
		 "ct state untracked udp sport set %u %s saddr set %s accept", config->port,
		 pool_ip(pool), ip_text(listen_address(pool->world, config, pool->f)).text);
	want_way_back(pool, chain.text, listen);
	want_nft(pool->objects, chain.text, "notrack accept");
}

static void want_answers(const struct pool *pool, size_t server, size_t listen)
{
	const struct config_server *config = &pool->service->servers.v[server];
	uint16_t port = port_at(pool, server, listen);
	struct nft_key key = { 0 };
	char chain[96];

	nft_key_address(&key, &config->address);
	nft_key_u8(&key, IPPROTO_UDP);
	nft_key_port(&key, port);
	snprintf(chain, sizeof(chain), "answer/%s/%u", pool_address(&config->address).text, port);
	if (remembers(pool, listen)) {
		want_verdict(pool->objects, answers_map[pool->f], &key, "%s", chain);
		want_chain(pool->objects, chain, NULL);
		want_nft(pool->objects, chain, "meta mark set %s daddr . udp dport map @%s goto %s",
			 pool_ip(pool), of_listen(pool, "asked", listen).text,
			 of_listen(pool, "voice", listen).text);
	}
	for (size_t i = 0; i < listen; i++)
		if (is_taken(pool, i) && port_at(pool, server, i) == port)
			return;
	if (!is_shared(pool, server, listen) && !is_tracked(pool, server, listen))
		want_verdict(pool->objects, voices_map[pool->f], &key, "%s",
			     of_listen(pool, "voice", listen).text);
}

static void want_rewrite(const struct pool *pool, const char *chain, size_t server)
{
	const struct config_server *config = &pool->service->servers.v[server];
	const struct line *line = server_line(pool->world, config);
	uint32_t keep = ~pool->world->config->gateway.mark_mask;

	want_nft(pool->objects, chain, "meta mark set meta mark & 0x%08x | 0x%08x", keep,
		 line ? line_mark(pool->world, line) : 0);
	want_nft(pool->objects, chain, "notrack");
	if (config->port)
		want_nft(pool->objects, chain, "udp dport set %u", config->port);
	want_nft(pool->objects, chain, "%s daddr set %s accept", pool_ip(pool),
		 ip_text(&config->address).text);
}

/* A server on the box itself answers where no hook could change its words: it is left to nat.c. */
static void want_server(const struct pool *pool, size_t server)
{
	struct pool_name chain = pool_target(pool, server);

	want_chain(pool->objects, chain.text, NULL);
	want_remember(pool, chain.text, server);
	if (pool->service->servers.v[server].method == METHOD_LOCAL) {
		want_nft(pool->objects, chain.text,
			 "meta mark set meta mark & 0x%08x | 0x%08x accept",
			 ~pool->world->config->gateway.mark_mask, left_mark(pool->world, server));
		return;
	}
	want_rewrite(pool, chain.text, server);
	for (size_t i = 0; i < pool->service->listens.n; i++)
		if (is_taken(pool, i))
			want_answers(pool, server, i);
}

/* Lines whose requests see other servers are known by their interface here. */
static int want_lines(const struct pool *pool, const char *chain)
{
	int r = 0;

	for (int line = 0; r == 0 && line < (int)pool->world->config->uplinks.n; line++) {
		struct pool_name name = pool_chain(pool, line);

		if (!service_differs(pool->service, line))
			continue;
		want_chain(pool->objects, name.text, NULL);
		want_nft(pool->objects, chain, "iifname \"%s\" goto %s",
			 pool->world->lines[line].config->interface, name.text);
		r = want_picks(pool, name.text, line);
	}
	return r;
}

void one_packet_intent(const struct pool *from)
{
	struct pool pool = *from;
	struct pool_name chain;
	bool reached = false;
	int r;

	pool.stage = STAGE;
	chain = pool_chain(&pool, NO_LINE);
	for (size_t i = 0; i < pool.service->listens.n; i++) {
		if (!is_taken(&pool, i))
			continue;
		reached = true;
		want_asked(&pool, i);
		want_voice(&pool, i);
	}
	if (!reached)
		return;
	want_chain(pool.objects, chain.text, NULL);
	want_limits(&pool, chain.text);
	for (size_t i = 0; i < pool.service->servers.n; i++)
		if (pool_has(&pool, i))
			want_server(&pool, i);
	r = want_lines(&pool, chain.text);
	objects_fail(pool.objects, r < 0 ? r : want_picks(&pool, chain.text, NO_LINE));
}
