/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks of services as a whole: keys that mean nothing without another or contradict one, and
 * servers that could never get what their service listens for. What could not be read is unset here
 * and is passed over. What a server leaves to its service is filled in last.
 */
#include "config/check.h"
#include "config/text.h"

#include <inttypes.h>

enum {
	GUE_PORT = 6080 /* as assigned by IANA to GUE */
};

/* A service, its group in the file, and one of its servers with its own. */
struct spot {
	struct reader *reader;
	struct config_service *service;
	const config_setting_t *group;
	struct config_server *server;
	const config_setting_t *server_group; /* NULL: the sorry server, which has no group */
};

static bool has(const struct spot *spot, const char *key)
{
	return config_setting_is_group(spot->group) && config_setting_get_member(spot->group, key);
}

static const config_setting_t *at(const struct spot *spot, const char *key)
{
	return key_or_group(spot->group, key);
}

static const config_setting_t *server_at(const struct spot *spot, const char *key)
{
	return spot->server_group ? key_or_group(spot->server_group, key) : at(spot, "sorry");
}

static void take_server(struct spot *spot, size_t i)
{
	spot->server = &spot->service->servers.v[i];
	spot->server_group = (int)i == spot->service->sorry
				     ? NULL
				     : config_setting_get_elem(at(spot, "servers"), (unsigned)i);
}

static enum service_method method_of(const struct spot *spot)
{
	return spot->server->method == METHOD_MAX ? spot->service->method : spot->server->method;
}

/* AF_UNSPEC: of either, or it could not be read. */
static uint8_t family_of_listen(const struct config_listen *listen)
{
	return listen->mark ? listen->family : listen->address.family;
}

/* A server that could not be read may be of either family. */
static bool serves_family(const struct config_service *service, uint8_t family)
{
	for (size_t i = 0; i < service->servers.n; i++)
		if (service->servers.v[i].address.family == family ||
		    !ip_is_set(&service->servers.v[i].address))
			return true;
	return false;
}

static bool listens_in_family(const struct config_service *service, uint8_t family)
{
	for (size_t i = 0; i < service->listens.n; i++) {
		uint8_t own = family_of_listen(&service->listens.v[i]);

		if (own == AF_UNSPEC || own == family)
			return true;
	}
	return !service->listens.n;
}

static const char *family_text(uint8_t family)
{
	return family == AF_INET6 ? "IPv6" : "IPv4";
}

static void check_listen(const struct spot *spot, const struct config_listen *listen,
			 const config_setting_t *setting)
{
	const struct config_service *service = spot->service;
	uint8_t family = family_of_listen(listen);

	if (service->servers.n && family != AF_UNSPEC && !serves_family(service, family))
		problem(spot->reader, setting, "is %s, and the service has no %s server",
			listen->mark         ? "a mark of the other family"
			: family == AF_INET6 ? "an IPv6 address"
					     : "an IPv4 address",
			family_text(family));
	if (listen->protocol && !listen->port && !service->persistent_ms)
		problem(spot->reader, setting,
			"is every port, and that takes persistent, so that a client's connections "
			"meet at one server");
	if (service->one_packet && listen->protocol && listen->protocol != IPPROTO_UDP)
		problem(spot->reader, setting, "is not UDP, and one_packet is for udp and marks");
	if (service->bypass && !listen->mark)
		problem(spot->reader, setting,
			"is not a mark, and bypass is for marks: other packets go nowhere else");
}

static void check_helper(const struct spot *spot)
{
	const struct config_service *service = spot->service;
	const struct helper *helper = service->helper ? helper_find(service->helper) : NULL;

	if (!helper)
		return;
	if (service->kind == SERVICE_IPSEC)
		problem(spot->reader, at(spot, "helper"), "is not possible with kind \"ipsec\"");
	if (service->method == METHOD_ROUTE || service->method == METHOD_TUNNEL)
		problem(spot->reader, at(spot, "helper"),
			"is not possible with method \"%s\", which passes connection tracking by",
			service_method_text(service->method));
	for (size_t i = 0; i < service->listens.n; i++) {
		uint8_t protocol = service->listens.v[i].protocol;

		if (protocol && protocol != helper->protocols[0] &&
		    protocol != helper->protocols[1])
			problem(spot->reader, array_element(at(spot, "listen"), i),
				"is %s, and helper \"%s\" is not for that", protocol_text(protocol),
				helper->name);
	}
}

static void check_persistence(const struct spot *spot)
{
	static const char *const keys[] = { "netmask", "netmask6" };

	for (size_t i = 0; i < ELEMENTS_OF(keys) && !has(spot, "persistent"); i++)
		if (has(spot, keys[i]))
			problem(spot->reader, at(spot, keys[i]),
				"is for persistence, and persistent is not given");
}

static void problem_local(const struct spot *spot, const config_setting_t *setting)
{
	problem(spot->reader, setting,
		"\"local\" is not possible with kind \"ipsec\"; allowed: nat, route, tunnel");
}

