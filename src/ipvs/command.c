/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From words to a command. Values are read as they come, as ipvsadm does, so that of several
 * mistakes the same one is named; what depends on other options is left to settle.c.
 */
#include "ipvs/command.h"

#include "config/text.h"
#include "ipvs/words.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

enum {
	WEIGHT_MAX = UINT16_MAX
};

static int read_number(const char *text, long least, long most, long *ret)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (end == text || *end || errno == ERANGE || number < least || number > most)
		return -EINVAL;
	*ret = number;
	return 0;
}

int ipvs_read_number(const char *text, long least, long most, uint32_t *ret)
{
	long number;
	int r = read_number(text, least, most, &number);

	if (r == 0)
		*ret = (uint32_t)number;
	return r;
}

static int read_port(const struct ipvs_parser *parser, const char *text, uint8_t protocol,
		     uint16_t *ret)
{
	long number;

	if (read_number(text, 0, UINT16_MAX, &number) == 0) {
		*ret = (uint16_t)number;
		return 0;
	}
	return parser->names && protocol ? parser->names->port(text, protocol, ret) : -ENOENT;
}

static int read_host(const struct ipvs_parser *parser, const char *text, struct ip_address *ret)
{
	if (ip_parse(text, ret) == 0)
		return ret->family == AF_INET ? 0 : -EINVAL;
	return parser->names ? parser->names->host(text, ret) : -ENOENT;
}

/* host, host:port, [IPv6]:port, or IPv6. Without a port *ret_port is left as it is. */
static int read_endpoint(const struct ipvs_parser *parser, const char *text, uint8_t protocol,
			 struct ip_address *ret, uint16_t *ret_port, bool *ret_no_port)
{
	_cleanup_free_ char *copy = strdup(text);
	char *host = copy, *port;
	int r;

	if (!copy || strspn(text, "0123456789") == strlen(text))
		return -EINVAL;
	*ret_no_port = false;
	if (*copy == '[') {
		host = copy + 1;
		port = strstr(host, "]:");
		if (!port)
			return -EINVAL;
		*port++ = '\0';
		r = ip_parse(host, ret) == 0 && ret->family == AF_INET6 ? 0 : -EINVAL;
	} else if (ip_parse(text, ret) == 0 && ret->family == AF_INET6) {
		*ret_no_port = true;
		return 0;
	} else {
		port = strrchr(copy, ':');
		if (port)
			*port = '\0';
		r = read_host(parser, host, ret);
	}
	*ret_no_port = !port;
	return r < 0 || !port ? r : read_port(parser, port + 1, protocol, ret_port);
}

static int read_mark(struct ipvs_parser *parser, const char *value)
{
	struct config_listen *service = &parser->command->service;
	long number;

	if (read_number(value, 1, UINT32_MAX, &number) < 0)
		return refuse(parser->refusal, IPVS_EXIT_USAGE,
			      "invalid fwmark value `%s' specified", value);
	service->mark = (uint32_t)number;
	service->family = AF_INET;
	return 0;
}

static int read_service(struct ipvs_parser *parser, const struct ipvs_switch *option,
			const char *value)
{
	struct config_listen *service = &parser->command->service;
	bool no_port;

	if (option->letter == 'f')
		return read_mark(parser, value);
	service->protocol = option->letter == 't'   ? IPPROTO_TCP
			    : option->letter == 'u' ? IPPROTO_UDP
						    : IPPROTO_SCTP;
	if (read_endpoint(parser, value, service->protocol, &service->address, &service->port,
			  &no_port) < 0)
		return ipvs_fail(parser, "illegal virtual server address[:port] specified");
	return 0;
}

static int read_server(struct ipvs_parser *parser, const struct ipvs_switch *option,
		       const char *value)
{
	struct ipvs_server *server = &parser->command->server;
	uint8_t protocol = parser->command->service.protocol;

	parser->old_form = option->letter == 'R';
	if (read_endpoint(parser, value, protocol, &server->address, &server->port,
			  &parser->no_port) < 0)
		return ipvs_fail(parser, "illegal real server address[:port] specified");
	return 0;
}

static int read_scheduler(struct ipvs_parser *parser, const char *value)
{
	for (enum scheduler_id id = 0; id < SCHEDULER_SERVICE_MAX; id++)
		if (strcmp(value, scheduler_id_text(id)) == 0) {
			parser->command->settings.scheduler = id;
			return 0;
		}
	return refuse(parser->refusal, IPVS_EXIT_FAILURE,
		      "Scheduler or persistence engine not found");
}

int ipvs_read_timeout(struct ipvs_parser *parser, const char *value, long least, uint32_t *ret)
{
	if (ipvs_read_number(value, least, IPVS_TIMEOUT_MAX, ret) < 0)
		return refuse(parser->refusal, IPVS_EXIT_USAGE,
			      "invalid timeout value `%s' specified", value);
	return 0;
}

static int read_tunnel(struct ipvs_parser *parser, const char *value)
{
	static const struct {
		const char *name;
		enum tunnel_kind kind;
	} kinds[] = { { "ipip", TUNNEL_IPIP }, { "gue", TUNNEL_GUE }, { "gre", TUNNEL_GRE } };

	for (size_t i = 0; i < ELEMENTS_OF(kinds); i++)
		if (strcmp(value, kinds[i].name) == 0) {
			parser->command->server.tunnel = kinds[i].kind;
			return 0;
		}
	return ipvs_fail(parser, "illegal tunnel type specified");
}

