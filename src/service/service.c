/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From virtual services to chains. All services share the maps that find the service of a packet,
 * because a few big maps load a hundred times faster than sets for every service: first by firewall
 * mark, as IPVS does, then by address, protocol and port, then by address and protocol.
 */
#include "service/service.h"

#include "service/judge.h"
#include "service/parts.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

struct map_name {
	char text[32];
};

static struct map_name map_of(const struct pool *pool, const char *what)
{
	struct map_name name;

	snprintf(name.text, sizeof(name.text), "%s%s%c", pool_stage(pool), what, pool_digit(pool));
	return name;
}

static const char *const vips_set[] = { "vips4", "vips6" };

/* Some listen is a mark, or every port of an address. */
struct listens_of {
	bool marks, whole;
};

static struct listens_of look_at_listens(const struct world *world)
{
	struct listens_of found = { 0 };

	array_foreach(&world->config->services, service)
		for (size_t i = 0; i < service->listens.n; i++) {
			const struct config_listen *listen = &service->listens.v[i];

			found.marks = found.marks || listen->mark;
			found.whole = found.whole || (!listen->mark && !listen->port);
		}
	return found;
}

const struct ip_address *listen_address(const struct world *world,
					const struct config_listen *listen, enum family_index f)
{
	if (listen->uplink >= 0)
		return &world->lines[listen->uplink].family[f].address;
	return &listen->address;
}

static void want_vip(const struct pool *pool, const struct config_listen *listen,
		     const struct ip_address *address)
{
	struct nft_key vip = { 0 };

	nft_key_address(&vip, address);
	if (listen->uplink < 0 || pool->direct)
		want_member(pool->objects, vips_set[pool->f], &vip);
}

static void want_whole(const struct pool *pool, const struct ip_address *address, uint8_t protocol,
		       const char *chain)
{
	struct nft_key key = { 0 };

	nft_key_address(&key, address);
	nft_key_u8(&key, protocol);
	want_verdict(pool->objects, map_of(pool, "whole").text, &key, "%s", chain);
}

static void want_port(const struct pool *pool, const struct ip_address *address, uint8_t protocol,
		      uint16_t port, const char *chain)
{
	struct nft_key key = { 0 };

	nft_key_address(&key, address);
	nft_key_u8(&key, protocol);
	nft_key_port(&key, port);
	want_verdict(pool->objects, map_of(pool, "services").text, &key, "%s", chain);
}

/* The key exchange decides; what it protects follows it. */
static void want_ipsec(const struct pool *pool, const struct ip_address *address, const char *chain)
{
	struct pool_name protected = ipsec_chain(pool);

	want_port(pool, address, IPPROTO_UDP, IKE_PORT, chain);
	want_port(pool, address, IPPROTO_UDP, IKE_NAT_PORT, chain);
	want_whole(pool, address, IPPROTO_ESP, protected.text);
	want_whole(pool, address, IPPROTO_AH, protected.text);
}

bool want_listen(const struct pool *pool, const struct config_listen *listen, const char *chain)
{
	const struct ip_address *address = listen_address(pool->world, listen, pool->f);
	struct nft_key key = { 0 };

	if (listen->mark) {
		nft_key_u32(&key, listen->mark);
		if (family_index(listen->family) == pool->f)
			want_verdict(pool->objects, map_of(pool, "marks").text, &key, "%s", chain);
		return family_index(listen->family) == pool->f;
	}
	if (!ip_is_set(address) || family_index(address->family) != pool->f)
		return false;
	want_vip(pool, listen, address);
	if (pool->service->kind == SERVICE_IPSEC)
		want_ipsec(pool, address, chain);
	else if (!listen->port)
		want_whole(pool, address, listen->protocol, chain);
	else
		want_port(pool, address, listen->protocol, listen->port, chain);
	return true;
}

static void want_dispatch_map(const char *stage, const char *name, const char *key,
			      struct objects *objects)
{
	char map[32];

