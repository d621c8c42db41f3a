/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection is found by its conntrack id in an open-addressing table (linear probing, deletion
 * by moving followers up), which remembers what it was counted as, so that its end takes back just
 * that. Destinations are a sorted array, services their values.
 */
#include "service/flows.h"

#include "base/array.h"
#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct destination {
	struct ip_address address;
	uint16_t port;
	uint8_t protocol;
	uint32_t service;
};

/* A connection as it was counted; server and line are NULL when it is none of ours. */
struct record {
	struct server_state *server;
	struct line *line;
	uint32_t id;
	bool used, active;
};

struct flows {
	struct world *world;
	ARRAY(struct destination) destinations;
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
	array_done(&flows->destinations);
	free(flows->records);
	free(flows);
}

static int destination_compare(const void *a, const void *b)
{
	const struct destination *x = a, *y = b;
	int c = ip_compare(&x->address, &y->address);

	c = c ? c : (int)x->port - (int)y->port;
	return c ? c : (int)x->protocol - (int)y->protocol;
}

static int add_listen(struct flows *flows, const struct config_listen *listen, uint32_t service)
{
	struct destination destination = { .address = listen->address,
					   .port = listen->port,
					   .protocol = listen->protocol,
					   .service = service };

	if (listen->uplink < 0)
		return array_push(&flows->destinations, destination);
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		int r;

		destination.address = flows->world->lines[listen->uplink].family[f].address;
		if (!ip_is_set(&destination.address))
			continue;
		r = array_push(&flows->destinations, destination);
		if (r < 0)
			return r;
	}
	return 0;
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
	flows->destinations.n = 0;
	if (flows->room)
		memset(flows->records, 0, flows->room * sizeof(*flows->records));
	flows->used = 0;
	zero_counts(world);
	for (size_t i = 0; i < world->config->services.n; i++) {
		const struct config_service *service = &world->config->services.v[i];

		for (size_t j = 0; j < service->listens.n; j++) {
			int r = add_listen(flows, &service->listens.v[j], (uint32_t)i);

			if (r < 0)
				return r;
		}
	}
	if (flows->destinations.n)
		qsort(flows->destinations.v, flows->destinations.n, sizeof(*flows->destinations.v),
		      destination_compare);
	return 0;
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

static struct server_state *find_server(const struct flows *flows, const struct flow *flow)
{
	struct destination key = { .address = flow->destination,
				   .port = flow->destination_port,
				   .protocol = flow->protocol };
	const struct config_service *service;
	const struct destination *found = NULL;

	if (flows->destinations.n)
		found = bsearch(&key, flows->destinations.v, flows->destinations.n, sizeof(key),
				destination_compare);
	if (!found)
		return NULL;
	service = &flows->world->config->services.v[found->service];
	for (size_t i = 0; i < service->servers.n; i++) {
		const struct config_server *server = &service->servers.v[i];

		if (ip_equal(&server->address, &flow->server) &&
		    (server->port ? server->port : flow->destination_port) == flow->server_port)
			return &flows->world->services[found->service].servers[i];
	}
	return NULL;
}

static struct line *find_line(const struct flows *flows, const struct flow *flow)
{
	uint32_t mark = flow->mark & flows->world->config->gateway.mark_mask;

	for (size_t i = 0; mark && i < flows->world->config->uplinks.n; i++)
		if (line_mark(flows->world, &flows->world->lines[i]) == mark)
			return &flows->world->lines[i];
	return NULL;
}

/* Counts a record in (`by` 1) or out (-1). */
static void count(const struct record *record, int by)
{
	if (record->line)
		record->line->connections += (uint32_t)by;
	if (record->server && record->active)
		record->server->active += (uint32_t)by;
	else if (record->server)
		record->server->inactive += (uint32_t)by;
}

bool flows_count(struct flows *flows, const struct flow *flow)
{
	struct record now = { .used = true, .id = flow->id, .active = flow->active };
	struct record before, *record;

	if (make_room(flows) < 0)
		return false;
	now.server = find_server(flows, flow);
	now.line = find_line(flows, flow);
	record = find(flows, flow->id);
	before = *record;
	if (before.used)
		count(&before, -1);
	else if (now.server || now.line)
		flows->used++;
	else
		return false;
	*record = now;
	count(&now, 1);
	return now.server != before.server || (now.server && now.active != before.active);
}

static bool flows_end(struct flows *flows, const struct flow *flow)
{
	struct record *record = flows->room ? find(flows, flow->id) : NULL;
	bool served;

	if (!record || !record->used)
		return false;
	served = record->server;
	count(record, -1);
	remove_record(flows, record);
	return served;
}

bool flows_event(struct flows *flows, enum flow_event event, const struct flow *flow)
{
	struct server_state *server;

	switch (event) {
	case FLOW_NEW:
		server = find_server(flows, flow);
		if (server)
			server->total++;
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
