/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks of the servers of a service: those that could never get what their service listens for,
 * and what their methods make impossible for it. What a server leaves to its service is filled in
 * last.
 */
#include "config/check_services.h"

#include "config/check.h"
#include "config/text.h"

#include <inttypes.h>

enum {
	GUE_PORT = 6080 /* as assigned by IANA to GUE */
};

static const config_setting_t *server_setting(const struct spot *spot, const char *key)
{
	return spot->server_group ? key_or_group(spot->server_group, key)
				  : spot_setting(spot, "sorry");
}

static void take_server(struct spot *spot, size_t i)
{
	spot->server = &spot->service->servers.v[i];
	spot->server_group =
		(int)i == spot->service->sorry
			? NULL
			: config_setting_get_elem(spot_setting(spot, "servers"), (unsigned)i);
}

static enum service_method method_of(const struct spot *spot)
{
	return spot->server->method == METHOD_MAX ? spot->service->method : spot->server->method;
}

static bool listens_in_family(const struct config_service *service, uint8_t family)
{
	for (size_t i = 0; i < service->listens.n; i++) {
		uint8_t own = config_listen_family(&service->listens.v[i]);

		if (own == AF_UNSPEC || own == family)
			return true;
	}
	return !service->listens.n;
}

static void check_tunnel(const struct spot *spot)
{
	const struct config_server *server = spot->server;

	if (server->tunnel != TUNNEL_MAX && method_of(spot) != METHOD_TUNNEL)
		problem(spot->reader, server_setting(spot, "tunnel"),
			"is for method \"tunnel\", and this server's is \"%s\"",
			service_method_text(method_of(spot)));
	if (server->tunnel_port && server->tunnel != TUNNEL_GUE)
		problem(spot->reader, server_setting(spot, "tunnel_port"),
			"is for tunnel = \"gue\"");
}

/* Packets that are not changed keep their port and their family. */
static void check_unchanged(const struct spot *spot)
{
	const struct config_server *server = spot->server;
	const struct config_service *service = spot->service;
	uint8_t family = server->address.family;

	if (!listens_in_family(service, family))
		problem(spot->reader, server_setting(spot, "address"),
			"is an %s address, which method \"%s\" cannot turn requests of the other "
			"family to, and the service listens in no %s",
			family_text(family), service_method_text(method_of(spot)),
			family_text(family));
	for (size_t i = 0; server->port && i < service->listens.n; i++) {
		const struct config_listen *listen = &service->listens.v[i];

		if (!listen->protocol || listen->port == server->port)
			continue;
		problem(spot->reader, server_setting(spot, "address"),
			"%s is another port than that of %s, and method \"%s\" keeps the port",
			server->text, config_listen_text(spot->reader->config, listen).text,
			service_method_text(method_of(spot)));
		return;
	}
}

static void check_server_kind(const struct spot *spot)
{
	if (spot->service->kind != SERVICE_IPSEC)
		return;
	if (spot->server->port)
		problem(spot->reader, server_setting(spot, "address"),
			"%s has a port, and an IPsec service has none", spot->server->text);
	if (spot->server->method == METHOD_LOCAL)
		problem_local(spot, server_setting(spot, "method"));
}

static void check_thresholds(const struct spot *spot)
{
	const struct config_server *server = spot->server;

	if (server->lower && !server->upper && server_setting(spot, "upper") == spot->server_group)
		problem(spot->reader, server_setting(spot, "lower"),
			"says when the load is below upper again, and upper is not given");
	if (server->upper && server->lower > server->upper)
		problem(spot->reader, server_setting(spot, "lower"),
			"%" PRIu32 " is above upper, which is %" PRIu32, server->lower,
			server->upper);
}

static bool is_among(const struct uplink_refs *uplinks, unsigned uplink)
{
	for (size_t i = 0; i < uplinks->n; i++)
		if (uplinks->v[i] == uplink)
			return true;
	return !uplinks->n;
}

static void check_weights(const struct spot *spot)
{
	const struct config_server *server = spot->server;

	for (size_t i = 0; i < server->weights.n; i++) {
		unsigned uplink = server->weights.v[i].uplink;

		if (!is_among(&server->uplinks, uplink))
			problem(spot->reader,
				config_setting_get_elem(server_setting(spot, "weights"),
							(unsigned)i),
				"is for \"%s\", whose requests the server does not get; uplinks "
				"leaves it out",
				spot->reader->config->uplinks.v[uplink].name);
	}
}

