/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a world, and the few things that follow from it and are needed everywhere.
 */
#include "intent/world.h"

#include <errno.h>
#include <string.h>

static void inherit_line(struct line *line, const struct world *before)
{
	const struct config_uplink *config = line->config;
	int at = config_find_uplink(before->config, config->name);

	if (at < 0)
		return;
	*line = before->lines[at];
	line->config = config;
}

static void inherit_totals(const struct config_service *service, struct service_state *state,
			   const struct world *before)
{
	for (size_t i = 0; i < before->config->services.n; i++) {
		const struct config_service *old = &before->config->services.v[i];

		if (strcmp(old->name, service->name) != 0)
			continue;
		for (size_t j = 0; j < service->servers.n; j++)
			for (size_t k = 0; k < old->servers.n; k++)
				if (strcmp(service->servers.v[j].text, old->servers.v[k].text) == 0)
					state->servers[j].total =
						before->services[i].servers[k].total;
	}
}

static int init_services(struct world *world, const struct world *before)
{
	for (size_t i = 0; i < world->config->services.n; i++) {
		const struct config_service *service = &world->config->services.v[i];
		struct service_state *state = &world->services[i];

		state->servers = calloc(service->servers.n + 1, sizeof(*state->servers));
		if (!state->servers)
			return -ENOMEM;
		for (size_t j = 0; j < service->servers.n; j++)
			state->servers[j].weight = service->servers.v[j].weight;
		if (before)
			inherit_totals(service, state, before);
	}
	return 0;
}

int world_init(struct world *world, const struct config *config, const struct facts *facts,
	       const struct world *before)
{
	*world = (struct world){ .config = config, .facts = facts };
	world->lines = calloc(config->uplinks.n + 1, sizeof(*world->lines));
	world->services = calloc(config->services.n + 1, sizeof(*world->services));
	if (!world->lines || !world->services)
		return -ENOMEM;
	for (size_t i = 0; i < config->uplinks.n; i++) {
		world->lines[i].config = &config->uplinks.v[i];
		if (before)
			inherit_line(&world->lines[i], before);
	}
	return init_services(world, before);
}

void world_done(struct world *world)
{
	for (size_t i = 0; world->services && i < world->config->services.n; i++)
		free(world->services[i].servers);
	free(world->services);
	free(world->lines);
	*world = (struct world){ 0 };
}

const char *uplink_state_text(enum uplink_state state)
{
	static const char *const texts[UPLINK_STATE_MAX] = {
		[UPLINK_DISABLED] = "disabled",
		[UPLINK_ABSENT] = "absent",
		[UPLINK_DOWN] = "down",
		[UPLINK_UP] = "up",
	};

	return texts[state];
}

uint32_t line_mark(const struct world *world, const struct line *line)
{
	return line->number << __builtin_ctz(world->config->gateway.mark_mask);
}

uint32_t line_table(const struct world *world, const struct line *line)
{
	return world->config->gateway.table_base + line->number;
}

const struct line *world_line_of_link(const struct world *world, int link)
{
	for (size_t i = 0; link && i < world->config->uplinks.n; i++)
		if (world->lines[i].link == link)
			return &world->lines[i];
	return NULL;
}

bool world_has_server(const struct world *world, const struct ip_prefix *net)
{
	array_foreach(&world->config->services, service)
		for (size_t i = 0; i < service->servers.n; i++)
			if (ip_contains(net, &service->servers.v[i].address))
				return true;
	return false;
}
