/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection is found by its conntrack id in an open-addressing table (linear probing, deletion
 * by moving followers up), which remembers what it was counted as, so that its end takes back just
 * that.
 */
#include "service/flows.h"

#include "base/hash.h"
#include "service/places.h"
#include "service/pool.h"
#include "service/schedule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A connection as it was counted; the line is -1 when it has none of ours. */
struct record {
	struct place place;
	int line;
	uint32_t id;
	bool used, active;
};

struct flows {
	struct world *world;
	struct places places;
	struct record *records;
	size_t room, used; /* room is a power of two */
};

int flows_new(struct flows **ret)
{
	struct flows *flows = calloc(1, sizeof(*flows));

	if (!flows)
		return -ENOMEM;
	*ret = flows;
	return 0;
}

void flows_free(struct flows *flows)
{
	if (!flows)
		return;
	places_done(&flows->places);
	free(flows->records);
	free(flows);
}

static void zero_counts(struct world *world)
{
	for (size_t i = 0; i < world->config->uplinks.n; i++)
		world->lines[i].connections = 0;
	for (size_t i = 0; i < world->config->services.n; i++)
		for (size_t j = 0; j < world->config->services.v[i].servers.n; j++) {
			world->services[i].servers[j].active = 0;
			world->services[i].servers[j].inactive = 0;
		}
}

int flows_restart(struct flows *flows, struct world *world)
{
	flows->world = world;
	if (flows->room)
		memset(flows->records, 0, flows->room * sizeof(*flows->records));
	flows->used = 0;
	zero_counts(world);
	for (size_t i = 0; i < world->config->services.n; i++)
		world->services[i].by_load = service_looks_at_load(&world->config->services.v[i]);
	return places_learn(&flows->places, world);
}

static size_t home(const struct flows *flows, uint32_t id)
{
	return (size_t)hash_bytes(HASH_START, &id, sizeof(id)) & (flows->room - 1);
}

/* The place of an id: its record, or the empty one where it belongs. */
static struct record *find(struct flows *flows, uint32_t id)
{
	size_t at = home(flows, id);

	while (flows->records[at].used && flows->records[at].id != id)
		at = (at + 1) & (flows->room - 1);
	return &flows->records[at];
}

static int make_room(struct flows *flows)
{
	struct record *before = flows->records;
	size_t room = flows->room, wanted = room ? room * 2 : 256;

	if (room && flows->used * 4 < room * 3)
		return 0;
	flows->records = calloc(wanted, sizeof(*flows->records));
	if (!flows->records) {
		flows->records = before;
		return -ENOMEM;
	}
	flows->room = wanted;
	for (size_t i = 0; i < room; i++)
		if (before[i].used)
			*find(flows, before[i].id) = before[i];
	free(before);
	return 0;
}

/* Closes the gap that a removed record leaves in the run of its followers. */
static void remove_record(struct flows *flows, struct record *record)
{
	size_t mask = flows->room - 1, gap = (size_t)(record - flows->records);

	for (size_t at = (gap + 1) & mask; flows->records[at].used; at = (at + 1) & mask) {
		size_t from_home = (at - home(flows, flows->records[at].id)) & mask;

		if (from_home >= ((at - gap) & mask)) {
			flows->records[gap] = flows->records[at];
			gap = at;
		}
	}
	memset(&flows->records[gap], 0, sizeof(flows->records[gap]));
	flows->used--;
}

static int find_line(const struct flows *flows, const struct flow *flow)
{
	uint32_t mark = flow->mark & flows->world->config->gateway.mark_mask;

	for (size_t i = 0; mark && i < flows->world->config->uplinks.n; i++)
		if (line_mark(flows->world, &flows->world->lines[i]) == mark)
			return (int)i;
	return -1;
}

static struct server_state *server_at(const struct flows *flows, struct place place)
{
	return place.service == PLACE_NOBODY
		       ? NULL
		       : &flows->world->services[place.service].servers[place.server];
}

static void touch(const struct flows *flows, struct place place)
{
	if (place.service != PLACE_NOBODY && flows->world->services[place.service].by_load)
		world_touch(flows->world, place.service);
}

/* Counts a record in (`by` 1) or out (-1). */
static void count(const struct flows *flows, const struct record *record, int by)
{
	struct server_state *server = server_at(flows, record->place);

	if (record->line >= 0)
		flows->world->lines[record->line].connections += (uint32_t)by;
	if (server && record->active)
		server->active += (uint32_t)by;
	else if (server)
		server->inactive += (uint32_t)by;
}

static bool is_same_place(struct place a, struct place b)
{
	return a.service == b.service && (a.service == PLACE_NOBODY || a.server == b.server);
}

bool flows_count(struct flows *flows, const struct flow *flow)
{
	struct record now = { .used = true, .id = flow->id, .active = flow->active };
	struct record before, *record;

	if (make_room(flows) < 0)
		return false;
	now.place = places_find(&flows->places, flow);
	now.line = find_line(flows, flow);
	record = find(flows, flow->id);
	before = *record;
	if (before.used)
		count(flows, &before, -1);
	else if (now.place.service != PLACE_NOBODY || now.line >= 0)
		flows->used++;
	else
		return false;
	*record = now;
	count(flows, &now, 1);
	touch(flows, now.place);
	if (!before.used)
		return now.place.service != PLACE_NOBODY;
	touch(flows, before.place);
	return !is_same_place(now.place, before.place) ||
	       (now.place.service != PLACE_NOBODY && now.active != before.active);
}

bool flows_find(const struct flows *flows, const struct flow *flow, size_t *ret_service,
		size_t *ret_server)
{
	struct place place = places_find(&flows->places, flow);

	if (place.service == PLACE_NOBODY)
		return false;
	*ret_service = place.service;
	*ret_server = place.server;
	return true;
}

bool flows_is_at(const struct flows *flows, const struct flow *flow, size_t service, size_t server)
{
	size_t found_service, found_server;

	return flows_find(flows, flow, &found_service, &found_server) && found_service == service &&
	       found_server == server;
}

/* A new connection counts into the totals, and tells where the kernel is in a ring. */
static void flows_begin(struct flows *flows, const struct flow *flow)
{
	struct place place = places_find(&flows->places, flow);
	struct server_state *server = server_at(flows, place);
	int line = find_line(flows, flow);

	if (!server)
		return;
	server->total++;
	server->by_line[line + 1]++;
	service_taken(flows->world, place.service, place.server, line);
	touch(flows, place);
}

static bool flows_end(struct flows *flows, const struct flow *flow)
{
	struct record *record = flows->room ? find(flows, flow->id) : NULL;
	struct server_state *server;

	if (!record || !record->used)
		return false;
	server = server_at(flows, record->place);
	for (size_t i = 0; server && i < FLOW_DIRECTION_MAX; i++) {
		server->packets[i] += flow->packets[i];
		server->bytes[i] += flow->bytes[i];
	}
	count(flows, record, -1);
	touch(flows, record->place);
	remove_record(flows, record);
	return server;
}

bool flows_event(struct flows *flows, enum flow_event event, const struct flow *flow)
{
	switch (event) {
	case FLOW_NEW:
		flows_begin(flows, flow);
		return flows_count(flows, flow);
	case FLOW_UPDATE:
		return flows_count(flows, flow);
	case FLOW_END:
		return flows_end(flows, flow);
	case FLOW_LOST:
		break;
	}
	return false;
}
