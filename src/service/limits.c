/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many connections a service takes. What comes too fast is dropped, because its client will try
 * again; what is too much is refused, because it would not help.
 */
#include "service/parts.h"

#include <stdio.h>

static uint32_t burst_of(uint32_t burst, uint32_t rate)
{
	return burst ? burst : rate;
}

static void want_clients(const struct pool *pool, const char *set, unsigned nature)
{
	want_set(pool->objects, set, pool->f == FAMILY_V6 ? "ipv6_addr" : "ipv4_addr", NULL,
		 NFT_SET_IS_DYNAMIC | nature);
}

static void want_client_limits(const struct pool *pool, const char *chain)
{
	const struct config_limits *limits = &pool->service->limits;
	struct pool_name rates = pool_name(pool, "rate"), counts = pool_name(pool, "count");

	if (limits->client_rate) {
		want_clients(pool, rates.text, 0);
		want_nft(
			pool->objects, chain,
			"update @%s { %s saddr timeout 1m limit rate over %u/second burst %u packets } "
			"drop",
			rates.text, pool_ip(pool), limits->client_rate,
			burst_of(limits->client_burst, limits->client_rate));
	}
	if (limits->client_connections) {
		want_clients(pool, counts.text, NFT_SET_IS_COUNTED);
		want_nft(pool->objects, chain, "add @%s { %s saddr ct count over %u } goto refuse",
			 counts.text, pool_ip(pool), limits->client_connections);
	}
}

void want_limits(const struct pool *pool, const char *chain)
{
	const struct config_limits *limits = &pool->service->limits;

	if (limits->rate)
		want_nft(pool->objects, chain, "limit rate over %u/second burst %u packets drop",
			 limits->rate, burst_of(limits->burst, limits->rate));
	want_client_limits(pool, chain);
	if (limits->connections)
		want_nft(pool->objects, chain, "ct count over %u goto refuse", limits->connections);
}

void limits_intent(const struct world *world, struct objects *objects)
{
	bool refused = any_direct(world);

	array_foreach(&world->config->services, service)
		refused = refused || service->limits.connections ||
			  service->limits.client_connections;
	if (!refused)
		return;
	want_chain(objects, "refuse", NULL);
	want_nft(objects, "refuse", "reject with tcp reset");
	want_nft(objects, "refuse", "reject with icmpx port-unreachable");
}
