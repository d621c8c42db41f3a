/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPsec services by NAT. The key exchange (UDP 500, and 4500 behind NAT) is what is scheduled; ESP
 * and AH have no ports to go by and follow their client. Each server has two sets of clients:
 * half/... of those who have begun, full/... of those whose server has answered. Both forget a
 * client who is idle, the first soon.
 *
 * The nat hook sees the first packet of a connection only, so the clients are renewed where all
 * forwarded packets pass. There also ends what conntrack remembers longer than we do.
 */
#include "service/parts.h"

#include "base/time.h"

#include <netinet/in.h>
#include <stdio.h>

static const char *const tunnels_map[] = { "tunnels4", "tunnels6" };

/* What cannot be delivered, because nobody has an association for it. */
static const char *reject_text(const struct pool *pool)
{
	return pool->f == FAMILY_V6 ? "reject with icmpv6 port-unreachable"
				    : "reject with icmp prot-unreachable";
}

struct pool_name ipsec_chain(const struct pool *pool)
{
	struct pool_name name;

	snprintf(name.text, sizeof(name.text), "%sprotected/%s/%c", pool_stage(pool),
		 pool->service->name, pool_digit(pool));
	return name;
}

static bool any_ipsec(const struct world *world)
{
	array_foreach(&world->config->services, service)
		if (service->kind == SERVICE_IPSEC)
			return true;
	return false;
}

void ipsec_frame(const struct world *world, struct objects *objects)
{
	if (!any_ipsec(world))
		return;
	want_set(objects, "tunnels4", "ipv4_addr", "verdict", 0);
	want_set(objects, "tunnels6", "ipv6_addr", "verdict", 0);
	want_chain(objects, "passing", "type filter hook forward priority 10");
	want_nft(objects, "passing", "ct status dnat ct original ip daddr vmap @tunnels4");
	want_nft(objects, "passing", "ct status dnat ct original ip6 daddr vmap @tunnels6");
}

bool keeps_associations(const struct pool *pool, size_t server)
{
	return pool_is_there(pool, server) || pool->service->keep_on_down;
}

static bool has_clients(const struct pool *pool, size_t server)
{
	return pool_has(pool, server) && keeps_associations(pool, server);
}

static const char *address_type(const struct pool *pool)
{
	return pool->f == FAMILY_V6 ? "ipv6_addr" : "ipv4_addr";
}

static void want_renewal(const struct pool *pool, const char *chain, const char *which,
			 size_t server, const char *match, const char *client, const char *end)
{
	const struct config_service *service = pool->service;
	uint64_t idle_ms = *which == 'f' ? service->ipsec.full_ms : service->ipsec.half_ms;

	want_nft(pool->objects, chain, "%s update @%s { %s %s timeout %s } %s", match,
		 pool_server(pool, which, server).text, pool_ip(pool), client,
		 duration_text(idle_ms).text, end);
}

void want_initiator(const struct pool *pool, const char *chain, size_t server)
{
	if (pool->service->kind == SERVICE_IPSEC && has_clients(pool, server))
		want_renewal(pool, chain, "half", server, "meta l4proto udp", "saddr", "");
}

void want_associates(const struct pool *pool, const char *chain, const struct target *targets)
{
	static const char *const sets[] = { "full", "half" };
	size_t n = pool->service->kind == SERVICE_IPSEC ? pool->service->servers.n : 0;

	for (size_t s = 0; s < 2; s++)
		for (size_t i = 0; i < n; i++)
			if (targets[i].usable && has_clients(pool, i))
				want_nft(pool->objects, chain, "%s saddr @%s goto %s",
					 pool_ip(pool), pool_server(pool, sets[s], i).text,
					 pool_target(pool, i).text);
}

