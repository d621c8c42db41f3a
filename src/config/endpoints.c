/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where services listen and where their servers are. A mark is refused when it needs bits that tell
 * the lines apart, for then no packet could have it; so the gateway is read before.
 */
#include "config/text.h"
#include "config/values.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

bool split_port(char *text, char **host, char **port)
{
	bool bracketed = *text == '[';
	char *end = bracketed ? strchr(text, ']') : strrchr(text, ':');

	*port = NULL;
	*host = text + bracketed;
	if (bracketed) {
		if (!end)
			return false;
		*end++ = '\0';
		if (!strchr(*host, ':'))
			return false;
		if (!*end)
			return true;
	} else if (!end || strchr(text, ':') != end) {
		return true;
	}
	if (*end != ':')
		return false;
	*end++ = '\0';
	*port = end;
	return true;
}

/* A port from 1 to 65535, or 0 for every port. */
static bool parse_any_port(const char *text, uint16_t *ret)
{
	if (strcmp(text, "0") != 0)
		return parse_port(text, strlen(text), ret);
	*ret = 0;
	return true;
}

/* Whose address a service listens on: one of the file or a line's. */
static bool parse_listen_host(struct reader *reader, const config_setting_t *setting,
			      const char *host, struct config_listen *listen)
{
	struct ip_address address;

	if (ip_parse(host, &address) == 0)
		return read_host(reader, setting, host, &listen->address);
	listen->uplink = config_find_uplink(reader->config, host);
	if (listen->uplink >= 0)
		return true;
	problem(reader, setting, "\"%s\" is neither an address nor an uplink; uplinks: %s", host,
		list_uplinks(reader));
	return false;
}

static void problem_listen(struct reader *reader, const config_setting_t *setting, const char *text)
{
	problem(reader, setting,
		"\"%s\" is not a place to listen; allowed is tcp, udp or sctp, \"/\", an address or "
		"uplink, \":\" and a port, or 0 for every port, as in \"tcp/203.0.113.5:80\", "
		"\"tcp/[2001:db8::5]:80\" or \"udp/UPLINK:53\", and a firewall mark, as in "
		"\"mark/5\" or \"mark6/5\"",
		text);
}

static bool parse_mark(const char *text, uint32_t *ret)
{
	bool hex = text[0] == '0' && (text[1] | 0x20) == 'x';
	uint64_t value = 0;
	const char *p;

	for (p = text + (hex ? 2 : 0);
	     hex ? isxdigit((unsigned char)*p) : isdigit((unsigned char)*p); p++) {
		unsigned digit = isdigit((unsigned char)*p) ? (unsigned)(*p - '0')
							    : (unsigned)((*p | 0x20) - 'a' + 10);

		value = value * (hex ? 16 : 10) + digit;
		if (value > UINT32_MAX)
			return false;
	}
	*ret = (uint32_t)value;
	return !*p && value;
}

/* The number after "mark/" or "mark6/". */
static bool read_mark(struct reader *reader, const config_setting_t *setting, const char *number,
		      struct config_listen *listen)
{
	uint32_t mask = reader->config->gateway.mark_mask;

	if (!parse_mark(number, &listen->mark)) {
		problem(reader, setting,
			"\"%s\" is not a firewall mark; allowed is a number from 1 to %" PRIu32
			", as in \"mark/5\" or \"mark6/0x50000\"",
			number, UINT32_MAX);
		return false;
	}
	if (listen->mark & mask)
		problem(reader, setting,
			"mark %" PRIu32 " (0x%" PRIx32
			") needs bits of gateway.mark_mask 0x%08" PRIx32
			", which tell the lines apart; choose one without them",
			listen->mark, listen->mark, mask);
	return !(listen->mark & mask);
}

/* "PROTOCOL/HOST:PORT"; `text` is cut. */
static bool read_place(struct reader *reader, const config_setting_t *setting, char *text,
		       const char *whole, struct config_listen *listen)
{
	size_t length = strcspn(text, "/");
	const struct protocol *protocol = protocol_find(text, length);
	char *host, *port;

	if (!protocol || !protocol->has_ports ||
	    !split_port(text[length] ? text + length + 1 : text + length, &host, &port) || !port ||
	    !parse_any_port(port, &listen->port)) {
		problem_listen(reader, setting, whole);
		return false;
	}
	listen->protocol = protocol->number;
	return parse_listen_host(reader, setting, host, listen);
}

