/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers of servers are looked up in a sorted array made for the occasion.
 */
#include "service/census.h"

#include "base/array.h"
#include "service/numbers.h"

#include <errno.h>
#include <stdlib.h>

const struct census_map census_maps[] = {
	{ "flows4", true },        { "flows6", true },        { "closing4", false },
	{ "closing6", false },     { "datagrams4", false },   { "datagrams6", false },
	{ "associations4", true }, { "associations6", true },
};
const size_t census_maps_n = sizeof(census_maps) / sizeof(census_maps[0]);

struct entry {
	uint32_t number;
	struct server_state *server;
	uint32_t active, inactive;
};

struct census {
	struct world *world;
	ARRAY(struct entry) entries; /* by number */
};

static int by_number(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

bool census_needed(const struct world *world)
{
	array_foreach(&world->config->services, service)
		if (service_is_direct(service))
			return true;
	return false;
}

static int add_servers(struct census *census, const struct slots *slots, size_t index)
{
	const struct config_service *service = &census->world->config->services.v[index];
	struct slots copy = *slots;
	struct pool pool = { .world = census->world, .service = service, .slots = &copy };
	int r = 0;

	for (size_t i = 0; r == 0 && service_is_direct(service) && i < service->servers.n; i++) {
		struct entry entry = { .number = number_find(&pool, i),
				       .server = &census->world->services[index].servers[i] };

		if (entry.number)
			r = array_push(&census->entries, entry);
	}
	return r;
}

static void census_free(struct census *census)
{
	array_done(&census->entries);
	free(census);
}

int census_new(struct world *world, const struct slots *slots, struct census **ret)
{
	struct census *census = calloc(1, sizeof(*census));
	int r = 0;

	if (!census)
		return -ENOMEM;
	census->world = world;
	for (size_t i = 0; r == 0 && i < world->config->services.n; i++)
		r = add_servers(census, slots, i);
	if (r < 0) {
		census_free(census);
		return r;
	}
	if (census->entries.n)
		qsort(census->entries.v, census->entries.n, sizeof(struct entry), by_number);
	*ret = census;
	return 0;
}

void census_count(struct census *census, uint32_t value, bool active)
{
	struct entry key = { .number = value & DIRECT_SERVER_MASK }, *found = NULL;

	if (census->entries.n)
		found = bsearch(&key, census->entries.v, census->entries.n, sizeof(key), by_number);
	if (found && active)
		found->active++;
	else if (found)
		found->inactive++;
}

bool census_end(struct census *census)
{
	bool changed = false;

	array_foreach(&census->entries, entry) {
		struct server_state *server = entry->server;

		changed = changed || server->active != entry->active ||
			  server->inactive != entry->inactive;
		server->active = entry->active;
		server->inactive = entry->inactive;
	}
	census_free(census);
	return changed;
}
