/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a service shows of itself and its servers, and what can be asked of it. */
#include "control/bus.h"

#include "base/hash.h"
#include "config/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	WEIGHT_MAX = 65535
};
#define DEADLINE_MAX_MS (UINT64_C(31) * 24 * 60 * 60 * 1000)

struct service_view {
	struct bus_view head;
	const char *name, *scheduler, *method;
	char **listen;
	uint32_t position;
};

static size_t service_count(const struct world *world)
{
	return world->config->services.n;
}

static const char *service_name(const struct world *world, size_t index)
{
	return world->config->services.v[index].name;
}

static char **look_listen(const struct world *world, const struct config_service *service,
			  struct arena *arena)
{
	char **list = text_list(arena, service->listens.n);

	for (size_t i = 0; list && i < service->listens.n; i++) {
		struct listen_text listen =
			config_listen_text(world->config, &service->listens.v[i]);

		list[i] = arena_strdup(arena, listen.text);
		if (!list[i])
			return NULL;
	}
	return list;
}

static uint64_t hash_servers(const struct config_service *service,
			     const struct service_state *state)
{
	uint64_t hash = HASH_START;

	for (size_t i = 0; i < service->servers.n; i++) {
		const char *text = service->servers.v[i].text;
		const struct server_state *server = &state->servers[i];

		hash = hash_bytes(hash, text, strlen(text) + 1);
		hash = hash_bytes(hash, &server->weight, sizeof(server->weight));
		hash = hash_bytes(hash, &server->overridden, sizeof(server->overridden));
		hash = hash_bytes(hash, &server->condition, sizeof(server->condition));
		hash = hash_bytes(hash, server->reason, strlen(server->reason) + 1);
	}
	return hash;
}

static struct bus_view *service_look(const struct world *world, size_t index, struct arena *arena)
{
	struct service_view *view = arena_alloc(arena, sizeof(*view));
	const struct config_service *service = &world->config->services.v[index];

	if (!view)
		return NULL;
	view->head.others = hash_servers(service, &world->services[index]);
	view->name = service->name;
	view->position = (uint32_t)index;
	view->scheduler = scheduler_id_text(service->scheduler);
	view->method = service_method_text(service->method);
	view->listen = look_listen(world, service, arena);
	return view->listen ? &view->head : NULL;
}

/* The picks of a server by the line of the request; "" for requests that came over none. */
static int append_by_line(sd_bus_message *reply, const struct world *world,
			  const struct server_state *server)
{
	int r = sd_bus_message_open_container(reply, 'e', "sv");

	r = r < 0 ? r : sd_bus_message_append(reply, "s", "ByLine");
	r = r < 0 ? r : sd_bus_message_open_container(reply, 'v', "aa{sv}");
	r = r < 0 ? r : sd_bus_message_open_container(reply, 'a', "a{sv}");
	for (size_t i = 0; r >= 0 && i <= world->config->uplinks.n; i++)
		if (server->by_line[i])
			r = sd_bus_message_append(reply, "a{sv}", 2, "Uplink", "s",
						  i ? world->config->uplinks.v[i - 1].name : "",
						  "Picks", "t", server->by_line[i]);
	for (int i = 0; r >= 0 && i < 3; i++)
		r = sd_bus_message_close_container(reply);
	return r;
}

static int append_fields(sd_bus_message *reply, const struct config_server *config,
			 const struct server_state *server)
{
	return sd_bus_message_append(
		reply, "{sv}{sv}{sv}{sv}{sv}{sv}{sv}{sv}{sv}{sv}", "Address", "s", config->text,
		"Method", "s", service_method_text(config->method), "Weight", "u", server->weight,
		"Share", "u", server->share, "State", "s", server_condition_text(server->condition),
		"Reason", "s", server->reason, "Active", "u", server->active, "Inactive", "u",
		server->inactive, "Total", "t", server->total, "Bytes", "t",
		server->bytes[0] + server->bytes[1]);
}