/* An address or an uplink alone; what decides about IPsec are UDP ports 500 and 4500. */
static bool read_ipsec_place(struct reader *reader, const config_setting_t *setting, char *text,
			     const char *whole, struct config_listen *listen)
{
	char *host, *port;

	if (strchr(text, '/') || !split_port(text, &host, &port) || port) {
		problem(reader, setting,
			"\"%s\" is not a place to listen for IPsec; allowed is an address or uplink "
			"alone, as in \"203.0.113.5\", \"2001:db8::5\" or \"UPLINK\"",
			whole);
		return false;
	}
	return parse_listen_host(reader, setting, host, listen);
}

/* IPsec has the two ports of its key exchange. */
static void claim_listen(struct reader *reader, const config_setting_t *setting, bool ipsec,
			 const struct config_listen *listen)
{
	static const uint16_t ports[] = { 500, 4500 };
	struct config_listen taken = *listen;

	if (!ipsec)
		claim(reader, setting, 3, "%s", config_listen_text(reader->config, listen).text);
	taken.protocol = IPPROTO_UDP;
	for (size_t i = 0; ipsec && i < ELEMENTS_OF(ports); i++) {
		taken.port = ports[i];
		claim(reader, setting, 3, "%s", config_listen_text(reader->config, &taken).text);
	}
}

/* What kind the service is of is said beside the array. */
static bool is_of_ipsec(const config_setting_t *setting)
{
	const config_setting_t *service = config_setting_parent(config_setting_parent(setting));
	const char *kind;

	return config_setting_lookup_string(service, "kind", &kind) && strcmp(kind, "ipsec") == 0;
}

void read_listen(struct reader *reader, const config_setting_t *setting, const char *text,
		 void *ret)
{
	struct config_listen listen = { .uplink = -1 };
	_cleanup_free_ char *copy = strdup(text);
	bool ipsec = is_of_ipsec(setting), good;

	if (!copy) {
		reader->report.error = -ENOMEM;
		return;
	}
	if (ipsec)
		good = read_ipsec_place(reader, setting, copy, text, &listen);
	else if (strncmp(text, "mark/", 5) == 0 || strncmp(text, "mark6/", 6) == 0) {
		listen.family = text[4] == '6' ? AF_INET6 : AF_INET;
		good = read_mark(reader, setting, strchr(text, '/') + 1, &listen);
	} else {
		good = read_place(reader, setting, copy, text, &listen);
	}
	if (!good)
		return;
	claim_listen(reader, setting, ipsec, &listen);
	*(struct config_listen *)ret = listen;
}

static bool parse_server(struct reader *reader, const config_setting_t *setting, const char *text,
			 struct config_server *server)
{
	_cleanup_free_ char *copy = strdup(text);
	char *host, *port;

	if (!copy) {
		reader->report.error = -ENOMEM;
		return false;
	}
	if (!split_port(copy, &host, &port) ||
	    (port && !parse_port(port, strlen(port), &server->port))) {
		problem(reader, setting,
			"\"%s\" is not a server; allowed is an address alone or with a port, as in "
			"\"172.16.0.2:80\", \"[fd00::2]:80\" or \"172.16.0.2\"",
			text);
		return false;
	}
	if (!read_host(reader, setting, host, &server->address))
		return false;
	server->text = keep_text(reader, endpoint_text(&server->address, server->port).text);
	return server->text;
}

void read_server(struct reader *reader, const config_setting_t *setting, const char *text,
		 void *ret)
{
	struct config_server *server = ret;

	if (parse_server(reader, setting, text, server))
		claim(reader, setting, 2, "%s", server->text);
}

void read_sorry(struct reader *reader, const config_setting_t *setting, void *target)
{
	struct config_service *service = target;
	struct config_server server = server_defaults, *v;
	size_t n = service->servers.n;

	if (!is_type(reader, setting, CONFIG_TYPE_STRING) ||
	    !parse_server(reader, setting, config_setting_get_string(setting), &server))
		return;
	for (size_t i = 0; i < n; i++)
		if (service->servers.v[i].text &&
		    strcmp(service->servers.v[i].text, server.text) == 0)
			problem(reader, setting, "%s is one of the servers already", server.text);
	v = arena_alloc(&reader->config->arena, (n + 1) * sizeof(*v));
	if (!v) {
		reader->report.error = -ENOMEM;
		return;
	}
	if (n)
		memcpy(v, service->servers.v, n * sizeof(*v));
	server.weight = 0;
	v[n] = server;
	service->sorry = (int)n;
	service->servers.v = v;
	service->servers.n = n + 1;
}
