/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection is found by its conntrack id in an open-addressing table (linear probing, deletion
 * by moving followers up), which remembers what it was counted as, so that its end takes back just
 * that. Destinations are a sorted array, services their values.
 */
#include "service/flows.h"

#include "base/array.h"
#include "base/hash.h"
#include "service/parts.h"
#include "service/schedule.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct destination {
	struct ip_address address;
	uint16_t port; /* 0: all */
	uint8_t protocol;
	uint32_t service;
};

/* A server of a service by firewall mark, which no destination tells of. */
struct marked {
	struct ip_address address;
	uint32_t service;
};

enum {
	NOBODY = UINT32_MAX
};

/* A real server of a service, as indexes; service NOBODY: none of ours. */
struct place {
	uint32_t service, server;
};

/* A connection as it was counted; the line is -1 when it has none of ours. */
struct record {
	struct place place;
	int line;
	uint32_t id;
	bool used, active;
};

struct flows {
	struct world *world;
	ARRAY(struct destination) destinations;
	ARRAY(struct marked) marked;
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
	array_done(&flows->marked);
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

static int marked_compare(const void *a, const void *b)
{
	const struct marked *x = a, *y = b;

	return ip_compare(&x->address, &y->address);
}

static int add_marked(struct flows *flows, uint32_t service)
{
	const struct config_service *config = &flows->world->config->services.v[service];
	int r = 0;

	for (size_t i = 0; r == 0 && i < config->servers.n; i++) {
		struct marked marked = { .address = config->servers.v[i].address,
					 .service = service };

		r = array_push(&flows->marked, marked);
	}
	return r;
}

static int add_listen(struct flows *flows, const struct config_listen *listen, uint32_t service)
{
	struct destination destination = { .address = listen->address,
					   .port = listen->port,
					   .protocol = listen->protocol,
					   .service = service };

	if (listen->mark)
		return add_marked(flows, service);
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

static int add_ipsec(struct flows *flows, const struct config_listen *listen, uint32_t service)
{
	static const struct {
		uint8_t protocol;
		uint16_t port;
	} parts[] = { { IPPROTO_UDP, IKE_PORT },
		      { IPPROTO_UDP, IKE_NAT_PORT },
		      { IPPROTO_ESP, 0 },
		      { IPPROTO_AH, 0 } };
	struct config_listen part = *listen;
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(parts) / sizeof(parts[0]); i++) {
		part.protocol = parts[i].protocol;
		part.port = parts[i].port;
		r = add_listen(flows, &part, service);
	}
	return r;
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

static int add_service(struct flows *flows, uint32_t index)
{
	const struct config_service *service = &flows->world->config->services.v[index];
	int r = 0;

	flows->world->services[index].by_load = service_looks_at_load(service);
	/* Their connections are in maps of our own. */
	if (service_is_direct(service))
		return 0;
	for (size_t i = 0; r == 0 && i < service->listens.n; i++)
		r = service->kind == SERVICE_IPSEC
			    ? add_ipsec(flows, &service->listens.v[i], index)
			    : add_listen(flows, &service->listens.v[i], index);
	return r;
}

int flows_restart(struct flows *flows, struct world *world)
{
	int r = 0;

	flows->world = world;
	flows->destinations.n = flows->marked.n = 0;
	if (flows->room)
		memset(flows->records, 0, flows->room * sizeof(*flows->records));
	flows->used = 0;
	zero_counts(world);
	for (size_t i = 0; r == 0 && i < world->config->services.n; i++)
		r = add_service(flows, (uint32_t)i);
	if (flows->destinations.n)
		qsort(flows->destinations.v, flows->destinations.n, sizeof(*flows->destinations.v),
		      destination_compare);
	if (flows->marked.n)
		qsort(flows->marked.v, flows->marked.n, sizeof(*flows->marked.v), marked_compare);
	return r;
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

/* The server of a service that a connection goes to. */
static struct place find_server(const struct flows *flows, const struct flow *flow,
				uint32_t service)
{
	const struct config_service *config = &flows->world->config->services.v[service];

	for (size_t i = 0; i < config->servers.n; i++) {
		const struct config_server *server = &config->servers.v[i];

		if (ip_equal(&server->address, &flow->server) &&
		    (server->port ? server->port : flow->destination_port) == flow->server_port)
			return (struct place){ service, (uint32_t)i };
	}
	return (struct place){ .service = NOBODY };
}

static const struct destination *find_destination(const struct flows *flows,
						  const struct flow *flow, uint16_t port)
{
	struct destination key = { .address = flow->destination,
				   .port = port,
				   .protocol = flow->protocol };

	if (!flows->destinations.n)
		return NULL;
	return bsearch(&key, flows->destinations.v, flows->destinations.n, sizeof(key),
		       destination_compare);
}

/* Several services by mark may share a server's address, and differ in its port. */
static struct place find_marked(const struct flows *flows, const struct flow *flow)
{
	const struct marked key = { .address = flow->server }, *found = NULL;
	struct place place = { .service = NOBODY };

	if (flows->marked.n && !ip_equal(&flow->server, &flow->destination))
		found = bsearch(&key, flows->marked.v, flows->marked.n, sizeof(key),
				marked_compare);
	while (found && found > flows->marked.v && marked_compare(found - 1, &key) == 0)
		found--;
	for (; found && found < flows->marked.v + flows->marked.n &&
	       marked_compare(found, &key) == 0 && place.service == NOBODY;
	     found++)
		place = find_server(flows, flow, found->service);
	return place;
}

static struct place find_place(const struct flows *flows, const struct flow *flow)
{
	const struct destination *found = find_destination(flows, flow, flow->destination_port);
	struct place place = { .service = NOBODY };

	if (!found)
		found = find_destination(flows, flow, 0);
	if (found)
		place = find_server(flows, flow, found->service);
	/* A packet's mark comes before its destination. */
	return place.service == NOBODY ? find_marked(flows, flow) : place;
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
	return place.service == NOBODY
		       ? NULL
		       : &flows->world->services[place.service].servers[place.server];
}

static void touch(const struct flows *flows, struct place place)
{
	if (place.service != NOBODY && flows->world->services[place.service].by_load)
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
	return a.service == b.service && (a.service == NOBODY || a.server == b.server);
}

bool flows_count(struct flows *flows, const struct flow *flow)
{
	struct record now = { .used = true, .id = flow->id, .active = flow->active };
	struct record before, *record;

	if (make_room(flows) < 0)
		return false;
	now.place = find_place(flows, flow);
	now.line = find_line(flows, flow);
	record = find(flows, flow->id);
	before = *record;
	if (before.used)
		count(flows, &before, -1);
	else if (now.place.service != NOBODY || now.line >= 0)
		flows->used++;
	else
		return false;
	*record = now;
	count(flows, &now, 1);
	touch(flows, now.place);
	if (!before.used)
		return now.place.service != NOBODY;
	touch(flows, before.place);
	return !is_same_place(now.place, before.place) ||
	       (now.place.service != NOBODY && now.active != before.active);
}

bool flows_find(const struct flows *flows, const struct flow *flow, size_t *ret_service,
		size_t *ret_server)
{
	struct place place = find_place(flows, flow);

	if (place.service == NOBODY)
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
	struct place place = find_place(flows, flow);
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
