/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a world, and the few things that follow from it and are needed everywhere.
 */
#include "intent/world.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
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

/* Picks by line belong to the lines' names; those of a line that is gone are forgotten. */
static void inherit_by_line(const struct world *world, struct server_state *server,
			    const struct world *before, const struct server_state *old)
{
	server->by_line[0] = old->by_line[0];
	for (size_t i = 0; i < world->config->uplinks.n; i++) {
		int at = config_find_uplink(before->config, world->config->uplinks.v[i].name);

		if (at >= 0)
			server->by_line[i + 1] = old->by_line[at + 1];
	}
}

/* What a policy of the same name remembers, for as far as its lines are still there. */
static void inherit_policy(const struct world *world, struct policy_state *state, size_t index,
			   const struct world *before)
{
	const struct config_policy *policy = &world->config->policies.v[index];
	const struct policy_state *old = NULL;

	array_foreach(&before->config->policies, other)
		if (strcmp(other->name, policy->name) == 0 && other->scheduler == policy->scheduler)
			old = &before->policies[other - before->config->policies.v];
	for (size_t i = 0; old && i < world->config->uplinks.n; i++) {
		int at = config_find_uplink(before->config, world->config->uplinks.v[i].name);

		if (at < 0)
			continue;
		for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
			if (old->line[f] == at)
				state->line[f] = (int)i;
		state->above |= ((old->above >> at) & 1U) << i;
		state->weights[i] = old->weights[at];
	}
}

static void init_policies(struct world *world, const struct world *before)
{
	for (size_t i = 0; i < world->config->policies.n; i++) {
		struct policy_state *state = &world->policies[i];

		for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
			state->line[f] = -1;
		if (before)
			inherit_policy(world, state, i, before);
	}
}

/*
 * What outlives a reload of a server that stays. What is judged is judged again, beginning with
 * the last state, so that only changes are told.
 */
static void inherit_server(struct server_state *server, const struct server_state *before)
{
	server->health = before->health;
	server->condition = before->condition;
	server->overloaded = before->overloaded;
	server->total = before->total;
	memcpy(server->packets, before->packets, sizeof(server->packets));
	memcpy(server->bytes, before->bytes, sizeof(server->bytes));
	server->traffic = before->traffic;
}

static void inherit_servers(const struct world *world, size_t index, const struct world *before,
			    size_t old_index)
{
	const struct config_service *service = &world->config->services.v[index];
	const struct config_service *old = &before->config->services.v[old_index];

	world->services[index].below_quorum = before->services[old_index].below_quorum;
	for (size_t j = 0; j < service->servers.n; j++)
		for (size_t k = 0; k < old->servers.n; k++) {
			struct server_state *server = &world->services[index].servers[j];
			const struct server_state *was = &before->services[old_index].servers[k];

			if (strcmp(service->servers.v[j].text, old->servers.v[k].text) != 0)
				continue;
			inherit_server(server, was);
			inherit_by_line(world, server, before, was);
		}
}

static int by_service_name(const void *a, const void *b)
{
	const struct config_service *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* Services of `config` by name, to be freed; NULL without memory. */
static const struct config_service **sort_services(const struct config *config)
{
	const struct config_service **sorted = calloc(config->services.n + 1, sizeof(*sorted));

	for (size_t i = 0; sorted && i < config->services.n; i++)
		sorted[i] = &config->services.v[i];
	if (sorted)
		qsort(sorted, config->services.n, sizeof(*sorted), by_service_name);
	return sorted;
}

static int inherit_services(struct world *world, const struct world *before)
{
	_cleanup_free_ const struct config_service **sorted = sort_services(before->config);

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < world->config->services.n; i++) {
		const struct config_service *key = &world->config->services.v[i], **found;

		found = bsearch(&key, sorted, before->config->services.n, sizeof(*sorted),
				by_service_name);
		if (found)
			inherit_servers(world, i, before,
					(size_t)(*found - before->config->services.v));
	}
	return 0;
}

static int init_service(struct world *world, size_t index)
{
	const struct config_service *service = &world->config->services.v[index];
	size_t lines = world->config->uplinks.n + 1;
	struct service_state *state = &world->services[index];

	state->servers = calloc(service->servers.n + 1, sizeof(*state->servers));
	state->by_line = calloc(service->servers.n * lines + 1, sizeof(*state->by_line));
	if (!state->servers || !state->by_line)
		return -ENOMEM;
	for (size_t j = 0; j < service->servers.n; j++) {
		struct server_state *server = &state->servers[j];

		server->weight = service->servers.v[j].weight;
		server->share = server->weight;
		server->health.percent = -1;
		server->reason = "";
		server->by_line = &state->by_line[j * lines];
	}
	return 0;
}

static int init_services(struct world *world, const struct world *before)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < world->config->services.n; i++)
		r = init_service(world, i);
	return r == 0 && before ? inherit_services(world, before) : r;
}

