/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes of lines: groups of one kind with several targets. What a target is depends on the kind.
 */
#include "config/text.h"
#include "config/values.h"

#include <errno.h>
#include <string.h>

enum {
	HOUR_MS = 3600000,
	TIMEOUT_MAX_MS = 60000,
	TIMEOUT_LEAST_MS = 10,
	INTERVAL_LEAST_MS = 100,
	DNS_PORT = 53,
	HTTP_PORT = 80,
	HTTPS_PORT = 443
};

/* Keeps a target whose address was read. */
static void keep_target(struct reader *reader, struct config_target *target, uint16_t usual_port,
			void *ret)
{
	uint16_t port = target->port == usual_port ? 0 : target->port;

	target->text = keep_text(reader, endpoint_text(&target->address, port).text);
	if (target->text)
		*(struct config_target *)ret = *target;
}

/* Without a port. */
static void read_host_target(struct reader *reader, const config_setting_t *setting,
			     const char *text, void *ret)
{
	struct config_target target = { 0 };

	if (read_host(reader, setting, text, &target.address))
		keep_target(reader, &target, 0, ret);
}

static void read_neighbour_target(struct reader *reader, const config_setting_t *setting,
				  const char *text, uint8_t family, void *ret)
{
	struct config_target target = { 0 };

	if (!read_neighbour(reader, setting, text, &target.address))
		return;
	if (target.address.family == family)
		keep_target(reader, &target, 0, ret);
	else
		problem(reader, setting, "%s is an %s address, and this kind asks for %s", text,
			family == AF_INET6 ? "IPv4" : "IPv6", family == AF_INET6 ? "IPv6" : "IPv4");
}

static void read_arp_target(struct reader *reader, const config_setting_t *setting,
			    const char *text, void *ret)
{
	read_neighbour_target(reader, setting, text, AF_INET, ret);
}

static void read_nd_target(struct reader *reader, const config_setting_t *setting, const char *text,
			   void *ret)
{
	read_neighbour_target(reader, setting, text, AF_INET6, ret);
}

/* With a port, or the usual one; 0: there is none. */
static void read_port_target(struct reader *reader, const config_setting_t *setting,
			     const char *text, uint16_t usual_port, void *ret)
{
	struct config_target target = { .port = usual_port };
	_cleanup_free_ char *copy = strdup(text);
	char *host, *port;

	if (!copy) {
		reader->report.error = -ENOMEM;
		return;
	}
	if (!split_port(copy, &host, &port) || (!port && !usual_port) ||
	    (port && !parse_port(port, strlen(port), &target.port)))
		problem(reader, setting,
			"\"%s\" is not a target; allowed is an address %s a port, as in "
			"\"192.0.2.1:%u\" or \"[2001:db8::1]:%u\"",
			text, usual_port ? "alone or with" : "with",
			usual_port ? usual_port : HTTPS_PORT, usual_port ? usual_port : HTTPS_PORT);
	else if (read_host(reader, setting, host, &target.address))
		keep_target(reader, &target, usual_port, ret);
}

static void read_tcp_target(struct reader *reader, const config_setting_t *setting,
			    const char *text, void *ret)
{
	read_port_target(reader, setting, text, 0, ret);
}

static void read_dns_target(struct reader *reader, const config_setting_t *setting,
			    const char *text, void *ret)
{
	read_port_target(reader, setting, text, DNS_PORT, ret);
}

static void read_http_target(struct reader *reader, const config_setting_t *setting,
			     const char *text, void *ret)
{
	read_port_target(reader, setting, text, HTTP_PORT, ret);
}

static void read_https_target(struct reader *reader, const config_setting_t *setting,
			      const char *text, void *ret)
{
	read_port_target(reader, setting, text, HTTPS_PORT, ret);
}

