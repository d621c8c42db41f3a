/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Health checks of real servers: the configuration's checks and agents as probes, and what they say
 * as facts of the world. A check that stays the same goes on over a reload; one that changes, or
 * begins after a restart of the daemon, begins with the last verdict.
 */
#include "daemon/state.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"
#include "probe/probe.h"
#include "service/judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The probes of one server. */
struct check {
	struct daemon *daemon;
	char service[CONFIG_DYNAMIC_NAME_MAX + 1];
	char server[IP_TEXT_MAX + 8];
	uint64_t spec; /* a hash of all that they are made from */
	struct probe *check, *agent;
	struct arena arena; /* the strings of the probes: they outlive the configuration */
	bool kept;
};

struct checks {
	struct probes *probes;
	ARRAY(struct check *) v; /* by service and server */
};

int checks_new(sd_event *event, struct checks **ret)
{
	struct checks *checks = calloc(1, sizeof(*checks));
	int r = checks ? probes_new(event, &checks->probes) : -ENOMEM;

	if (r < 0) {
		free(checks);
		return r;
	}
	*ret = checks;
	return 0;
}

static void check_free(struct check *check)
{
	probe_remove(check->check);
	probe_remove(check->agent);
	arena_done(&check->arena);
	free(check);
}

void checks_free(struct checks *checks)
{
	if (!checks)
		return;
	array_foreach(&checks->v, check)
		check_free(*check);
	array_done(&checks->v);
	probes_free(checks->probes);
	free(checks);
}

static int compare_names(const struct check *check, const char *service, const char *server)
{
	int c = strcmp(check->service, service);

	return c ? c : strcmp(check->server, server);
}

static int check_compare(const void *a, const void *b)
{
	const struct check *const *x = a, *const *y = b;

	return compare_names(*x, (*y)->service, (*y)->server);
}

/* NULL when there is no such server any more. */
static struct server_state *state_of(const struct check *check, size_t *ret_service)
{
	const struct world *world = &check->daemon->world;
	size_t server;

	if (!world_find_server(world->config, check->service, check->server, ret_service, &server))
		return NULL;
	return &world->services[*ret_service].servers[server];
}

/* Between the check and the agent the worse counts. */
static void note_health(const struct check *check, struct server_health *health)
{
	const struct probe_result *result = check->check ? probe_result(check->check) : NULL;
	const struct probe_result *agent = check->agent ? probe_result(check->agent) : NULL;
	bool was = health->down;
	const char *reason = "";

	health->down = (result && !result->up) || (agent && (!agent->up || agent->agent_maint));
	health->drain = agent && agent->up && agent->agent_drain;
	health->percent = agent ? agent->agent_weight : -1;
	if (result && !result->up)
		reason = *result->reason ? result->reason : "not checked yet";
	else if (agent && (health->down || health->drain))
		reason = agent->reason;
	snprintf(health->reason, sizeof(health->reason), "%s", reason);
	if (was && !health->down)
		health->back_us = monotonic_us();
}

static void on_change(struct probe *probe, const struct probe_result *result, void *userdata)
{
	struct check *check = userdata;
	size_t service;
	struct server_state *state = state_of(check, &service);

	if (!state)
		return;
	note_health(check, &state->health);
	world_touch(&check->daemon->world, service);
	touched_soon(check->daemon);
}

static const enum probe_kind kinds[CHECK_KIND_MAX] = {
	[CHECK_TCP] = PROBE_TCP, [CHECK_HTTP] = PROBE_HTTP,     [CHECK_HTTPS] = PROBE_HTTPS,
	[CHECK_DNS] = PROBE_DNS, [CHECK_SMTP] = PROBE_SMTP,     [CHECK_ICMP] = PROBE_ICMP,
	[CHECK_UDP] = PROBE_UDP, [CHECK_SCRIPT] = PROBE_SCRIPT,
};

static uint16_t check_port(const struct config_service *service, const struct config_server *server)
{
	if (server->check.port)
		return server->check.port;
	return server->port || !service->listens.n ? server->port : service->listens.v[0].port;
}

static struct probe_spec check_spec(const struct config_service *service,
				    const struct config_server *server)
{
	const struct config_check *check = &server->check;
	bool script = check->kind == CHECK_SCRIPT;

	return (struct probe_spec){
		.kind = kinds[check->kind],
		.target = server->address,
		.port = check_port(service, server),
		.interval_us = check->interval_ms * 1000,
		.timeout_us = check->timeout_ms * 1000,
		.fail = check->fail,
		.pass = check->pass,
		.initial_up = check->initial_up,
		.unsent_fails = true,
		.host = check->host,
		.path = script ? NULL : check->path,
		.script = script ? check->path : NULL,
		.status = check->status,
		.regex = check->match,
		.verify = check->verify,
		.dns_name = check->name,
		.dns_type = check->type,
		.payload = check->send,
		.expect = check->expect,
	};
}

static struct probe_spec agent_spec(const struct config_server *server)
{
	const struct config_agent *agent = &server->agent;

	return (struct probe_spec){
		.kind = PROBE_AGENT,
		.target = server->address,
		.port = agent->port,
		.interval_us = agent->interval_ms * 1000,
		.timeout_us = agent->interval_ms * 1000,
		.fail = 3,
		.pass = 1,
		.initial_up = true,
		.payload = agent->send,
	};
}