static int append_server(sd_bus_message *reply, const struct world *world,
			 const struct config_server *config, const struct server_state *server)
{
	int r = sd_bus_message_open_container(reply, 'a', "{sv}");

	r = r < 0 ? r : append_fields(reply, config, server);
	r = r < 0 ? r : append_by_line(reply, world, server);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_servers(sd_bus *bus, const char *path, const char *interface, const char *property,
		       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct bus_view *view = userdata;
	const struct world *world = view->object->control->world;
	const struct config_service *service = &world->config->services.v[view->object->index];
	const struct service_state *state = &world->services[view->object->index];
	int r = sd_bus_message_open_container(reply, 'a', "a{sv}");

	for (size_t i = 0; r >= 0 && i < service->servers.n; i++)
		r = append_server(reply, world, &service->servers.v[i], &state->servers[i]);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static bool has_server(const struct config_service *service, const char *server)
{
	for (size_t i = 0; i < service->servers.n; i++)
		if (strcmp(service->servers.v[i].text, server) == 0)
			return true;
	return false;
}

static int answer_unknown(sd_bus_message *call, const struct config_service *service,
			  const char *server, sd_bus_error *error)
{
	_cleanup_free_ char *message = NULL;
	size_t size;
	FILE *out = open_memstream(&message, &size);

	if (!out)
		return -errno;
	fprintf(out, "service %s has no server %s; it has", service->name, server);
	for (size_t i = 0; i < service->servers.n; i++)
		fprintf(out, "%s %s", i ? "," : "", service->servers.v[i].text);
	if (fclose(out) == EOF)
		return -ENOMEM;
	return control_answer(call, -ENOENT, message, error);
}

/* What somebody wants of a server; deadline 0: no end of the connections it has. */
struct wish {
	const char *server;
	uint32_t weight;
	uint64_t deadline_ms;
};

static int answer_wish(sd_bus_message *call, const struct bus_view *view, const struct wish *wish,
		       sd_bus_error *error)
{
	struct control *control = view->object->control;
	const struct control_requests *requests = control->requests;
	const struct config_service *service =
		&control->world->config->services.v[view->object->index];
	_cleanup_free_ char *message = NULL;
	int r;

	if (!has_server(service, wish->server))
		return answer_unknown(call, service, wish->server, error);
	if (wish->deadline_ms > DEADLINE_MAX_MS)
		return control_answer(call, -ERANGE, "a deadline is at most 31 days", error);
	if (wish->weight > WEIGHT_MAX)
		return control_answer(call, -ERANGE, "a weight is from 0 to 65535", error);
	r = wish->deadline_ms ? requests->drain(control->userdata, service->name, wish->server,
						wish->deadline_ms, &message)
			      : requests->weight(control->userdata, service->name, wish->server,
						 wish->weight, &message);
	return control_answer(call, r, message, error);
}

static int method_set_weight(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct wish wish = { 0 };
	int r = sd_bus_message_read(call, "su", &wish.server, &wish.weight);

	return r < 0 ? r : answer_wish(call, userdata, &wish, error);
}

static int method_drain_within(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct wish wish = { 0 };
	int r = sd_bus_message_read(call, "st", &wish.server, &wish.deadline_ms);

	return r < 0 ? r : answer_wish(call, userdata, &wish, error);
}

static int method_drain(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct wish wish = { 0 };
	int r = sd_bus_message_read(call, "s", &wish.server);

	return r < 0 ? r : answer_wish(call, userdata, &wish, error);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	VIEW_CONSTANT("Name", "s", struct service_view, name),
	VIEW_PROPERTY("Position", "u", struct service_view, position),
	VIEW_PROPERTY("Listen", "as", struct service_view, listen),
	VIEW_PROPERTY("Scheduler", "s", struct service_view, scheduler),
	VIEW_PROPERTY("Method", "s", struct service_view, method),
	SD_BUS_PROPERTY("Servers", "aa{sv}", get_servers, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_METHOD_WITH_ARGS("SetWeight", SD_BUS_ARGS("s", server, "u", weight),
				SD_BUS_NO_RESULT, method_set_weight, 0),
	SD_BUS_METHOD_WITH_ARGS("Drain", SD_BUS_ARGS("s", server), SD_BUS_NO_RESULT, method_drain,
				0),
	SD_BUS_METHOD_WITH_ARGS("DrainWithin", SD_BUS_ARGS("s", server, "t", deadline_ms),
				SD_BUS_NO_RESULT, method_drain_within, 0),
	SD_BUS_VTABLE_END,
};

const struct bus_class service_class = {
	.path = BUS_ROOT "/service",
	.interface = BUS_NAME ".Service",
	.vtable = vtable,
	.count = service_count,
	.name = service_name,
	.look = service_look,
};
