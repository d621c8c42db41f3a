/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `uplinkctl ipvs -L` and -S show. Whatever is not known all along is read from the kernel
 * when somebody asks for it: packets and bytes, the clients that are remembered, connections.
 */
#include "daemon/state.h"

#include "ipvs/list.h"
#include "service/numbers.h"
#include "service/pool.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

/* As conntrack would have it, of a connection that it does not know. */
enum {
	TCP_IS_ESTABLISHED = 3,
	TCP_IS_CLOSING = 4,
	SCTP_IS_ESTABLISHED = 4
};

/* Reads the sets of a server, of which it has one for each way that packets go. */
static int read_memory(const struct daemon *d, const struct config_service *service, size_t server,
		       nft_member_reader each, void *userdata)
{
	const struct pool pool = { .world = &d->world, .service = service };
	struct pool_name set = pool_server(&pool, "persist", server);
	int r = d->kernel->ops->members(d->kernel, NFT_INET, set.text, each, userdata);

	r = r == -ENOENT ? 0 : r;
	if (r == 0 && service_is_direct(service))
		r = d->kernel->ops->members(d->kernel, NFT_NETDEV, set.text, each, userdata);
	return r == -ENOENT ? 0 : r;
}

static void count_client(const uint8_t *key, size_t key_size, const uint8_t *data, size_t data_size,
			 uint64_t expires_ms, void *userdata)
{
	uint32_t *persistent = userdata;

	++*persistent;
}

static int count_clients(struct daemon *d)
{
	int r = 0;

	for (size_t i = 0; i < d->config->services.n; i++) {
		const struct config_service *service = &d->config->services.v[i];

		for (size_t j = 0; service->persistent_ms && j < service->servers.n; j++) {
			uint32_t *persistent = &d->world.services[i].servers[j].traffic.persistent;

			*persistent = 0;
			r = r < 0 ? r : read_memory(d, service, j, count_client, persistent);
		}
	}
	return r;
}

/* The server that a map's number means. */
struct numbered {
	uint32_t number;
	const struct config_server *server;
};

struct connections {
	struct daemon *d;
	FILE *out;
	ARRAY(struct numbered) numbered; /* by number */
	const struct census_map *map;    /* that is being read */
	struct ipvs_connection template; /* likewise */
};

static void show_flow(const struct flow *flow, void *userdata)
{
	const struct connections *connections = userdata;
	struct ipvs_connection connection = { .protocol = flow->protocol,
					      .state = flow->state,
					      .expires_s = flow->timeout_s,
					      .client = flow->client,
					      .client_port = flow->client_port,
					      .destination = flow->destination,
					      .destination_port = flow->destination_port,
					      .server = flow->server,
					      .server_port = flow->server_port };
	size_t service, server;

	if (flows_find(connections->d->flows, flow, &service, &server) &&
	    connections->d->config->services.v[service].kind == SERVICE_PORTS)
		ipvs_list_connection(&connection, connections->out);
}