static const struct word kind_words[] = {
	{ "icmp", LINE_PROBE_ICMP },   { "arp", LINE_PROBE_ARP },       { "nd", LINE_PROBE_ND },
	{ "tcp", LINE_PROBE_TCP },     { "dns", LINE_PROBE_DNS },       { "http", LINE_PROBE_HTTP },
	{ "https", LINE_PROBE_HTTPS }, { "script", LINE_PROBE_SCRIPT }, { NULL, 0 }
};

#define KIND(name) (1U << LINE_PROBE_##name)
#define WEB        (KIND(HTTP) | KIND(HTTPS))
#define TARGETS(reader)                                                                         \
	{                                                                                       \
		"targets", KEY_TEXTS, FIELD(config_probe, targets), EACH(struct config_target), \
			.text = (reader)                                                        \
	}
#define NEEDED(reader)                                                                          \
	{                                                                                       \
		"targets", KEY_TEXTS, FIELD(config_probe, targets), EACH(struct config_target), \
			.required = true, .text = (reader)                                      \
	}

static const struct kind_key probe_keys[] = {
	{ { "kind", KEY_WORD, FIELD(config_probe, kind), .words = kind_words }, ~0U },
	{ NEEDED(read_host_target), KIND(ICMP) },
	{ TARGETS(read_arp_target), KIND(ARP) },
	{ TARGETS(read_nd_target), KIND(ND) },
	{ NEEDED(read_tcp_target), KIND(TCP) },
	{ NEEDED(read_dns_target), KIND(DNS) },
	{ NEEDED(read_http_target), KIND(HTTP) },
	{ NEEDED(read_https_target), KIND(HTTPS) },
	{ TARGETS(read_host_target), KIND(SCRIPT) },
	{ { "interval", KEY_TIME, FIELD(config_probe, interval_ms), .least = INTERVAL_LEAST_MS,
	    .most = HOUR_MS },
	  ~0U },
	{ { "timeout", KEY_TIME, FIELD(config_probe, timeout_ms), .least = TIMEOUT_LEAST_MS,
	    .most = TIMEOUT_MAX_MS },
	  ~0U },
	{ { "path", KEY_TEXT, FIELD(config_probe, path), .text = read_http_path }, WEB },
	{ { "path", KEY_TEXT, FIELD(config_probe, path), .required = true, .text = read_script },
	  KIND(SCRIPT) },
	{ { "host", KEY_TEXT, FIELD(config_probe, host), .text = read_host_name }, WEB },
	{ { "status", KEY_TEXT, FIELD(config_probe, status), .text = read_status }, WEB },
	{ { "match", KEY_TEXT, FIELD(config_probe, match), .text = read_regex }, WEB },
	{ { "verify", KEY_BOOL, FIELD(config_probe, verify) }, KIND(HTTPS) },
	{ { "name", KEY_TEXT, FIELD(config_probe, name), .text = read_query }, KIND(DNS) },
	{ { "type", KEY_TEXT, FIELD(config_probe, type), .text = read_dns_type }, KIND(DNS) },
};

/* A list of groups, as KEY_GROUPS is, but for the keys that depend on the kind. */
void read_probes(struct reader *reader, const config_setting_t *setting, void *target)
{
	struct config_uplink *uplink = target;
	size_t n;

	if (!is_type(reader, setting, CONFIG_TYPE_LIST))
		return;
	n = (size_t)config_setting_length(setting);
	if (!n)
		problem(reader, setting, "is empty; give at least one or leave the key out");
	uplink->probes.v = arena_alloc(&reader->config->arena, n * sizeof(*uplink->probes.v));
	if (!uplink->probes.v) {
		reader->report.error = -ENOMEM;
		return;
	}
	uplink->probes.n = n;
	for (size_t i = 0; i < n; i++) {
		uplink->probes.v[i] =
			(struct config_probe){ .interval_ms = 1000, .timeout_ms = 2000 };
		read_kind_group(reader, config_setting_get_elem(setting, (unsigned)i), kind_words,
				probe_keys, ELEMENTS_OF(probe_keys), &uplink->probes.v[i]);
	}
}
