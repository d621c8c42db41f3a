/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections are known again by a hash of their key, in an array that is sorted after each census;
 * the numbers of servers are looked up in a sorted array made for the occasion.
 */
#include "service/census.h"

#include "base/array.h"
#include "base/hash.h"
#include "service/numbers.h"

#include <errno.h>
#include <stdlib.h>

const struct census_map census_maps[] = {
	{ "flows4", true },        { "flows6", true },        { "closing4", false },
	{ "closing6", false },     { "datagrams4", false },   { "datagrams6", false },
	{ "associations4", true }, { "associations6", true }, { "guarded4", true },
	{ "guarded6", true },      { "opening4", false },     { "opening6", false },
};
const size_t census_maps_n = sizeof(census_maps) / sizeof(census_maps[0]);

struct entry {
	uint32_t number;
	size_t service;
	struct server_state *server;
	uint32_t active, inactive;
};

struct census {
	struct world *world;
	ARRAY(struct entry) entries; /* by number */
	ARRAY(uint64_t) known, now;  /* hashes of keys; known: sorted */
	bool held;                   /* there was one before */
};

int census_new(struct census **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void census_free(struct census *census)
{
	if (!census)
		return;
	array_done(&census->entries);
	array_done(&census->known);
	array_done(&census->now);
	free(census);
}

static int by_number(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static int by_hash(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
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
				       .service = index,
				       .server = &census->world->services[index].servers[i] };

		if (entry.number)
			r = array_push(&census->entries, entry);
	}
	return r;
}

int census_begin(struct census *census, struct world *world, const struct slots *slots)
{
	int r = 0;

	census->world = world;
	census->entries.n = census->now.n = 0;
	for (size_t i = 0; r == 0 && i < world->config->services.n; i++)
		r = add_servers(census, slots, i);
	if (census->entries.n)
		qsort(census->entries.v, census->entries.n, sizeof(struct entry), by_number);
	return r;
}

static bool is_known(const struct census *census, uint64_t hash)
{
	return census->known.n &&
	       bsearch(&hash, census->known.v, census->known.n, sizeof(hash), by_hash);
}

/* The place of a line's number in by_line: 0 is no line. */
static size_t line_place(const struct world *world, uint32_t number)
{
	for (size_t i = 0; number && i < world->config->uplinks.n; i++)
		if (world->lines[i].number == number)
			return i + 1;
	return 0;
}

static void note_new(struct census *census, struct entry *entry, uint64_t hash, uint32_t value)
{
	if (array_push(&census->now, hash) < 0 || !census->held || is_known(census, hash))
		return;
	entry->server->total++;
	entry->server->by_line[line_place(census->world, value >> DIRECT_LINE_SHIFT)]++;
}

void census_count(struct census *census, const uint8_t *key, size_t key_size, uint32_t value,
		  bool active)
{
	struct entry wanted = { .number = value & DIRECT_SERVER_MASK }, *found = NULL;

	if (census->entries.n)
		found = bsearch(&wanted, census->entries.v, census->entries.n, sizeof(wanted),
				by_number);
	if (!found)
		return;
	note_new(census, found, hash_bytes(HASH_START, key, key_size), value);
	if (active)
		found->active++;
	else
		found->inactive++;
}

static void keep_known(struct census *census)
{
	__typeof__(census->known) before = census->known;

	census->known.v = census->now.v;
	census->known.n = census->now.n;
	census->known.room = census->now.room;
	census->now.v = before.v;
	census->now.room = before.room;
	census->now.n = 0;
	if (census->known.n)
		qsort(census->known.v, census->known.n, sizeof(uint64_t), by_hash);
	census->held = true;
}

void census_end(struct census *census)
{
	array_foreach(&census->entries, entry) {
		struct server_state *server = entry->server;
		bool same = server->active == entry->active && server->inactive == entry->inactive;

		if (!same && census->world->services[entry->service].by_load)
			world_touch(census->world, entry->service);
		server->active = entry->active;
		server->inactive = entry->inactive;
	}
	keep_known(census);
}
