/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks of services as a whole: keys that mean nothing without another or contradict one. What
 * could not be read is unset here and is passed over.
 */
#include "config/check_services.h"

#include "config/check.h"
#include "config/text.h"

const config_setting_t *spot_setting(const struct spot *spot, const char *key)
{
	return key_or_group(spot->group, key);
}

static bool has(const struct spot *spot, const char *key)
{
	return config_setting_is_group(spot->group) && config_setting_get_member(spot->group, key);
}

const char *family_text(uint8_t family)
{
	return family == AF_INET6 ? "IPv6" : "IPv4";
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

static void check_listen(const struct spot *spot, const struct config_listen *listen,
			 const config_setting_t *setting)
{
	const struct config_service *service = spot->service;
	uint8_t family = config_listen_family(listen);

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
		problem(spot->reader, spot_setting(spot, "helper"),
			"is not possible with kind \"ipsec\"");
	if (service->method == METHOD_ROUTE || service->method == METHOD_TUNNEL)
		problem(spot->reader, spot_setting(spot, "helper"),
			"is not possible with method \"%s\", which passes connection tracking by",
			service_method_text(service->method));
	for (size_t i = 0; i < service->listens.n; i++) {
		uint8_t protocol = service->listens.v[i].protocol;

		if (protocol && protocol != helper->protocols[0] &&
		    protocol != helper->protocols[1])
			problem(spot->reader, array_element(spot_setting(spot, "listen"), i),
				"is %s, and helper \"%s\" is not for that", protocol_text(protocol),
				helper->name);
	}
}

static void check_persistence(const struct spot *spot)
{
	static const char *const keys[] = { "netmask", "netmask6" };

	for (size_t i = 0; i < ELEMENTS_OF(keys) && !has(spot, "persistent"); i++)
		if (has(spot, keys[i]))
			problem(spot->reader, spot_setting(spot, keys[i]),
				"is for persistence, and persistent is not given");
}

void problem_local(const struct spot *spot, const config_setting_t *setting)
{
	problem(spot->reader, setting,
		"\"local\" is not possible with kind \"ipsec\"; allowed: nat, route, tunnel");
}

static void check_kind(const struct spot *spot)
{
	const struct config_service *service = spot->service;

	if (service->kind != SERVICE_IPSEC) {
		if (has(spot, "ipsec"))
			problem(spot->reader, spot_setting(spot, "ipsec"),
				"is for kind = \"ipsec\"");
		return;
	}
	if (service->one_packet)
		problem(spot->reader, spot_setting(spot, "one_packet"),
			"is not possible with kind \"ipsec\", whose packets belong together");
	if (service->method == METHOD_LOCAL)
		problem_local(spot, spot_setting(spot, "method"));
	if (service->ipsec.half_ms > service->ipsec.full_ms)
		problem(spot->reader, spot_setting(spot, "ipsec"),
			"waits longer for an answer (half) than after one (full)");
}

static void check_quorum(const struct spot *spot)
{
	const struct config_service *service = spot->service;

	if (service->quorum_hysteresis && service->quorum_hysteresis >= service->quorum)
		problem(spot->reader, spot_setting(spot, "quorum_hysteresis"),
			"must be less than quorum, else the service never falls below it");
}

static void check_limits(const struct spot *spot)
{
	const struct config_limits *limits = &spot->service->limits;
	const config_setting_t *group = spot_setting(spot, "limits");

	if (limits->burst && !limits->rate && key_or_group(group, "rate") == group)
		problem(spot->reader, key_or_group(group, "burst"),
			"is how far rate may be exceeded, and rate is not given");
	if (limits->client_burst && !limits->client_rate &&
	    key_or_group(group, "client_rate") == group)
		problem(spot->reader, key_or_group(group, "client_burst"),
			"is how far client_rate may be exceeded, and client_rate is not given");
}

static void check_sorry(const struct spot *spot)
{
	const struct config_service *service = spot->service;

	if (service->sorry < 0)
		return;
	if (service->servers.n > UINT16_MAX)
		problem(spot->reader, spot_setting(spot, "sorry"),
			"is one server too many; at most %u are possible, this one included",
			UINT16_MAX);
	if (service->bypass)
		problem(spot->reader, spot_setting(spot, "sorry"),
			"contradicts bypass: both say what happens when there is no server");
}

static void check_service(struct spot *spot)
{
	struct config_service *service = spot->service;

	for (size_t i = 0; i < service->listens.n; i++)
		check_listen(spot, &service->listens.v[i],
			     array_element(spot_setting(spot, "listen"), i));
	check_kind(spot);
	check_persistence(spot);
	check_helper(spot);
	check_quorum(spot);
	check_limits(spot);
	check_sorry(spot);
	check_servers(spot);
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
