/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Services in the normalised file. What all servers have alike from the service is printed there,
 * and what differs at the server, so that reading it gives every server the same again.
 */
#include "base/time.h"
#include "config/print.h"
#include "config/text.h"

#include <inttypes.h>
#include <string.h>

static void inline_check(FILE *out, const struct config_check *check)
{
	fprintf(out, "check = { kind = \"%s\";", check_kind_text(check->kind));
	inline_time(out, "interval", check->interval_ms);
	inline_time(out, "timeout", check->timeout_ms);
	inline_number(out, "fail", check->fail);
	inline_number(out, "pass", check->pass);
	inline_text(out, "initial", check->initial_up ? "up" : "down");
	inline_option(out, "port", check->port);
	inline_text(out, "path", check->path);
	inline_text(out, "host", check->host);
	inline_text(out, "status", check->status);
	inline_text(out, "match", check->match);
	if (check->verify)
		fputs(" verify = true;", out);
	inline_text(out, "name", check->name);
	inline_text(out, "type", check->type);
	inline_text(out, "send", check->send);
	inline_text(out, "expect", check->expect);
	fputs(" };", out);
}

static void inline_agent(FILE *out, const struct config_agent *agent)
{
	fputs("agent = {", out);
	inline_number(out, "port", agent->port);
	inline_time(out, "interval", agent->interval_ms);
	inline_text(out, "send", agent->send);
	fputs(" };", out);
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same_check(const struct config_check *a, const struct config_check *b)
{
	return a->kind == b->kind && a->interval_ms == b->interval_ms &&
	       a->timeout_ms == b->timeout_ms && a->fail == b->fail && a->pass == b->pass &&
	       a->initial_up == b->initial_up && a->port == b->port && a->verify == b->verify &&
	       is_same_text(a->path, b->path) && is_same_text(a->host, b->host) &&
	       is_same_text(a->status, b->status) && is_same_text(a->match, b->match) &&
	       is_same_text(a->name, b->name) && is_same_text(a->type, b->type) &&
	       is_same_text(a->send, b->send) && is_same_text(a->expect, b->expect);
}

static bool is_same_agent(const struct config_agent *a, const struct config_agent *b)
{
	return a->port == b->port && a->interval_ms == b->interval_ms &&
	       is_same_text(a->send, b->send);
}

/* The servers of the list, which the sorry server is none of. */
static size_t count_listed(const struct config_service *service)
{
	return service->servers.n - (service->sorry >= 0);
}

/* The check that all servers have, or NULL. */
static const struct config_check *common_check(const struct config_service *service)
{
	const struct config_server *servers = service->servers.v;
	size_t n = count_listed(service);

	for (size_t i = 1; i < n; i++)
		if (!is_same_check(&servers[0].check, &servers[i].check))
			return NULL;
	return n && servers[0].check.kind != CHECK_NONE ? &servers[0].check : NULL;
}

static const struct config_agent *common_agent(const struct config_service *service)
{
	const struct config_server *servers = service->servers.v;
	size_t n = count_listed(service);

	for (size_t i = 1; i < n; i++)
		if (!is_same_agent(&servers[0].agent, &servers[i].agent))
			return NULL;
	return n && servers[0].agent.port ? &servers[0].agent : NULL;
}

static void inline_lines(FILE *out, const struct config *config, const struct config_server *server)
{
	for (size_t i = 0; i < server->uplinks.n; i++) {
		fputs(i ? ", " : " uplinks = [ ", out);
		print_quoted(out, config->uplinks.v[server->uplinks.v[i]].name);
	}
	fputs(server->uplinks.n ? " ];" : "", out);
	for (size_t i = 0; i < server->weights.n; i++) {
		fputs(i ? ", {" : " weights = ( {", out);
		inline_text(out, "uplink", config->uplinks.v[server->weights.v[i].uplink].name);
		inline_number(out, "weight", server->weights.v[i].weight);
		fputs(" }", out);
	}
	fputs(server->weights.n ? " );" : "", out);
	if (server->via >= 0)
		inline_text(out, "via", config->uplinks.v[server->via].name);
}

static void inline_method(FILE *out, const struct config_service *service,
			  const struct config_server *server)
{
	if (server->method != service->method)
		inline_text(out, "method", service_method_text(server->method));
	if (server->method != METHOD_TUNNEL)
		return;
	inline_text(out, "tunnel", tunnel_kind_text(server->tunnel));
	inline_option(out, "tunnel_port", server->tunnel_port);
}

static void print_server(FILE *out, const struct config *config,
			 const struct config_service *service, const struct config_server *server)
{
	fputs("{", out);
	inline_text(out, "address", server->text);
	inline_number(out, "weight", server->weight);
	inline_lines(out, config, server);
	inline_method(out, service, server);
	inline_option(out, "upper", server->upper);
	inline_option(out, "lower", server->lower);
	if (server->check.kind != CHECK_NONE && !common_check(service)) {
		fputc(' ', out);
		inline_check(out, &server->check);
	}
	if (server->agent.port && !common_agent(service)) {
		fputc(' ', out);
		inline_agent(out, &server->agent);
	}
	fputs(" }", out);
}

static void print_servers(FILE *out, const struct config *config,
			  const struct config_service *service)
{
	size_t n = count_listed(service);

	for (size_t i = 0; i < n; i++) {
		fputs(i ? ",\n\t\t\t" : "\t\tservers = (\n\t\t\t", out);
		print_server(out, config, service, &service->servers.v[i]);
	}
	if (n)
		fputs("\n\t\t);\n", out);
	if (common_check(service)) {
		fputs("\t\t", out);
		inline_check(out, common_check(service));
		fputc('\n', out);
	}
	if (common_agent(service)) {
		fputs("\t\t", out);
		inline_agent(out, common_agent(service));
		fputc('\n', out);
	}
	if (service->sorry >= 0)
		print_text(out, "sorry", service->servers.v[service->sorry].text);
}

static void print_scheduler(FILE *out, const struct config_service *service)
{
	const char *name = scheduler_id_text(service->scheduler);
	char flag[32];
	size_t n = 0;

	print_text(out, "scheduler", name);
	if (service->scheduler_flags & SCHEDULER_HASH_PORT) {
		snprintf(flag, sizeof(flag), "%s-port", name);
		print_item(out, "scheduler_flags", n++, flag);
	}
	if (service->scheduler_flags & SCHEDULER_HASH_FALLBACK) {
		snprintf(flag, sizeof(flag), "%s-fallback", name);
		print_item(out, "scheduler_flags", n++, flag);
	}
	print_end(out, n);
	if (!service->persistent_ms)
		return;
	print_time(out, "persistent", service->persistent_ms);
	print_number(out, "netmask", service->netmask[FAMILY_V4]);
	print_number(out, "netmask6", service->netmask[FAMILY_V6]);
}

static void print_limits(FILE *out, const struct config_limits *limits)
{
	static const struct config_limits none;

	if (memcmp(limits, &none, sizeof(none)) == 0)
		return;
	fputs("\t\tlimits = {", out);
	inline_option(out, "rate", limits->rate);
	inline_option(out, "burst", limits->burst);
	inline_option(out, "connections", limits->connections);
	inline_option(out, "client_rate", limits->client_rate);
	inline_option(out, "client_burst", limits->client_burst);
	inline_option(out, "client_connections", limits->client_connections);
	fputs(" };\n", out);
}

static void print_ipsec(FILE *out, const struct config_service *service)
{
	fputs("\t\tipsec = {", out);
	inline_time(out, "half", service->ipsec.half_ms);
	inline_time(out, "full", service->ipsec.full_ms);
	inline_number(out, "reserve", service->ipsec.reserve);
	fputs(" };\n", out);
}

static void print_options(FILE *out, const struct config_service *service)
{
	print_true(out, "one_packet", service->one_packet);
	if (service->helper)
		print_text(out, "helper", service->helper);
	print_true(out, "bypass", service->bypass);
	print_number(out, "quorum", service->quorum);
	print_number(out, "quorum_hysteresis", service->quorum_hysteresis);
	if (service->inhibit_on_failure)
		print_text(out, "on_failure", "inhibit");
	if (service->keep_on_down)
		print_text(out, "on_down", "keep");
	print_true(out, "expire_quiescent", service->expire_quiescent);
	print_time(out, "slow_start", service->slow_start_ms);
	print_limits(out, &service->limits);
	if (service->kind == SERVICE_IPSEC)
		print_ipsec(out, service);
}

static void print_service(FILE *out, const struct config *config,
			  const struct config_service *service)
{
	print_text(out, "name", service->name);
	if (service->kind == SERVICE_IPSEC)
		print_text(out, "kind", "ipsec");
	for (size_t i = 0; i < service->listens.n; i++)
		print_item(out, "listen", i,
			   config_listen_text(config, &service->listens.v[i]).text);
	print_end(out, service->listens.n);
	print_scheduler(out, service);
	print_text(out, "method", service_method_text(service->method));
	print_options(out, service);
	print_servers(out, config, service);
}

void print_services(FILE *out, const struct config *config, bool dynamic)
{
	size_t n = 0;

	for (size_t i = 0; i < config->services.n; i++) {
		if (config->services.v[i].dynamic != dynamic)
			continue;
		print_group(out, "services", n++);
		print_service(out, config, &config->services.v[i]);
	}
	print_groups_end(out, n);
}
