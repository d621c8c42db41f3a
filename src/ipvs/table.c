/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table and what commands do to it. Errors are those of the kernel's IPVS, in ipvsadm's words.
 */
#include "ipvs/table.h"

#include "ipvs/words.h"

#include <errno.h>
#include <string.h>

enum {
	DEFAULT_TCP_S = 900,
	DEFAULT_TCP_FIN_S = 120,
	DEFAULT_UDP_S = 300
};

void ipvs_table_init(struct ipvs_table *table)
{
	*table = (struct ipvs_table){ .timeouts = { .tcp = DEFAULT_TCP_S,
						    .tcp_fin = DEFAULT_TCP_FIN_S,
						    .udp = DEFAULT_UDP_S } };
}

static void clear(struct ipvs_table *table)
{
	array_foreach(&table->services, service)
		array_done(&service->servers);
	table->services.n = 0;
}

void ipvs_table_done(struct ipvs_table *table)
{
	clear(table);
	array_done(&table->services);
}

static int copy_service(const struct ipvs_service *service, struct ipvs_table *table)
{
	struct ipvs_service copy = { .listen = service->listen, .settings = service->settings };
	int r = 0;

	array_foreach(&service->servers, server)
		r = r < 0 ? r : array_push(&copy.servers, *server);
	r = r < 0 ? r : array_push(&table->services, copy);
	if (r < 0)
		array_done(&copy.servers);
	return r;
}

int ipvs_table_copy(const struct ipvs_table *table, struct ipvs_table *ret)
{
	int r = 0;

	*ret = (struct ipvs_table){ .timeouts = table->timeouts };
	array_foreach(&table->services, service)
		r = r < 0 ? r : copy_service(service, ret);
	if (r < 0)
		ipvs_table_done(ret);
	return r;
}

static int refused(struct ipvs_refusal *refusal, int error, const char *message)
{
	refuse(refusal, IPVS_EXIT_FAILURE, "%s", message);
	return error;
}

static struct ipvs_service *find_service(struct ipvs_table *table,
					 const struct config_listen *listen)
{
	for (size_t i = 0; i < table->services.n; i++) {
		size_t at = (table->last + i) % table->services.n;

		if (!ipvs_same_service(&table->services.v[at].listen, listen))
			continue;
		table->last = at;
		return &table->services.v[at];
	}
	return NULL;
}

static bool is_of_file(const struct config *file, const struct config_listen *listen)
{
	for (size_t i = 0; file && i < file->services.n; i++) {
		const struct config_service *service = &file->services.v[i];

		for (size_t j = 0; !service->dynamic && j < service->listens.n; j++)
			if (service->listens.v[j].uplink < 0 &&
			    ipvs_same_service(&service->listens.v[j], listen))
				return true;
	}
	return false;
}

/* Kernel and ipvsadm have a word for a service that is missing, and another for a server's. */
static int no_service(const struct config *file, const struct ipvs_command *command,
		      struct ipvs_refusal *refusal)
{
	if (is_of_file(file, &command->service))
		return refused(refusal, -EPERM,
			       "The service is one of the configuration file: change it there");
	return refused(refusal, -ENOENT,
		       ipvs_has(command, OPTION_SERVER) ? "Service not defined"
							: "No such service");
}

static int add_service(struct ipvs_table *table, const struct config *file,
		       const struct ipvs_command *command, struct ipvs_refusal *refusal)
{
	struct ipvs_service service = { .listen = command->service, .settings = command->settings };

	if (find_service(table, &command->service) || is_of_file(file, &command->service))
		return refused(refusal, -EEXIST, "Service already exists");
	if (array_push(&table->services, service) < 0)
		return refused(refusal, -ENOMEM, "Memory allocation problem");
	table->last = table->services.n - 1;
	return 0;
}

static void delete_service(struct ipvs_table *table, struct ipvs_service *service)
{
	size_t after = (size_t)(table->services.v + table->services.n - service) - 1;

	array_done(&service->servers);
	memmove(service, service + 1, after * sizeof(*service));
	table->services.n--;
}

static struct ipvs_server *find_server(const struct ipvs_service *service,
				       const struct ipvs_server *wanted)
{
	array_foreach(&service->servers, server)
		if (server->port == wanted->port && ip_equal(&server->address, &wanted->address))
			return server;
	return NULL;
}

bool ipvs_table_has(const struct ipvs_table *table, const struct config_listen *listen)
{
	array_foreach(&table->services, service)
		if (ipvs_same_service(&service->listen, listen))
			return true;
	return false;
}