static void check_server(const struct spot *spot)
{
	check_tunnel(spot);
	check_server_kind(spot);
	check_thresholds(spot);
	check_weights(spot);
	if (ip_is_set(&spot->server->address) &&
	    (method_of(spot) == METHOD_ROUTE || method_of(spot) == METHOD_TUNNEL))
		check_unchanged(spot);
}

static void complete_server(const struct spot *spot)
{
	struct config_server *server = spot->server;

	server->method = method_of(spot);
	if (server->tunnel == TUNNEL_MAX)
		server->tunnel = TUNNEL_IPIP;
	if (server->tunnel == TUNNEL_GUE && !server->tunnel_port)
		server->tunnel_port = GUE_PORT;
	if (server->check.kind == CHECK_KIND_MAX)
		server->check = (struct config_check){ .kind = CHECK_NONE };
}

static bool is_direct(const struct config_service *service)
{
	for (size_t i = 0; i < service->servers.n; i++)
		if (service->servers.v[i].method == METHOD_ROUTE ||
		    service->servers.v[i].method == METHOD_TUNNEL)
			return true;
	return false;
}

/* Limits by number count what connection tracking knows. Servers are complete here. */
static void check_counted(const struct spot *spot)
{
	static const char *const keys[] = { "connections", "client_connections" };
	const struct config_limits *limits = &spot->service->limits;
	const uint32_t values[] = { limits->connections, limits->client_connections };
	const config_setting_t *group = spot_setting(spot, "limits");
	bool direct = is_direct(spot->service);

	for (size_t i = 0; i < ELEMENTS_OF(keys); i++)
		if (values[i] && (direct || spot->service->one_packet))
			problem(spot->reader, key_or_group(group, keys[i]),
				"counts what connection tracking knows, and %s passes it by",
				direct ? "a server by method \"route\" or \"tunnel\""
				       : "one_packet");
}

/* Which server by NAT a packet is for is told in the bits of the mark, of which two values are
 * taken. */
static void check_mixed(const struct spot *spot)
{
	const struct config_service *service = spot->service;
	uint32_t mask = spot->reader->config->gateway.mark_mask;
	uint32_t most = (mask >> __builtin_ctz(mask)) - 1;
	bool nat = false;

	for (size_t i = 0; i < service->servers.n; i++)
		nat = nat || service->servers.v[i].method == METHOD_NAT ||
		      service->servers.v[i].method == METHOD_LOCAL;
	if (nat && is_direct(service) && service->servers.n > most)
		problem(spot->reader, spot_setting(spot, "servers"),
			"mixes method \"route\" or \"tunnel\" with others, so that gateway.mark_mask has "
			"room for %" PRIu32 " servers, not %zu",
			most, service->servers.n);
}

static bool listens_on_address(const struct config_service *service)
{
	for (size_t i = 0; i < service->listens.n; i++)
		if (!service->listens.v[i].mark)
			return true;
	return false;
}

/* A datagram's listen and line are remembered for its answer, but not beside a server's line, nor
 * where the ingress hook has picked the server. Those by mark are tracked after all. */
static void check_one_packet(struct spot *spot)
{
	const struct config_service *service = spot->service;
	bool direct = is_direct(service) && listens_on_address(service);

	for (size_t i = 0; service->one_packet && i < service->servers.n; i++) {
		take_server(spot, i);
		if (spot->server->via >= 0)
			problem(spot->reader, server_setting(spot, "via"),
				"is not possible with one_packet, which remembers no line of the "
				"request");
		if (direct && spot->server->method == METHOD_NAT)
			problem(spot->reader, server_setting(spot, "method"),
				"\"nat\" is not possible with one_packet beside \"route\" or "
				"\"tunnel\"");
	}
}

void check_servers(struct spot *spot)
{
	for (size_t i = 0; i < spot->service->servers.n; i++) {
		take_server(spot, i);
		check_server(spot);
		complete_server(spot);
	}
	check_counted(spot);
	check_mixed(spot);
	check_one_packet(spot);
}