	snprintf(map, sizeof(map), "%s%s", stage, name);
	want_set(objects, map, key, "verdict", 0);
}

void want_dispatch_maps(const struct world *world, const char *stage, struct objects *objects)
{
	struct listens_of found = look_at_listens(world);

	want_dispatch_map(stage, "services4", "ipv4_addr . inet_proto . inet_service", objects);
	want_dispatch_map(stage, "services6", "ipv6_addr . inet_proto . inet_service", objects);
	if (found.whole) {
		want_dispatch_map(stage, "whole4", "ipv4_addr . inet_proto", objects);
		want_dispatch_map(stage, "whole6", "ipv6_addr . inet_proto", objects);
	}
	if (found.marks) {
		want_dispatch_map(stage, "marks4", "mark", objects);
		want_dispatch_map(stage, "marks6", "mark", objects);
	}
}

void want_dispatch(const struct world *world, const char *chain, const char *stage,
		   struct objects *objects)
{
	struct listens_of found = look_at_listens(world);
	uint32_t foreign = ~world->config->gateway.mark_mask;

	if (found.marks) {
		const char *family =
			objects->nft_table == NFT_NETDEV ? "meta protocol ip" : "meta nfproto ipv";
		const char *v4 = objects->nft_table == NFT_NETDEV ? "" : "4";

		want_nft(objects, chain, "%s%s meta mark & 0x%08x vmap @%smarks4", family, v4,
			 foreign, stage);
		want_nft(objects, chain, "%s6 meta mark & 0x%08x vmap @%smarks6", family, foreign,
			 stage);
	}
	want_nft(objects, chain, "ip daddr . meta l4proto . th dport vmap @%sservices4", stage);
	want_nft(objects, chain, "ip6 daddr . meta l4proto . th dport vmap @%sservices6", stage);
	if (found.whole) {
		want_nft(objects, chain, "ip daddr . meta l4proto vmap @%swhole4", stage);
		want_nft(objects, chain, "ip6 daddr . meta l4proto vmap @%swhole6", stage);
	}
}

static bool has_odd_server(const struct config_service *service)
{
	for (size_t i = 0; i < service->servers.n; i++) {
		const struct config_server *server = &service->servers.v[i];

		if (server->method != METHOD_NAT || server->via >= 0 || server->uplinks.n ||
		    server->weights.n || server->upper)
			return true;
	}
	return false;
}

static bool has_odd_listen(const struct config_service *service)
{
	for (size_t i = 0; i < service->listens.n; i++) {
		const struct config_listen *listen = &service->listens.v[i];

		if (!listen->port ||
		    (listen->protocol != IPPROTO_TCP && listen->protocol != IPPROTO_UDP))
			return true;
	}
	return false;
}

/*
 * All its connections of a family take their turns from the same counter of the kernel, which is
 * what a ring that follows the load has to know the place of; and there are always turns to take
 * while there is a server (ovf may run out of them).
 */
static bool has_one_counter(const struct config_service *service)
{
	if (service->scheduler == SCHEDULER_LBLC || service->scheduler == SCHEDULER_LBLCR ||
	    service->scheduler == SCHEDULER_OVF)
		return false;
	for (size_t i = 0; i < service->servers.n; i++)
		if (!service->servers.v[i].port)
			return false;
	for (size_t i = 1; i < service->listens.n; i++)
		if (service->listens.v[i].protocol != service->listens.v[0].protocol)
			return false;
	return true;
}

/* Asks for nothing but turns and NAT. */
static bool is_simple(const struct world *world, const struct config_service *service)
{
	static const struct config_limits none;

	if (service_goes_by_load(service)
		    ? !has_one_counter(service)
		    : service->scheduler != SCHEDULER_RR && service->scheduler != SCHEDULER_WRR)
		return false;
	if (service->kind != SERVICE_PORTS || service->persistent_ms || service->one_packet ||
	    service->bypass || memcmp(&service->limits, &none, sizeof(none)) != 0)
		return false;
	for (size_t i = 0; i < service->servers.n; i++)
		if (server_line(world, &service->servers.v[i]))
			return false;
	return !has_odd_server(service) && !has_odd_listen(service);
}

