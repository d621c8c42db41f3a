/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where connections go. A destination tells the service, in a sorted array, and the server's
 * address and port tell the server; of a service by firewall mark the servers are all that there is
 * to know it by.
 */
#include "service/places.h"

#include "service/parts.h"

#include <netinet/in.h>
#include <stdlib.h>

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

void places_done(struct places *places)
{
	array_done(&places->destinations);
	array_done(&places->marked);
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

static int add_marked(struct places *places, uint32_t service)
{
	const struct config_service *config = &places->config->services.v[service];
	int r = 0;

	for (size_t i = 0; r == 0 && i < config->servers.n; i++) {
		struct marked marked = { .address = config->servers.v[i].address,
					 .service = service };

		r = array_push(&places->marked, marked);
	}
	return r;
}

static int add_listen(struct places *places, const struct world *world,
		      const struct config_listen *listen, uint32_t service)
{
	struct destination destination = { .address = listen->address,
					   .port = listen->port,
					   .protocol = listen->protocol,
					   .service = service };

	if (listen->mark)
		return add_marked(places, service);
	if (listen->uplink < 0)
		return array_push(&places->destinations, destination);
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		int r;

		destination.address = world->lines[listen->uplink].family[f].address;
		if (!ip_is_set(&destination.address))
			continue;
		r = array_push(&places->destinations, destination);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_ipsec(struct places *places, const struct world *world,
		     const struct config_listen *listen, uint32_t service)
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

	for (size_t i = 0; r == 0 && i < ELEMENTS_OF(parts); i++) {
		part.protocol = parts[i].protocol;
		part.port = parts[i].port;
		r = add_listen(places, world, &part, service);
	}
	return r;
}

static int add_service(struct places *places, const struct world *world, uint32_t index)
{
	const struct config_service *service = &world->config->services.v[index];
	int r = 0;

	/* Their connections are in maps of our own. */
	if (service_is_direct(service))
		return 0;
	for (size_t i = 0; r == 0 && i < service->listens.n; i++)
		r = service->kind == SERVICE_IPSEC
			    ? add_ipsec(places, world, &service->listens.v[i], index)
			    : add_listen(places, world, &service->listens.v[i], index);
	return r;
}

int places_learn(struct places *places, const struct world *world)
{
	int r = 0;

	places->config = world->config;
	places->destinations.n = places->marked.n = 0;
	for (size_t i = 0; r == 0 && i < world->config->services.n; i++)
		r = add_service(places, world, (uint32_t)i);
	if (places->destinations.n)
		qsort(places->destinations.v, places->destinations.n,
		      sizeof(*places->destinations.v), destination_compare);
	if (places->marked.n)
		qsort(places->marked.v, places->marked.n, sizeof(*places->marked.v),
		      marked_compare);
	return r;
}

/* The server of a service that a connection goes to. */
static struct place find_server(const struct places *places, const struct flow *flow,
				uint32_t service)
{
	const struct config_service *config = &places->config->services.v[service];

	for (size_t i = 0; i < config->servers.n; i++) {
		const struct config_server *server = &config->servers.v[i];

		if (ip_equal(&server->address, &flow->server) &&
		    (server->port ? server->port : flow->destination_port) == flow->server_port)
			return (struct place){ service, (uint32_t)i };
	}
	return (struct place){ .service = PLACE_NOBODY };
}

static const struct destination *find_destination(const struct places *places,
						  const struct flow *flow, uint16_t port)
{
	struct destination key = { .address = flow->destination,
				   .port = port,
				   .protocol = flow->protocol };

	if (!places->destinations.n)
		return NULL;
	return bsearch(&key, places->destinations.v, places->destinations.n, sizeof(key),
		       destination_compare);
}

/* Several services by mark may share a server's address, and differ in its port. */
static struct place find_marked(const struct places *places, const struct flow *flow)
{
	const struct marked key = { .address = flow->server }, *found = NULL;
	struct place place = { .service = PLACE_NOBODY };

	if (places->marked.n && !ip_equal(&flow->server, &flow->destination))
		found = bsearch(&key, places->marked.v, places->marked.n, sizeof(key),
				marked_compare);
	while (found && found > places->marked.v && marked_compare(found - 1, &key) == 0)
		found--;
	for (; found && found < places->marked.v + places->marked.n &&
	       marked_compare(found, &key) == 0 && place.service == PLACE_NOBODY;
	     found++)
		place = find_server(places, flow, found->service);
	return place;
}

struct place places_find(const struct places *places, const struct flow *flow)
{
	const struct destination *found = find_destination(places, flow, flow->destination_port);
	struct place place = { .service = PLACE_NOBODY };

	if (!found)
		found = find_destination(places, flow, 0);
	if (found)
		place = find_server(places, flow, found->service);
	/* A packet's mark comes before its destination. */
	return place.service == PLACE_NOBODY ? find_marked(places, flow) : place;
}