static void check_kind(const struct spot *spot)
{
	const struct config_service *service = spot->service;

	if (service->kind != SERVICE_IPSEC) {
		if (has(spot, "ipsec"))
			problem(spot->reader, at(spot, "ipsec"), "is for kind = \"ipsec\"");
		return;
	}
	if (service->one_packet)
		problem(spot->reader, at(spot, "one_packet"),
			"is not possible with kind \"ipsec\", whose packets belong together");
	if (service->method == METHOD_LOCAL)
		problem_local(spot, at(spot, "method"));
	if (service->ipsec.half_ms > service->ipsec.full_ms)
		problem(spot->reader, at(spot, "ipsec"),
			"waits longer for an answer (half) than after one (full)");
}

static void check_quorum(const struct spot *spot)
{
	const struct config_service *service = spot->service;

	if (service->quorum_hysteresis && service->quorum_hysteresis >= service->quorum)
		problem(spot->reader, at(spot, "quorum_hysteresis"),
			"must be less than quorum, else the service never falls below it");
}

static void check_limits(const struct spot *spot)
{
	const struct config_limits *limits = &spot->service->limits;
	const config_setting_t *group = at(spot, "limits");

	if (limits->burst && !limits->rate && key_or_group(group, "rate") == group)
		problem(spot->reader, key_or_group(group, "burst"),
			"is how far rate may be exceeded, and rate is not given");
	if (limits->client_burst && !limits->client_rate &&
	    key_or_group(group, "client_rate") == group)
		problem(spot->reader, key_or_group(group, "client_burst"),
			"is how far client_rate may be exceeded, and client_rate is not given");
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
	const config_setting_t *group = at(spot, "limits");
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
		problem(spot->reader, at(spot, "servers"),
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
			problem(spot->reader, server_at(spot, "via"),
				"is not possible with one_packet, which remembers no line of the "
				"request");
		if (direct && spot->server->method == METHOD_NAT)
			problem(spot->reader, server_at(spot, "method"),
				"\"nat\" is not possible with one_packet beside \"route\" or "
				"\"tunnel\"");
	}
}

static void check_sorry(const struct spot *spot)
{
	const struct config_service *service = spot->service;

	if (service->sorry < 0)
		return;
	if (service->servers.n > UINT16_MAX)
		problem(spot->reader, at(spot, "sorry"),
			"is one server too many; at most %u are possible, this one included",
			UINT16_MAX);
	if (service->bypass)
		problem(spot->reader, at(spot, "sorry"),
			"contradicts bypass: both say what happens when there is no server");
}

static void check_tunnel(const struct spot *spot)
{
	const struct config_server *server = spot->server;

	if (server->tunnel != TUNNEL_MAX && method_of(spot) != METHOD_TUNNEL)
		problem(spot->reader, server_at(spot, "tunnel"),
			"is for method \"tunnel\", and this server's is \"%s\"",
			service_method_text(method_of(spot)));
	if (server->tunnel_port && server->tunnel != TUNNEL_GUE)
		problem(spot->reader, server_at(spot, "tunnel_port"), "is for tunnel = \"gue\"");
}

/* Packets that are not changed keep their port and their family. */
static void check_unchanged(const struct spot *spot)
{
	const struct config_server *server = spot->server;
	const struct config_service *service = spot->service;
	uint8_t family = server->address.family;

	if (!listens_in_family(service, family))
		problem(spot->reader, server_at(spot, "address"),
			"is an %s address, which method \"%s\" cannot turn requests of the other "
			"family to, and the service listens in no %s",
			family_text(family), service_method_text(method_of(spot)),
			family_text(family));
	for (size_t i = 0; server->port && i < service->listens.n; i++) {
		const struct config_listen *listen = &service->listens.v[i];

		if (!listen->protocol || listen->port == server->port)
			continue;
		problem(spot->reader, server_at(spot, "address"),
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
		problem(spot->reader, server_at(spot, "address"),
			"%s has a port, and an IPsec service has none", spot->server->text);
	if (spot->server->method == METHOD_LOCAL)
		problem_local(spot, server_at(spot, "method"));
}

static void check_thresholds(const struct spot *spot)
{
	const struct config_server *server = spot->server;

	if (server->lower && !server->upper && server_at(spot, "upper") == spot->server_group)
		problem(spot->reader, server_at(spot, "lower"),
			"says when the load is below upper again, and upper is not given");
	if (server->upper && server->lower > server->upper)
		problem(spot->reader, server_at(spot, "lower"),
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
				config_setting_get_elem(server_at(spot, "weights"), (unsigned)i),
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

static void check_service(struct spot *spot)
{
	struct config_service *service = spot->service;

	for (size_t i = 0; i < service->listens.n; i++)
		check_listen(spot, &service->listens.v[i], array_element(at(spot, "listen"), i));
	check_kind(spot);
	check_persistence(spot);
	check_helper(spot);
	check_quorum(spot);
	check_limits(spot);
	check_sorry(spot);
	for (size_t i = 0; i < service->servers.n; i++) {
		take_server(spot, i);
		check_server(spot);
		complete_server(spot);
	}
	check_counted(spot);
	check_mixed(spot);
	check_one_packet(spot);
}

void check_services(struct reader *reader)
{
	for (size_t i = 0; i < reader->config->services.n; i++) {
		struct spot spot = { .reader = reader,
				     .service = &reader->config->services.v[i],
				     .group = list_element(reader, "services", i) };

		check_service(&spot);
	}
}
