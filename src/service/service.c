/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From virtual services to maps. All services share `services4`/`services6` (destination to chain)
 * and `slots4/N`/`slots6/N` (pick to real server), because a few big maps load a hundred times
 * faster than sets for every service.
 *
 * A chain serves the listens of one port, or of all ports when every server has one of its own:
 * the ring names the servers' ports, so listens that lead to different ones cannot share it.
 */
#include "service/service.h"

#include "base/hash.h"
#include "sched/ring.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* One ring: the servers of one family, for listens on `port` (0: for all of them). */
struct pool {
	const struct config_service *service;
	const struct service_state *state;
	enum family_index f;
	uint16_t port;
	char chain[80];
	bool tcp, udp;
};

static const char *const services_map[] = { "services4", "services6" };
static const char *const vips_set[] = { "vips4", "vips6" };
static const char *const hairpin_set[] = { "hairpin4", "hairpin6" };

static bool servers_have_ports(const struct config_service *service)
{
	for (size_t i = 0; i < service->servers.n; i++)
		if (!service->servers.v[i].port)
			return false;
	return true;
}

static int pool_ring(const struct pool *pool, struct ring *ret)
{
	size_t n = pool->service->servers.n;
	_cleanup_free_ struct target *targets = calloc(n + 1, sizeof(*targets));

	if (!targets)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct server_state *state = &pool->state->servers[i];
		uint8_t family = pool->service->servers.v[i].address.family;

		targets[i] = (struct target){
			.weight = state->weight,
			.active = state->active,
			.inactive = state->inactive,
			.usable = family_index(family) == pool->f,
		};
	}
	return ring_make(pool->service->scheduler, targets, n, ret);
}

/*
 * Binding a rule to a map makes the kernel walk the map's elements (nf_tables_bind_set), so that
 * one map for all services would cost the square of their number. This many slots share one.
 */
enum {
	SLOTS_OF_MAP = 1024
};

struct map_name {
	char text[24];
};

static struct map_name slots_map(enum family_index f, uint32_t first)
{
	struct map_name name;

	snprintf(name.text, sizeof(name.text), "slots%c/%" PRIu32, f == FAMILY_V6 ? '6' : '4',
		 first / SLOTS_OF_MAP);
	return name;
}

static void want_slots(const struct pool *pool, const struct ring *ring, uint32_t first,
		       struct objects *objects)
{
	struct map_name map = slots_map(pool->f, first);

	want_set(objects, map.text, "numgen",
		 pool->f == FAMILY_V6 ? "ipv6_addr . inet_service" : "ipv4_addr . inet_service", 0);
	for (size_t i = 0; i < ring->picks.n; i++) {
		const struct config_server *server = &pool->service->servers.v[ring->picks.v[i]];
		struct nft_key key = { 0 }, data = { 0 };

		nft_key_u32(&key, first + (uint32_t)i);
		nft_key_address(&data, &server->address);
		nft_key_port(&data, server->port ? server->port : pool->port);
		want_mapped(objects, map.text, &key, &data);
	}
}

static void want_dnat(const struct pool *pool, const struct ring *ring, uint32_t first,
		      const char *protocol, struct objects *objects)
{
	uint64_t salt =
		hash_bytes(HASH_START, ring->picks.v, ring->picks.n * sizeof(*ring->picks.v));

	want_nft_salted(objects, pool->chain, salt,
			"meta l4proto %s dnat %s to numgen inc mod %zu offset %" PRIu32 " map @%s",
			protocol, pool->f == FAMILY_V6 ? "ip6" : "ip", ring->picks.n, first,
			slots_map(pool->f, first).text);
}

/*
 * Says at once that there is no server to take a connection, as IPVS does; to TCP by a reset, whose
 * source is the service. An ICMP error for IPv4 has an address of the best line and may be lost.
 */
static void want_refusal(const struct pool *pool, struct objects *objects)
{
	if (pool->tcp)
		want_nft(objects, pool->chain, "reject with tcp reset");
	if (pool->udp)
		want_nft(objects, pool->chain, "reject with icmpx port-unreachable");
}

static int want_picks(const struct pool *pool, struct slots *slots, struct objects *objects)
{
	struct ring ring = { 0 };
	char name[96];
	uint32_t first = 0;
	int r = pool_ring(pool, &ring);

	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%s/%c", pool->chain, pool->f == FAMILY_V6 ? '6' : '4');
	if (ring.picks.n == 0)
		want_refusal(pool, objects);
	else
		r = slots_take(slots, name, (uint32_t)ring.picks.n, &first);
	if (ring.picks.n && r == 0) {
		want_slots(pool, &ring, first, objects);
		if (pool->tcp)
			want_dnat(pool, &ring, first, "tcp", objects);
		if (pool->udp)
			want_dnat(pool, &ring, first, "udp", objects);
	}
	ring_done(&ring);
	return r;
}

static void want_listen(const struct pool *pool, const struct config_listen *listen,
			const struct ip_address *address, struct objects *objects)
{
	struct nft_key key = { 0 }, vip = { 0 };

	nft_key_address(&key, address);
	nft_key_u8(&key, listen->protocol);
	nft_key_port(&key, listen->port);
	want_verdict(objects, services_map[pool->f], &key, "%s", pool->chain);
	if (listen->uplink < 0) {
		nft_key_address(&vip, address);
		want_member(objects, vips_set[pool->f], &vip);
	}
}

