/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a real server, worst reason first: it cannot be reached at all, its check failed, it
 * is full, it weighs nothing. A pure function of the world and the time.
 */
#include "service/judge.h"

#include "policy/choice.h"
#include "sched/sched.h"

#include <string.h>

enum {
	SLOW_START_STEPS = 20 /* in which the weight of a returning server grows */
};

struct verdict {
	enum server_condition condition;
	const char *reason;
};

int server_link(const struct world *world, const struct config_server *server)
{
	const struct address *best = NULL;

	array_foreach(&world->facts->addresses, address) {
		struct ip_prefix net = ip_network(&address->prefix);

		if (address->usable && net.length < ip_bits(net.address.family) &&
		    ip_contains(&net, &server->address) &&
		    (!best || net.length > best->prefix.length))
			best = address;
	}
	return best ? best->link : 0;
}

/* The link of the most particular route of main that leads there; 0: none but a default. */
static int routed_link(const struct world *world, const struct ip_address *address)
{
	const struct route *best = NULL;

	array_foreach(&world->facts->routes, route)
		if (route->destination.length && ip_contains(&route->destination, address) &&
		    (!best || route->destination.length > best->destination.length))
			best = route;
	return best ? best->link : 0;
}

static bool is_own(const struct world *world, const struct ip_address *address)
{
	array_foreach(&world->facts->addresses, have)
		if (ip_equal(&have->prefix.address, address))
			return true;
	return false;
}

const struct line *server_line(const struct world *world, const struct config_server *server)
{
	int link;

	if (server->via >= 0)
		return &world->lines[server->via];
	if (server->method == METHOD_LOCAL || is_own(world, &server->address))
		return NULL;
	link = server_link(world, server);
	link = link ? link : routed_link(world, &server->address);
	if (link)
		return world_line_of_link(world, link);
	return choice_least_bad(world, family_index(server->address.family));
}

static const char *const tunnel_lacks[TUNNEL_MAX] = {
	[TUNNEL_IPIP] = "this kernel has no ipip tunnels",
	[TUNNEL_GRE] = "this kernel has no gre tunnels",
	[TUNNEL_GUE] = "this kernel has no gue tunnels",
};

/* Why the server's method cannot be had here, or NULL. */
static const char *method_lacks(const struct world *world, const struct config_server *server)
{
	const struct facts *facts = world->facts;

	switch (server->method) {
	case METHOD_ROUTE:
		if (facts->lacks_fwd)
			return "this kernel cannot forward from the ingress hook";
		return server_link(world, server) ? NULL : "not on a net of this box";
	case METHOD_TUNNEL:
		if (facts->lacks_fwd)
			return "this kernel cannot forward from the ingress hook";
		return facts->lacks_tunnel[family_index(server->address.family)][server->tunnel]
			       ? tunnel_lacks[server->tunnel]
			       : NULL;
	case METHOD_LOCAL:
		return is_own(world, &server->address) ? NULL : "not an address of this box";
	case METHOD_NAT:
	case METHOD_MAX:
		break;
	}
	return NULL;
}

/* It is not beyond the lines: here, on a net of this box, or where main leads without them. */
static bool is_inside(const struct world *world, const struct config_server *server)
{
	if (server->method == METHOD_LOCAL || is_own(world, &server->address) ||
	    server_link(world, server) || routed_link(world, &server->address))
		return true;
	array_foreach(&world->facts->routes, route)
		if (ip_contains(&route->destination, &server->address) &&
		    !world_line_of_link(world, route->link))
			return true;
	return false;
}

static const char *way_lacks(const struct world *world, const struct config_server *server)
{
	const struct line *line = server_line(world, server);
	enum family_index f = family_index(server->address.family);

	if (line)
		return line->family[f].carries ? NULL : "its line is not up";
	if (world->config->uplinks.n && !is_inside(world, server))
		return "no line leads there";
	return NULL;
}

static struct verdict judge_weight(const struct server_state *state)
{
	struct verdict drained = { .condition = SERVER_DRAINED };

	if (state->weight == 0)
		drained.reason =
			state->overridden ? "weight 0 by operator" : "weight 0 in the file";
	else if (state->health.drain)
		drained.reason = state->health.reason;
	else if (state->health.percent == 0)
		drained.reason = "its agent says 0%";
	else
		return (struct verdict){ .condition = SERVER_UP, .reason = "" };
	return drained;
}