const struct ipvs_server *ipvs_table_server(const struct ipvs_table *table,
					    const struct ipvs_command *command)
{
	array_foreach(&table->services, service)
		if (ipvs_same_service(&service->listen, &command->service))
			return find_server(service, &command->server);
	return NULL;
}

static int add_server(struct ipvs_service *service, const struct ipvs_server *server,
		      struct ipvs_refusal *refusal)
{
	if (find_server(service, server))
		return refused(refusal, -EEXIST, "Destination already exists");
	if (array_push(&service->servers, *server) < 0)
		return refused(refusal, -ENOMEM, "Memory allocation problem");
	return 0;
}

static void delete_server(struct ipvs_service *service, struct ipvs_server *server)
{
	size_t after = (size_t)(service->servers.v + service->servers.n - server) - 1;

	memmove(server, server + 1, after * sizeof(*server));
	service->servers.n--;
}

static int change_server(struct ipvs_service *service, const struct ipvs_command *command,
			 struct ipvs_refusal *refusal)
{
	struct ipvs_server *server;

	if (command->verb != IPVS_DELETE_SERVER && command->server.lower > command->server.upper)
		return refused(refusal, -ERANGE, strerror(ERANGE));
	if (command->verb == IPVS_ADD_SERVER || command->verb == IPVS_ADD_BOTH)
		return add_server(service, &command->server, refusal);
	server = find_server(service, &command->server);
	if (!server)
		return refused(refusal, -ENOENT, "No such destination");
	if (command->verb == IPVS_DELETE_SERVER)
		delete_server(service, server);
	else
		*server = command->server;
	return 0;
}

static int change_service(struct ipvs_table *table, const struct config *file,
			  const struct ipvs_command *command, struct ipvs_refusal *refusal)
{
	struct ipvs_service *service = find_service(table, &command->service);

	if (!service && command->verb == IPVS_ADD_BOTH) {
		int r = add_service(table, file, command, refusal);

		if (r < 0)
			return r;
		service = find_service(table, &command->service);
	}
	if (!service)
		return no_service(file, command, refusal);
	if (ipvs_has(command, OPTION_SERVER))
		return change_server(service, command, refusal);
	if (command->verb == IPVS_DELETE_SERVICE)
		delete_service(table, service);
	else
		service->settings = command->settings;
	return 0;
}

static int service_compare(const void *a, const void *b)
{
	const struct ipvs_service *x = a, *y = b;

	return ipvs_service_compare(&x->listen, &y->listen);
}

static int server_compare(const void *a, const void *b)
{
	const struct ipvs_server *x = a, *y = b;
	int c = ip_compare(&x->address, &y->address);

	return c ? c : (int)x->port - (int)y->port;
}

void ipvs_table_sort(struct ipvs_table *table)
{
	table->last = 0;
	array_sort(&table->services, service_compare);
	array_foreach(&table->services, service)
		array_sort(&service->servers, server_compare);
}

static void set_timeouts(struct ipvs_table *table, const uint32_t *seconds)
{
	unsigned *timeouts[] = { &table->timeouts.tcp, &table->timeouts.tcp_fin,
				 &table->timeouts.udp };

	for (size_t i = 0; i < ELEMENTS_OF(timeouts); i++)
		if (seconds[i])
			*timeouts[i] = seconds[i];
}

int ipvs_table_apply(struct ipvs_table *table, const struct config *file,
		     const struct ipvs_command *command, struct ipvs_refusal *ret_refusal)
{
	switch (command->verb) {
	case IPVS_ADD_SERVICE:
		return add_service(table, file, command, ret_refusal);
	case IPVS_EDIT_SERVICE:
	case IPVS_DELETE_SERVICE:
	case IPVS_ADD_SERVER:
	case IPVS_DELETE_SERVER:
	case IPVS_EDIT_SERVER:
	case IPVS_ADD_BOTH:
		return change_service(table, file, command, ret_refusal);
	case IPVS_CLEAR:
		clear(table);
		return 0;
	case IPVS_SET:
		set_timeouts(table, command->timeouts_s);
		return 0;
	case IPVS_ZERO:
	case IPVS_LIST:
	case IPVS_RESTORE:
	case IPVS_SAVE:
	case IPVS_HELP:
	case IPVS_VERSION:
	case IPVS_VERB_MAX:
		break;
	}
	return refused(ret_refusal, -EINVAL, "Invalid operation");
}
