/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a scheduler is given of a service, and the names that a service's rules go by.
 */
#include "service/parts.h"

#include "base/hash.h"
#include "sched/sched.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

struct pool_name pool_name(const struct pool *pool, const char *what)
{
	struct pool_name name;

	snprintf(name.text, sizeof(name.text), "%s/%s/%c", what, pool->service->name,
		 pool_digit(pool));
	return name;
}

struct pool_name pool_chain(const struct pool *pool, int line)
{
	struct pool_name name;

	snprintf(name.text, sizeof(name.text), "%sservice/%s/%c%s%s", pool_stage(pool),
		 pool->service->name, pool_digit(pool), line == NO_LINE ? "" : "/",
		 line == NO_LINE ? "" : pool->world->config->uplinks.v[line].name);
	return name;
}

struct ip_text pool_address(const struct ip_address *address)
{
	struct ip_text text = ip_text(address);

	for (char *p = text.text; *p; p++)
		*p = *p == ':' ? '-' : *p;
	return text;
}

/* nft's names have no colons and brackets: 10.0.0.2/80, fd00--2/80. */
struct pool_name pool_server(const struct pool *pool, const char *prefix, size_t server)
{
	const struct config_server *config = &pool->service->servers.v[server];
	struct ip_text address = pool_address(&config->address);
	struct pool_name name;

	if (config->port)
		snprintf(name.text, sizeof(name.text), "%s/%s/%s/%u", prefix, pool->service->name,
			 address.text, config->port);
	else
		snprintf(name.text, sizeof(name.text), "%s/%s/%s", prefix, pool->service->name,
			 address.text);
	return name;
}

struct pool_name pool_target(const struct pool *pool, size_t server)
{
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "%sserver", pool_stage(pool));
	return pool_server(pool, prefix, server);
}

struct tunnel_device tunnel_name(const struct config_server *server)
{
	uint64_t hash = hash_bytes(HASH_START, &server->address, sizeof(server->address));
	struct tunnel_device name;

	hash = hash_bytes(hash, &server->tunnel, sizeof(server->tunnel));
	hash = hash_bytes(hash, &server->tunnel_port, sizeof(server->tunnel_port));
	snprintf(name.text, sizeof(name.text), TUNNEL_PREFIX "%08" PRIx32, (uint32_t)hash);
	return name;
}

bool pool_has(const struct pool *pool, size_t server)
{
	return family_index(pool->service->servers.v[server].address.family) == pool->f;
}

bool pool_is_there(const struct pool *pool, size_t server)
{
	enum server_condition condition = pool->state->servers[server].condition;

	return condition < SERVER_DOWN ||
	       (condition == SERVER_DOWN && pool->service->inhibit_on_failure);
}

bool service_has_family(const struct config_service *service, enum family_index f)
{
	for (size_t i = 0; i < service->servers.n; i++)
		if (family_index(service->servers.v[i].address.family) == f)
			return true;
	return false;
}

bool server_serves(const struct config_server *server, int line)
{
	if (line == NO_LINE || !server->uplinks.n)
		return true;
	for (size_t i = 0; i < server->uplinks.n; i++)
		if ((int)server->uplinks.v[i] == line)
			return true;
	return false;
}

static const struct line_weight *weight_of_line(const struct config_server *server, int line)
{
	for (size_t i = 0; i < server->weights.n; i++)
		if ((int)server->weights.v[i].uplink == line)
			return &server->weights.v[i];
	return NULL;
}

bool service_differs(const struct config_service *service, int line)
{
	for (size_t i = 0; i < service->servers.n; i++)
		if (!server_serves(&service->servers.v[i], line) ||
		    weight_of_line(&service->servers.v[i], line))
			return true;
	return false;
}

bool service_is_direct(const struct config_service *service)
{
	for (size_t i = 0; i < service->servers.n; i++)
		if (service->servers.v[i].method == METHOD_ROUTE ||
		    service->servers.v[i].method == METHOD_TUNNEL)
			return true;
	return false;
}

bool service_goes_by_load(const struct config_service *service)
{
	const struct scheduler *scheduler = scheduler_get(service->scheduler);

	return scheduler->pick && !scheduler->cycle;
}

bool service_looks_at_load(const struct config_service *service)
{
	for (size_t i = 0; i < service->servers.n; i++)
		if (service->servers.v[i].upper)
			return true;
	return service_goes_by_load(service);
}

/* The weight of a line stands in place of the file's; everything else applies to it as well. */
static uint32_t weight_for(const struct config_server *server, const struct server_state *state,
			   int line)
{
	const struct line_weight *other = weight_of_line(server, line);
	uint64_t weight;

	if (!other || !state->weight || state->overridden)
		return state->share;
	weight = (uint64_t)state->share * other->weight / state->weight;
	return weight || !state->share || !other->weight ? (uint32_t)weight : 1;
}

/* As in IPVS, UDP is never active. */
static bool is_datagrams(const struct config_service *service)
{
	for (size_t i = 0; i < service->listens.n; i++)
		if (service->listens.v[i].protocol != IPPROTO_UDP)
			return false;
	return true;
}

static struct target look_at(const struct pool *pool, size_t i, int line)
{
	const struct config_server *server = &pool->service->servers.v[i];
	const struct server_state *state = &pool->state->servers[i];
	uint64_t identity = hash_bytes(HASH_START, &server->address, sizeof(server->address));

	return (struct target){
		.weight = weight_for(server, state, line),
		.last_weight = server->weight,
		.active = state->active,
		.inactive = state->inactive,
		.upper = server->upper,
		.lower = server->lower,
		.identity = hash_bytes(identity, &server->port, sizeof(server->port)),
		.usable =
			pool_has(pool, i) && pool_is_there(pool, i) && server_serves(server, line),
		.passive = is_datagrams(pool->service),
		.overloaded = state->overloaded,
	};
}

/* The sorry server stays out until nobody else takes a connection. */
static void apologise(const struct pool *pool, struct target *targets)
{
	size_t n = pool->service->servers.n, sorry = (size_t)pool->service->sorry;
	bool others = false;

	for (size_t i = 0; i < n; i++)
		others = others || (i != sorry && target_takes(&targets[i]));
	if (others && !pool->state->below_quorum) {
		targets[sorry].usable = false;
		return;
	}
	for (size_t i = 0; i < n; i++)
		targets[i].usable = targets[i].usable && i == sorry;
	targets[sorry].weight = 1;
}

int pool_targets(const struct pool *pool, int line, struct target **ret)
{
	size_t n = pool->service->servers.n;
	struct target *targets = calloc(n + 1, sizeof(*targets));

	if (!targets)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		targets[i] = look_at(pool, i, line);
	if (pool->service->sorry >= 0)
		apologise(pool, targets);
	*ret = targets;
	return 0;
}

struct roll *pool_roll(const struct pool *pool, int line)
{
	size_t lines = pool->world->config->uplinks.n + 1;

	if (!pool->state->rolls)
		return NULL;
	return &pool->state->rolls[(size_t)pool->f * lines + (size_t)(line + 1)];
}