static const struct ip_address *
listen_address(const struct world *world, const struct config_listen *listen, enum family_index f)
{
	if (listen->uplink >= 0)
		return &world->lines[listen->uplink].family[f].address;
	return &listen->address;
}

static bool has_family(const struct config_service *service, enum family_index f)
{
	for (size_t i = 0; i < service->servers.n; i++)
		if (family_index(service->servers.v[i].address.family) == f)
			return true;
	return false;
}

/* The chain of one ring with all that leads there; nothing when no listen has an address now. */
static int pool_intent(const struct world *world, struct pool *pool, struct slots *slots,
		       struct objects *objects)
{
	for (size_t i = 0; i < pool->service->listens.n; i++) {
		const struct config_listen *listen = &pool->service->listens.v[i];
		const struct ip_address *address = listen_address(world, listen, pool->f);

		if ((pool->port && listen->port != pool->port) || !ip_is_set(address) ||
		    family_index(address->family) != pool->f)
			continue;
		pool->tcp = pool->tcp || listen->protocol == IPPROTO_TCP;
		pool->udp = pool->udp || listen->protocol == IPPROTO_UDP;
		want_listen(pool, listen, address, objects);
	}
	if (!pool->tcp && !pool->udp)
		return 0;
	want_chain(objects, pool->chain, NULL);
	if (pool->tcp)
		want_nft(objects, pool->chain, "tcp flags & 0x17 != 0x02 reject with tcp reset");
	return want_picks(pool, slots, objects);
}

/* True for the first listen of its port, so that every port gets one chain. */
static bool is_first_of_port(const struct config_service *service, size_t listen)
{
	for (size_t i = 0; i < listen; i++)
		if (service->listens.v[i].port == service->listens.v[listen].port)
			return false;
	return true;
}

static void want_service(const struct world *world, size_t index, enum family_index f,
			 struct slots *slots, struct objects *objects)
{
	const struct config_service *service = &world->config->services.v[index];
	struct pool pool = { .service = service, .state = &world->services[index], .f = f };
	char family = f == FAMILY_V6 ? '6' : '4';

	if (!has_family(service, f))
		return;
	if (servers_have_ports(service)) {
		snprintf(pool.chain, sizeof(pool.chain), "service/%s/%c", service->name, family);
		objects_fail(objects, pool_intent(world, &pool, slots, objects));
		return;
	}
	for (size_t i = 0; i < service->listens.n; i++) {
		if (!is_first_of_port(service, i))
			continue;
		pool.port = service->listens.v[i].port;
		pool.tcp = pool.udp = false;
		snprintf(pool.chain, sizeof(pool.chain), "service/%s/%c/%u", service->name, family,
			 pool.port);
		objects_fail(objects, pool_intent(world, &pool, slots, objects));
	}
}

static void want_hairpin(const struct ip_prefix *net, struct objects *objects)
{
	struct ip_address end = ip_last(net);
	struct nft_key first = { 0 }, last = { 0 };

	nft_key_address(&first, &net->address);
	nft_key_address(&first, &net->address);
	nft_key_address(&last, &end);
	nft_key_address(&last, &end);
	want_range(objects, hairpin_set[family_index(net->address.family)], &first, &last);
}

/* Nets with both servers and clients: replies must pass through us, so clients hide behind us. */
static void want_hairpins(const struct world *world, struct objects *objects)
{
	ARRAY(struct ip_prefix) nets = { 0 };

	array_foreach(&world->facts->addresses, address) {
		struct ip_prefix net = ip_network(&address->prefix);

		if (address->usable && !address->host_scope && world_has_server(world, &net))
			objects_fail(objects, array_push(&nets, net));
	}
	for (size_t i = 0; i < nets.n; i++)
		if (!ip_is_covered(nets.v, nets.n, i))
			want_hairpin(&nets.v[i], objects);
	array_done(&nets);
}

static void want_hook(const char *chain, const char *hook, struct objects *objects)
{
	want_chain(objects, chain, hook);
	want_nft(objects, chain, "ip daddr . meta l4proto . th dport vmap @services4");
	want_nft(objects, chain, "ip6 daddr . meta l4proto . th dport vmap @services6");
}

void service_intent(const struct world *world, struct slots *slots, struct objects *objects)
{
	want_set(objects, "services4", "ipv4_addr . inet_proto . inet_service", "verdict", 0);
	want_set(objects, "services6", "ipv6_addr . inet_proto . inet_service", "verdict", 0);
	want_set(objects, "vips4", "ipv4_addr", NULL, 0);
	want_set(objects, "vips6", "ipv6_addr", NULL, 0);
	want_set(objects, "hairpin4", "ipv4_addr . ipv4_addr", NULL, NFT_SET_IS_INTERVAL);
	want_set(objects, "hairpin6", "ipv6_addr . ipv6_addr", NULL, NFT_SET_IS_INTERVAL);
	want_hook("serve", "type nat hook prerouting priority -100", objects);
	want_hook("serve_out", "type nat hook output priority -100", objects);
	want_hairpins(world, objects);
	for (size_t i = 0; i < world->config->services.n; i++)
		for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
			want_service(world, i, f, slots, objects);
}