static int read_tunnel_port(struct ipvs_parser *parser, const char *value)
{
	uint32_t port = 0;

	if (ipvs_read_number(value, 1, UINT16_MAX, &port) < 0)
		return ipvs_fail(parser, "illegal tunnel port specified");
	parser->command->server.tunnel_port = (uint16_t)port;
	return 0;
}

static int read_ipv6(struct ipvs_parser *parser)
{
	if (!parser->command->service.mark)
		return ipvs_fail(parser, "-6 used before -f");
	parser->command->service.family = AF_INET6;
	return 0;
}

static int read_forward(struct ipvs_parser *parser, char letter)
{
	parser->command->server.method = letter == 'm'   ? METHOD_NAT
					 : letter == 'i' ? METHOD_TUNNEL
							 : METHOD_ROUTE;
	return 0;
}

static int read_threshold(struct ipvs_parser *parser, const char *value, uint32_t *ret, char letter)
{
	if (ipvs_read_number(value, 0, INT_MAX, ret) == 0)
		return 0;
	return ipvs_fail(parser, letter == 'x' ? "illegal u_threshold specified"
					       : "illegal l_threshold specified");
}

static int read_persistent(struct ipvs_parser *parser, const char *value)
{
	uint32_t *seconds = &parser->command->settings.persistent_s;

	*seconds = IPVS_PERSISTENT;
	return value ? ipvs_read_timeout(parser, value, 1, seconds) : 0;
}

static int read_value(struct ipvs_parser *parser, const struct ipvs_switch *option,
		      const char *value)
{
	struct ipvs_server *server = &parser->command->server;

	switch (option->id) {
	case OPTION_SERVICE:
		return read_service(parser, option, value);
	case OPTION_SERVER:
		return read_server(parser, option, value);
	case OPTION_SCHEDULER:
		return read_scheduler(parser, value);
	case OPTION_PERSISTENT:
		return read_persistent(parser, value);
	case OPTION_NETMASK:
		parser->netmask = value;
		return 0;
	case OPTION_FLAGS:
		parser->flags = value;
		return 0;
	case OPTION_FORWARD:
		return read_forward(parser, option->letter);
	case OPTION_WEIGHT:
		return ipvs_read_number(value, 0, WEIGHT_MAX, &server->weight) == 0
			       ? 0
			       : ipvs_fail(parser, "illegal weight specified");
	case OPTION_UPPER:
		return read_threshold(parser, value, &server->upper, 'x');
	case OPTION_LOWER:
		return read_threshold(parser, value, &server->lower, 'y');
	case OPTION_ENGINE:
		return refuse(parser->refusal, IPVS_EXIT_FAILURE,
			      "Scheduler or persistence engine not found");
	case OPTION_TUNNEL_TYPE:
		return read_tunnel(parser, value);
	case OPTION_TUNNEL_PORT:
		return read_tunnel_port(parser, value);
	case OPTION_ONE_PACKET:
		parser->command->settings.one_packet = true;
		return 0;
	}
	return 0;
}

static int read_option(struct ipvs_parser *parser, const struct ipvs_switch *option,
		       const char *value)
{
	uint32_t bit = UINT32_C(1) << (option->id % OPTION_MAX);

	if (option->id == SWITCH_IPV6)
		return read_ipv6(parser);
	if (option->id == SWITCH_SORT)
		return 0;
	if (parser->command->options & bit)
		return refuse(parser->refusal, IPVS_EXIT_USAGE, "multiple '%s' options specified",
			      ipvs_option_name((enum ipvs_option)option->id));
	parser->command->options |= bit;
	return read_value(parser, option, value);
}

static int read_verb(struct ipvs_parser *parser, struct ipvs_scan *scan)
{
	const struct ipvs_switch *found;
	const char *value;
	int r = ipvs_scan_next(scan, true, &found, &value, parser->refusal);

	if (r == 0 && scan->arguments_n == 0) {
		parser->command->verb = IPVS_LIST;
		return 0;
	}
	if (r == 0)
		return refuse(parser->refusal, IPVS_EXIT_FAILURE,
			      "Try `ipvsadm -h' or 'ipvsadm --help' for more information.");
	if (r < 0)
		return r;
	if (found->id >= OPTION_MAX)
		return ipvs_fail(parser, "uplinkd has no connection synchronization daemon");
	parser->command->verb = (enum ipvs_verb)found->id;
	return 0;
}

int ipvs_parse(const char *const *words, size_t n, const struct ipvs_names *names,
	       struct ipvs_command *ret, struct ipvs_refusal *ret_refusal)
{
	struct ipvs_scan scan = { .words = words, .n = n };
	struct ipvs_parser parser = { .command = ret, .names = names, .refusal = ret_refusal };
	const struct ipvs_switch *option;
	const char *value;
	int r;

	*ret = (struct ipvs_command){ .service.uplink = -1,
				      .settings.scheduler = SCHEDULER_WLC,
				      .server = { .method = METHOD_ROUTE, .weight = 1 } };
	if (read_verb(&parser, &scan) < 0)
		return -EINVAL;
	while ((r = ipvs_scan_next(&scan, false, &option, &value, ret_refusal)) > 0)
		if (read_option(&parser, option, value) < 0)
			return -EINVAL;
	return r < 0 ? r : ipvs_settle(&parser, &scan);
}

int ipvs_split(char *line, const char **words, size_t most)
{
	size_t n = 0;

	for (char *word; (word = strsep(&line, " \t\r\n"));) {
		if (!*word || (n == 0 && strcmp(word, "ipvsadm") == 0))
			continue;
		if (n == 0 && *word == '#')
			break;
		if (n == most)
			return -E2BIG;
		words[n++] = word;
	}
	return (int)n;
}