int world_init(struct world *world, const struct config *config, const struct facts *facts,
	       const struct world *before)
{
	*world = (struct world){ .config = config,
				 .facts = facts,
				 .timeouts = { .tcp = 900, .tcp_fin = 120, .udp = 300 } };
	if (before) {
		world->deprecation = before->deprecation;
		world->timeouts = before->timeouts;
		world->generation = before->generation + 1;
		world->flushed = before->flushed;
	}
	world->lines = calloc(config->uplinks.n + 1, sizeof(*world->lines));
	world->services = calloc(config->services.n + 1, sizeof(*world->services));
	world->policies = calloc(config->policies.n + 1, sizeof(*world->policies));
	if (!world->lines || !world->services || !world->policies)
		return -ENOMEM;
	init_policies(world, before);
	for (size_t i = 0; i < config->uplinks.n; i++) {
		world->lines[i].config = &config->uplinks.v[i];
		if (before)
			inherit_line(&world->lines[i], before);
	}
	return init_services(world, before);
}

void world_done(struct world *world)
{
	for (size_t i = 0; world->services && i < world->config->services.n; i++) {
		free(world->services[i].servers);
		free(world->services[i].by_line);
		free(world->services[i].rolls);
	}
	array_done(&world->touched);
	free(world->services);
	free(world->policies);
	free(world->lines);
	*world = (struct world){ 0 };
}

const char *server_condition_text(enum server_condition condition)
{
	static const char *const texts[SERVER_CONDITION_MAX] = {
		[SERVER_UP] = "up",
		[SERVER_DRAINED] = "drained",
		[SERVER_OVERLOADED] = "overloaded",
		[SERVER_DOWN] = "down",
		[SERVER_UNUSABLE] = "unusable",
	};

	return texts[condition];
}

const char *uplink_state_text(enum uplink_state state)
{
	static const char *const texts[UPLINK_STATE_MAX] = {
		[UPLINK_DISABLED] = "disabled",
		[UPLINK_ABSENT] = "absent",
		[UPLINK_DOWN] = "down",
		[UPLINK_PROBING] = "probing",
		[UPLINK_UP] = "up",
		[UPLINK_DEGRADED] = "degraded",
	};

	return texts[state];
}

const char *line_grade_text(enum line_grade grade)
{
	static const char *const texts[GRADE_MAX] = {
		[GRADE_NONE] = "none",       [GRADE_LAST] = "last",
		[GRADE_PROBING] = "probing", [GRADE_DEGRADED] = "degraded",
		[GRADE_RESERVE] = "reserve", [GRADE_FULL] = "full",
	};

	return texts[grade];
}

const char *line_health_text(enum line_health health)
{
	static const char *const texts[HEALTH_MAX] = {
		[HEALTH_UNKNOWN] = "unknown", [HEALTH_GOOD] = "good",     [HEALTH_POOR] = "poor",
		[HEALTH_BAD] = "bad",         [HEALTH_UNSENT] = "unsent",
	};

	return texts[health];
}

void world_touch(struct world *world, size_t service)
{
	struct service_state *state = &world->services[service];

	if (!state->touched)
		state->touched = array_push(&world->touched, (uint32_t)service) == 0;
}

void world_untouch(struct world *world)
{
	array_foreach(&world->touched, service)
		world->services[*service].touched = false;
	world->touched.n = 0;
}

bool world_find_server(const struct config *config, const char *service, const char *server,
		       size_t *ret_service, size_t *ret_server)
{
	array_foreach(&config->services, s)
		for (size_t i = 0; strcmp(s->name, service) == 0 && i < s->servers.n; i++)
			if (strcmp(s->servers.v[i].text, server) == 0) {
				*ret_service = (size_t)(s - config->services.v);
				*ret_server = i;
				return true;
			}
	return false;
}

uint32_t line_mark(const struct world *world, const struct line *line)
{
	return line->number << __builtin_ctz(world->config->gateway.mark_mask);
}

uint32_t line_table(const struct world *world, const struct line *line)
{
	return world->config->gateway.table_base + line->number;
}

bool world_is_inside(const struct world *world, int link)
{
	const struct link *found = facts_link(world->facts, link);
	const struct names *inside = &world->config->gateway.inside;

	for (size_t i = 0; found && i < inside->n; i++)
		if (strcmp(inside->v[i], found->name) == 0)
			return true;
	return false;
}

bool world_may_carry(const struct world *world, enum family_index f)
{
	for (size_t i = 0; i < world->config->uplinks.n; i++)
		if (world->lines[i].family[f].usable && world->lines[i].grade >= GRADE_PROBING)
			return true;
	return false;
}

bool world_does_without(const struct world *world, const struct line *line, enum family_index f)
{
	return !line->family[f].carries && world_may_carry(world, f);
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