static int numbered_compare(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static int collect_numbers(struct connections *connections)
{
	struct daemon *d = connections->d;
	int r = 0;

	array_foreach(&d->config->services, service) {
		const struct pool pool = { .world = &d->world,
					   .service = service,
					   .slots = &d->runtime.slots };

		for (size_t i = 0; service_is_direct(service) && i < service->servers.n; i++) {
			struct numbered numbered = { .number = number_find(&pool, i),
						     .server = &service->servers.v[i] };

			if (numbered.number)
				r = r < 0 ? r : array_push(&connections->numbered, numbered);
		}
	}
	if (connections->numbered.n)
		qsort(connections->numbered.v, connections->numbered.n,
		      sizeof(*connections->numbered.v), numbered_compare);
	return r;
}

static uint8_t map_protocol(const struct census_map *map)
{
	if (strncmp(map->name, "datagrams", strlen("datagrams")) == 0)
		return IPPROTO_UDP;
	return strncmp(map->name, "associations", strlen("associations")) == 0 ? IPPROTO_SCTP
									       : IPPROTO_TCP;
}

static uint8_t map_state(const struct census_map *map)
{
	if (map_protocol(map) == IPPROTO_SCTP)
		return SCTP_IS_ESTABLISHED;
	return map->active ? TCP_IS_ESTABLISHED : TCP_IS_CLOSING;
}

static void show_member(const uint8_t *key, size_t key_size, const uint8_t *data, size_t data_size,
			uint64_t expires_ms, void *userdata)
{
	const struct connections *connections = userdata;
	struct numbered wanted = { 0 }, *found = NULL;
	struct ipvs_connection connection = { .protocol = map_protocol(connections->map),
					      .state = map_state(connections->map),
					      .expires_s = (unsigned)(expires_ms / 1000) };
	struct flow flow;

	if (data_size != sizeof(wanted.number) || !read_direct(key, key_size, &flow))
		return;
	memcpy(&wanted.number, data, sizeof(wanted.number));
	wanted.number &= DIRECT_SERVER_MASK;
	if (connections->numbered.n)
		found = bsearch(&wanted, connections->numbered.v, connections->numbered.n,
				sizeof(wanted), numbered_compare);
	if (!found)
		return;
	connection.client = flow.client;
	connection.client_port = flow.client_port;
	connection.destination = flow.destination;
	connection.destination_port = flow.destination_port;
	connection.server = found->server->address;
	connection.server_port = found->server->port ? found->server->port : flow.destination_port;
	ipvs_list_connection(&connection, connections->out);
}

static int show_direct(struct connections *connections)
{
	struct kernel *kernel = connections->d->kernel;
	int r = collect_numbers(connections);

	for (size_t i = 0; r == 0 && connections->numbered.n && i < census_maps_n; i++) {
		connections->map = &census_maps[i];
		r = kernel->ops->members(kernel, NFT_NETDEV, census_maps[i].name, show_member,
					 connections);
		r = r == -ENOENT ? 0 : r;
	}
	return r;
}

static void show_client(const uint8_t *key, size_t key_size, const uint8_t *data, size_t data_size,
			uint64_t expires_ms, void *userdata)
{
	struct connections *connections = userdata;
	struct ipvs_connection connection = connections->template;

	if (key_size != ip_size(connection.server.family))
		return;
	connection.client = ip_make(connection.server.family, key);
	connection.expires_s = (unsigned)(expires_ms / 1000);
	ipvs_list_connection(&connection, connections->out);
}

/* A service has one memory for all of its listens of a family: it is shown as the first one's. */
static bool is_first(const struct ipvs_entries *entries, const struct ipvs_entry *entry)
{
	for (const struct ipvs_entry *other = entries->v.v; other < entry; other++)
		if (other->service == entry->service &&
		    config_listen_family(&other->listen) == config_listen_family(&entry->listen))
			return false;
	return true;
}

static int show_templates(struct connections *connections, const struct ipvs_entries *entries)
{
	int r = 0;

	array_foreach(&entries->v, entry) {
		const struct config_service *service = entry->service;

		if (!service->persistent_ms || !is_first(entries, entry))
			continue;
		for (size_t i = 0; r == 0 && i < service->servers.n; i++) {
			const struct config_server *server = &service->servers.v[i];

			if (server->address.family != config_listen_family(&entry->listen))
				continue;
			connections->template = ipvs_template(&entry->listen, server);
			r = read_memory(connections->d, service, i, show_client, connections);
		}
	}
	return r;
}

static int show_connections(struct daemon *d, FILE *out)
{
	struct connections connections = { .d = d, .out = out };
	struct ipvs_entries entries = { 0 };
	int r = ipvs_entries_collect(&d->world, &entries);

	ipvs_list_connections_title(out);
	r = r < 0 ? r : d->kernel->ops->flows_dump(d->kernel, show_flow, &connections);
	r = r < 0 ? r : show_direct(&connections);
	r = r < 0 ? r : show_templates(&connections, &entries);
	array_done(&connections.numbered);
	array_done(&entries.v);
	return r;
}

static int show_saved(const struct daemon *d, FILE *out)
{
	struct ipvs_table table;
	int r = ipvs_table_copy(&d->ipvs, &table);

	if (r < 0)
		return r;
	ipvs_table_sort(&table);
	ipvs_table_print(&table, out);
	ipvs_table_done(&table);
	return 0;
}

static int show_services(struct daemon *d, const struct ipvs_command *command, FILE *out,
			 struct ipvs_refusal *refusal)
{
	int r = 0;

	daemon_requests.world(d);
	if (ipvs_has(command, OPTION_STATS) || ipvs_has(command, OPTION_RATE))
		r = look_at_traffic(d);
	if (ipvs_has(command, OPTION_PERSISTENT_CONN))
		r = r < 0 ? r : count_clients(d);
	return r < 0 ? r : ipvs_list(&d->world, command, out, refusal);
}

int ipvs_show(struct daemon *d, const struct ipvs_command *command, FILE *out,
	      struct ipvs_refusal *refusal)
{
	if (command->verb == IPVS_SAVE)
		return show_saved(d, out);
	if (ipvs_has(command, OPTION_CONNECTION))
		return show_connections(d, out);
	return show_services(d, command, out, refusal);
}