/* The server speaks: from the ports of the key exchange, or in packets that it protects. */
static void want_answered(const struct pool *pool, const char *chain, size_t server)
{
	char match[200];

	want_chain(pool->objects, chain, NULL);
	want_renewal(pool, chain, "full", server, "udp sport 500", "daddr", "");
	want_renewal(pool, chain, "full", server, "udp sport 4500", "daddr", "");
	for (size_t i = 0; i < 2; i++) {
		snprintf(match, sizeof(match), "meta l4proto %s %s daddr @%s", i ? "ah" : "esp",
			 pool_ip(pool), pool_server(pool, "full", server).text);
		want_renewal(pool, chain, "full", server, match, "daddr", "");
	}
}

/* What a client sends that is known; if not, a key exchange begins anew, and the rest is stale. */
static void want_asked(const struct pool *pool, const char *chain, size_t server)
{
	struct pool_name full = pool_server(pool, "full", server);
	char match[200];

	want_chain(pool->objects, chain, NULL);
	snprintf(match, sizeof(match), "%s saddr @%s", pool_ip(pool), full.text);
	want_renewal(pool, chain, "full", server, match, "saddr", "return");
	want_renewal(pool, chain, "half", server, "meta l4proto udp", "saddr", "return");
	want_nft(pool->objects, chain, "%s saddr @%s return", pool_ip(pool),
		 pool_server(pool, "half", server).text);
	want_nft(pool->objects, chain, "%s", reject_text(pool));
}

static void want_passing(const struct pool *pool, size_t server)
{
	struct pool_name chain = pool_server(pool, "passing", server),
			 asked = pool_server(pool, "asking", server),
			 answered = pool_server(pool, "answering", server);
	static const char *const matches[] = { "udp dport 500", "udp dport 4500",
					       "meta l4proto esp", "meta l4proto ah" };

	want_nft(pool->objects, pool_name(pool, "passing").text, "ct reply %s saddr == %s goto %s",
		 pool_ip(pool), ip_text(&pool->service->servers.v[server].address).text,
		 chain.text);
	want_chain(pool->objects, chain.text, NULL);
	want_nft(pool->objects, chain.text, "ct direction reply goto %s", answered.text);
	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++)
		want_nft(pool->objects, chain.text, "%s goto %s", matches[i], asked.text);
	want_answered(pool, answered.text, server);
	want_asked(pool, asked.text, server);
}

static void want_clients(const struct pool *pool, size_t server)
{
	want_set(pool->objects, pool_server(pool, "half", server).text, address_type(pool), NULL,
		 NFT_SET_IS_DYNAMIC);
	want_set(pool->objects, pool_server(pool, "full", server).text, address_type(pool), NULL,
		 NFT_SET_IS_DYNAMIC);
	want_passing(pool, server);
}

/* ESP and AH whose connection is new. */
static int want_protected(const struct pool *pool)
{
	struct pool_name chain = ipsec_chain(pool);
	struct target *targets;
	int r = pool_targets(pool, NO_LINE, &targets);

	if (r < 0)
		return r;
	want_chain(pool->objects, chain.text, NULL);
	if (service_is_direct(pool->service))
		want_nft(pool->objects, chain.text, "meta mark & 0x%08x == 0x%08x %s",
			 pool->world->config->gateway.mark_mask, refused_mark(pool->world),
			 reject_text(pool));
	want_left(pool, chain.text);
	want_associates(pool, chain.text, targets);
	want_nft(pool->objects, chain.text, "%s", reject_text(pool));
	free(targets);
	return 0;
}

void ipsec_intent(const struct pool *pool)
{
	if (pool->service->kind != SERVICE_IPSEC)
		return;
	want_chain(pool->objects, pool_name(pool, "passing").text, NULL);
	for (size_t i = 0; i < pool->service->listens.n; i++) {
		const struct ip_address *address =
			listen_address(pool->world, &pool->service->listens.v[i], pool->f);
		struct nft_key key = { 0 };

		if (!ip_is_set(address) || family_index(address->family) != pool->f)
			continue;
		nft_key_address(&key, address);
		want_verdict(pool->objects, tunnels_map[pool->f], &key, "%s",
			     pool_name(pool, "passing").text);
	}
	for (size_t i = 0; i < pool->service->servers.n; i++)
		if (has_clients(pool, i))
			want_clients(pool, i);
	objects_fail(pool->objects, want_protected(pool));
}