/* A server that is reached over a line is asked over it. */
static void bind_to_line(const struct world *world, const struct config_server *server,
			 struct probe_spec *spec)
{
	const struct line *line = server_line(world, server);

	if (!line)
		return;
	spec->device = line->config->interface;
	spec->mark = line_mark(world, line);
}

/* Among the first `n`, which are sorted. */
static struct check *find_check(const struct checks *checks, size_t n, const char *service,
				const char *server)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int c = compare_names(checks->v.v[middle], service, server);

		if (c == 0)
			return checks->v.v[middle];
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static int add_probe(struct check *check, struct probe_spec spec, struct probe **ret)
{
	const char *wrong = probe_spec_error(&spec);
	int r = probe_spec_own(&check->arena, &spec);

	if (wrong)
		log_error("service %s: the check of %s: %s", check->service, check->server, wrong);
	return r < 0 ? r : probe_add(check->daemon->checks->probes, &spec, on_change, check, ret);
}

/* What the probes of a server are to be; false when it has none. */
struct wanted {
	struct probe_spec check, agent;
	bool has_check, has_agent;
	uint64_t hash;
};

static struct wanted want_probes(const struct world *world, const struct config_service *service,
				 const struct config_server *server)
{
	struct wanted wanted = { .has_check = server->check.kind != CHECK_NONE,
				 .has_agent = server->agent.port,
				 .hash = HASH_START };

	if (wanted.has_check) {
		wanted.check = check_spec(service, server);
		bind_to_line(world, server, &wanted.check);
		wanted.hash = probe_spec_hash(wanted.hash, &wanted.check);
	}
	if (wanted.has_agent) {
		wanted.agent = agent_spec(server);
		bind_to_line(world, server, &wanted.agent);
		wanted.hash = probe_spec_hash(wanted.hash, &wanted.agent);
	}
	return wanted;
}

static int start(struct daemon *d, const struct config_service *service,
		 const struct config_server *server, const struct wanted *wanted,
		 struct server_health *health)
{
	struct check *check = calloc(1, sizeof(*check));
	int r = 0;

	if (!check)
		return -ENOMEM;
	*check = (struct check){ .daemon = d, .spec = wanted->hash, .kept = true };
	snprintf(check->service, sizeof(check->service), "%s", service->name);
	snprintf(check->server, sizeof(check->server), "%s", server->text);
	if (wanted->has_check)
		r = add_probe(check, wanted->check, &check->check);
	if (r == 0 && wanted->has_agent)
		r = add_probe(check, wanted->agent, &check->agent);
	r = r < 0 ? r : array_push(&d->checks->v, check);
	if (r < 0)
		check_free(check);
	else
		note_health(check, health);
	return r;
}

/* The last verdict of the check before it, or of the daemon before us; else what the file says. */
static bool begins_up(const struct daemon *d, const struct config_service *service,
		      const struct config_server *server, const struct check *before)
{
	if (before && before->check)
		return probe_result(before->check)->up;
	if (!d->settled && runtime_is_down(&d->runtime, service->name, server->text))
		return false;
	return server->check.initial_up;
}

/* Keeps the probes of a server that are what they should be, and starts others. */
static int use_server(struct daemon *d, const struct config_service *service,
		      const struct config_server *server, struct server_health *health,
		      size_t known)
{
	struct wanted wanted = want_probes(&d->world, service, server);
	struct check *check;

	if (!wanted.has_check && !wanted.has_agent)
		return 0;
	check = find_check(d->checks, known, service->name, server->text);
	if (check && check->spec == wanted.hash) {
		check->kept = true;
		return 0;
	}
	wanted.check.initial_up = begins_up(d, service, server, check);
	return start(d, service, server, &wanted, health);
}

static void use_service(struct daemon *d, size_t index, size_t known)
{
	const struct config_service *service = &d->config->services.v[index];

	for (size_t i = 0; i < service->servers.n; i++) {
		const struct config_server *server = &service->servers.v[i];
		struct server_health *health = &d->world.services[index].servers[i].health;
		int r = use_server(d, service, server, health, known);

		if (r < 0)
			log_errno(LOG_ERR, r, "service %s: server %s cannot be checked",
				  service->name, server->text);
		/* Nobody is asked, so nothing is known. */
		if (server->check.kind == CHECK_NONE && !server->agent.port)
			*health = (struct server_health){ .percent = -1 };
	}
}

int checks_remember(struct daemon *d)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -ENOMEM;
	array_foreach(&d->checks->v, check)
		if ((*check)->check && !probe_result((*check)->check)->up)
			fprintf(out, "%s %s\n", (*check)->service, (*check)->server);
	if (fclose(out) == EOF)
		return -ENOMEM;
	free(d->runtime.down);
	d->runtime.down = TAKE_PTR(text);
	return 0;
}

void checks_use(struct daemon *d)
{
	struct checks *checks = d->checks;
	size_t known = checks->v.n, kept = 0;

	array_foreach(&checks->v, check)
		(*check)->kept = false;
	for (size_t i = 0; i < d->config->services.n; i++)
		use_service(d, i, known);
	array_foreach(&checks->v, check)
		if ((*check)->kept)
			checks->v.v[kept++] = *check;
		else
			check_free(*check);
	checks->v.n = kept;
	if (kept)
		qsort(checks->v.v, kept, sizeof(struct check *), check_compare);
}