static struct verdict judge_server(const struct world *world, const struct config_service *service,
				   const struct config_server *server, struct server_state *state)
{
	bool sorry = service->sorry >= 0 && server == &service->servers.v[service->sorry];
	struct target load = { .active = state->active,
			       .inactive = state->inactive,
			       .upper = server->upper,
			       .lower = server->lower,
			       .overloaded = state->overloaded };
	const char *lacks = method_lacks(world, server);

	lacks = lacks ? lacks : way_lacks(world, server);
	target_judge(&load);
	state->overloaded = load.overloaded;
	if (lacks)
		return (struct verdict){ SERVER_UNUSABLE, lacks };
	if (state->health.down)
		return (struct verdict){ SERVER_DOWN, state->health.reason };
	if (state->overloaded)
		return (struct verdict){ SERVER_OVERLOADED, "upper threshold reached" };
	return sorry ? (struct verdict){ SERVER_DRAINED, "sorry server" } : judge_weight(state);
}

/* How far a server that came back has grown, of SLOW_START_STEPS. */
static uint64_t grown(const struct config_service *service, const struct server_state *state,
		      uint64_t now_us)
{
	uint64_t whole = service->slow_start_ms * 1000, age = now_us - state->health.back_us;

	if (!whole || !state->health.back_us || age >= whole)
		return SLOW_START_STEPS;
	return 1 + age * (SLOW_START_STEPS - 1) / whole;
}

/* An overloaded server keeps its part in the arithmetic of weights, unless it is drained, too. */
static uint32_t share(const struct config_service *service, const struct server_state *state,
		      uint64_t now_us)
{
	uint64_t percent = state->health.percent < 0 ? 100 : (uint64_t)state->health.percent;
	uint64_t weight = state->weight * percent * grown(service, state, now_us);

	if ((state->condition != SERVER_UP && state->condition != SERVER_OVERLOADED) ||
	    state->health.drain || !weight)
		return 0;
	weight /= UINT64_C(100) * SLOW_START_STEPS;
	return weight ? (uint32_t)weight : 1;
}

/* With a quorum: lost below quorum - hysteresis, regained from quorum + hysteresis on. */
static bool judge_quorum(const struct config_service *service, struct service_state *state)
{
	uint64_t weight = 0, margin = service->quorum_hysteresis;
	bool was = state->below_quorum;

	for (size_t i = 0; i < service->servers.n; i++)
		if ((int)i != service->sorry && state->servers[i].condition == SERVER_UP)
			weight += state->servers[i].share;
	if (!service->quorum)
		state->below_quorum = false;
	else if (weight + margin < service->quorum)
		state->below_quorum = true;
	else if (weight >= service->quorum + margin)
		state->below_quorum = false;
	return state->below_quorum != was;
}

bool service_judge(struct world *world, size_t index, uint64_t now_us)
{
	const struct config_service *service = &world->config->services.v[index];
	struct service_state *state = &world->services[index];
	bool changed = false;

	for (size_t i = 0; i < service->servers.n; i++) {
		struct server_state *server = &state->servers[i];
		struct verdict verdict =
			judge_server(world, service, &service->servers.v[i], server);
		uint32_t was = server->share;

		changed = changed || server->condition != verdict.condition || !server->reason ||
			  strcmp(server->reason, verdict.reason) != 0;
		server->condition = verdict.condition;
		server->reason = verdict.reason;
		server->share = share(service, server, now_us);
		changed = changed || server->share != was;
	}
	return judge_quorum(service, state) || changed;
}

uint64_t service_next_step(const struct world *world, size_t index, uint64_t now_us)
{
	const struct config_service *service = &world->config->services.v[index];
	uint64_t whole = service->slow_start_ms * 1000, next = UINT64_MAX;

	for (size_t i = 0; i < service->servers.n; i++) {
		const struct server_state *state = &world->services[index].servers[i];
		uint64_t step = grown(service, state, now_us), at;

		if (step == SLOW_START_STEPS)
			continue;
		at = state->health.back_us +
		     (step * whole + SLOW_START_STEPS - 2) / (SLOW_START_STEPS - 1);
		if (at - now_us < next)
			next = at - now_us;
	}
	return next;
}