static void want_service(const struct world *world, size_t index, enum family_index f,
			 struct slots *slots, struct objects *objects)
{
	const struct config_service *service = &world->config->services.v[index];
	struct pool pool = { .world = world,
			     .service = service,
			     .state = &world->services[index],
			     .index = index,
			     .f = f,
			     .slots = slots,
			     .objects = objects };

	if (service->servers.n && !service_has_family(service, f))
		return;
	if (is_simple(world, service))
		simple_intent(&pool);
	else
		nat_intent(&pool);
	if (service->one_packet)
		one_packet_intent(&pool);
	if (service_is_direct(service))
		direct_intent(&pool);
}

static void want_hook(const struct world *world, const char *chain, const char *hook,
		      struct objects *objects)
{
	want_chain(objects, chain, hook);
	want_dispatch(world, chain, "", objects);
}

void service_intent(const struct world *world, struct slots *slots, struct objects *objects)
{
	want_dispatch_maps(world, "", objects);
	want_set(objects, "vips4", "ipv4_addr", NULL, 0);
	want_set(objects, "vips6", "ipv6_addr", NULL, 0);
	want_set(objects, "hairpin4", "ipv4_addr . ipv4_addr", NULL, NFT_SET_IS_INTERVAL);
	want_set(objects, "hairpin6", "ipv6_addr . ipv6_addr", NULL, NFT_SET_IS_INTERVAL);
	want_hook(world, "serve", "type nat hook prerouting priority -100", objects);
	want_hook(world, "serve_out", "type nat hook output priority -100", objects);
	hairpin_intent(world, objects);
	limits_intent(world, objects);
	over_intent(world, objects);
	own_intent(world, objects);
	direct_frame(world, objects);
	helpers_intent(world, objects);
	one_packet_frame(world, objects);
	ipsec_frame(world, objects);
	for (size_t i = 0; i < world->config->services.n; i++)
		for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
			want_service(world, i, f, slots, objects);
}

int service_turns(const struct world *world, const struct slots *slots, size_t index,
		  struct objects *objects)
{
	const struct config_service *service = &world->config->services.v[index];
	struct slots copy = *slots;
	struct pool pool = { .world = world,
			     .service = service,
			     .state = &world->services[index],
			     .index = index,
			     .slots = &copy,
			     .objects = objects };
	int r = service_is_direct(service) ? -ENOENT : 0;

	for (pool.f = 0; r == 0 && pool.f < FAMILY_INDEX_MAX; pool.f++)
		for (int line = NO_LINE; r == 0 && line < (int)world->config->uplinks.n; line++)
			if (service_has_family(service, pool.f) &&
			    (line == NO_LINE || service_differs(service, line)))
				r = is_simple(world, service) ? simple_turns(&pool)
							      : want_turns(&pool, line);
	return r;
}

/* Another service's chains are called as if they were this one's: "tcp" and "tcp/192.0.2.1/80". */
static bool is_begun_like(const struct world *world, const struct config_service *service)
{
	size_t length = strlen(service->name);

	array_foreach(&world->config->services, other)
		if (strncmp(other->name, service->name, length) == 0 && other->name[length] == '/')
			return true;
	return false;
}

int service_part(const struct world *world, const struct slots *slots, size_t index,
		 struct objects *objects)
{
	const struct config_service *service = &world->config->services.v[index];
	struct slots copy = *slots;

	copy.fixed = true;
	if (service_is_direct(service) || service->kind != SERVICE_PORTS || service->one_packet ||
	    is_begun_like(world, service))
		return -ENOENT;
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		want_service(world, index, f, &copy, objects);
	return objects->error;
}
