/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rings of services that go by load follow their counts. Where every new connection took a pick
 * of the ring, hearing of it tells where the kernel is; persistent clients and known destinations
 * take none, and of connections that pass by conntrack nothing is heard, so that those rings begin
 * anew whenever they change.
 */
#include "service/schedule.h"

#include "base/cleanup.h"
#include "service/pool.h"

#include <errno.h>
#include <stdlib.h>

/* Where the counts also say which destinations leave, and in which order servers are asked. */
static bool goes_by_destination(const struct config_service *service)
{
	return service->scheduler == SCHEDULER_LBLC || service->scheduler == SCHEDULER_LBLCR;
}

static bool hears_of_picks(const struct config_service *service)
{
	return !service->persistent_ms && !goes_by_destination(service) &&
	       !service_is_direct(service);
}

/* Every slot is an element of a map, and with thousands of rings a shorter one has to do. */
static uint32_t slots_of_ring(struct world *world)
{
	size_t rings = 0;

	if (world->ring_slots)
		return world->ring_slots;
	array_foreach(&world->config->services, service)
		rings += service_goes_by_load(service);
	world->ring_slots = rings <= 1000 ? ROLL_SLOTS : rings <= 4000 ? ROLL_SLOTS / 2 : 16;
	return world->ring_slots;
}

static int make_rolls(struct world *world, struct service_state *state)
{
	size_t n = FAMILY_INDEX_MAX * (world->config->uplinks.n + 1);

	if (state->rolls)
		return 0;
	state->rolls = calloc(n, sizeof(*state->rolls));
	if (!state->rolls)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		state->rolls[i] = (struct roll){ .slots = slots_of_ring(world),
						 .restart = world->generation << 16 };
	return 0;
}

static int schedule_line(const struct pool *pool, int line)
{
	_cleanup_free_ struct target *targets = NULL;
	struct roll *roll = pool_roll(pool, line);
	int r = pool_targets(pool, line, &targets);
	uint32_t before;

	if (r < 0)
		return r;
	if (roll->filled && !hears_of_picks(pool->service) &&
	    !roll_goes_on(roll, pool->service->scheduler, targets, pool->service->servers.n))
		roll_lose(roll);
	before = roll->restart;
	r = roll_on(roll, pool->service->scheduler, targets, pool->service->servers.n);
	if (r > 0)
		r = roll->restart == before && !roll->scarce ? SCHEDULE_TURNED : SCHEDULE_RESTARTED;
	return r;
}

int service_schedule(struct world *world, size_t index)
{
	const struct config_service *service = &world->config->services.v[index];
	struct pool pool = {
		.world = world, .service = service, .state = &world->services[index], .index = index
	};
	int r, change = SCHEDULE_SAME;

	if (!service_goes_by_load(service))
		return 0;
	r = make_rolls(world, &world->services[index]);
	for (pool.f = 0; r >= 0 && pool.f < FAMILY_INDEX_MAX; pool.f++)
		for (int line = NO_LINE; r >= 0 && line < (int)world->config->uplinks.n; line++) {
			if (!service_has_family(service, pool.f) ||
			    (line != NO_LINE && !service_differs(service, line)))
				continue;
			r = schedule_line(&pool, line);
			change = r > change ? r : change;
		}
	if (r < 0)
		return r;
	return goes_by_destination(service) ? SCHEDULE_RESTARTED : change;
}

void service_taken(struct world *world, size_t index, size_t server, int line)
{
	const struct config_service *service = &world->config->services.v[index];
	struct pool pool = { .world = world,
			     .service = service,
			     .state = &world->services[index],
			     .f = family_index(service->servers.v[server].address.family) };
	struct roll *roll;

	if (line != NO_LINE && !service_differs(service, line))
		line = NO_LINE;
	roll = pool_roll(&pool, line);
	if (roll && hears_of_picks(service))
		roll_taken(roll, (uint16_t)server);
}

void service_lose_rings(struct world *world)
{
	size_t n = FAMILY_INDEX_MAX * (world->config->uplinks.n + 1);

	for (size_t i = 0; i < world->config->services.n; i++)
		for (size_t k = 0; world->services[i].rolls && k < n; k++)
			roll_lose(&world->services[i].rolls[k]);
}
