/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What in a command depends on several options: a port on the service's, a mask on the family, a
 * flag on the scheduler, and whether they go together at all.
 */
#include "ipvs/command.h"
#include "ipvs/words.h"

#include <errno.h>
#include <string.h>

int ipvs_fail(struct ipvs_parser *parser, const char *message)
{
	return refuse(parser->refusal, IPVS_EXIT_USAGE, "%s", message);
}

/* The bits of a mask without gaps, or -EINVAL. */
static int count_bits(const char *text)
{
	struct ip_address mask;
	uint32_t bits;

	if (ip_parse(text, &mask) < 0 || mask.family != AF_INET)
		return -EINVAL;
	bits = (uint32_t)mask.bytes[0] << 24 | (uint32_t)mask.bytes[1] << 16 |
	       (uint32_t)mask.bytes[2] << 8 | mask.bytes[3];
	if (~bits & (~bits + 1))
		return -EINVAL;
	return __builtin_popcount(bits);
}

static int settle_netmask(struct ipvs_parser *parser)
{
	struct ipvs_settings *settings = &parser->command->settings;
	uint8_t family = config_listen_family(&parser->command->service);
	uint32_t length = 0;
	int bits;

	settings->netmask = ip_bits(family);
	if (!parser->netmask)
		return 0;
	if (family == AF_INET6) {
		if (ipvs_read_number(parser->netmask, 1, 128, &length) < 0)
			return ipvs_fail(parser, "illegal ipv6 netmask specified");
		settings->netmask = (uint8_t)length;
		return 0;
	}
	bits = count_bits(parser->netmask);
	if (bits < 0)
		return ipvs_fail(parser, "illegal virtual server persistent mask specified");
	settings->netmask = (uint8_t)bits;
	return 0;
}

static int read_flag(struct ipvs_parser *parser, const char *name, size_t length)
{
	static const struct {
		const char *name;
		int scheduler; /* -1: by number, for either */
		unsigned flag;
	} flags[] = {
		{ "sh-fallback", SCHEDULER_SH, SCHEDULER_HASH_FALLBACK },
		{ "sh-port", SCHEDULER_SH, SCHEDULER_HASH_PORT },
		{ "mh-fallback", SCHEDULER_MH, SCHEDULER_HASH_FALLBACK },
		{ "mh-port", SCHEDULER_MH, SCHEDULER_HASH_PORT },
		{ "flag-1", -1, SCHEDULER_HASH_FALLBACK },
		{ "flag-2", -1, SCHEDULER_HASH_PORT },
	};
	struct ipvs_settings *settings = &parser->command->settings;
	enum scheduler_id id = settings->scheduler;
	bool hashes = id == SCHEDULER_SH || id == SCHEDULER_MH;

	for (size_t i = 0; i < ELEMENTS_OF(flags); i++) {
		if (strlen(flags[i].name) != length || memcmp(flags[i].name, name, length) != 0)
			continue;
		if (flags[i].scheduler != (int)id && (flags[i].scheduler >= 0 || !hashes))
			return refuse(parser->refusal, IPVS_EXIT_USAGE,
				      "incompatible scheduler flag `%s'", flags[i].name);
		settings->flags |= flags[i].flag;
		return 0;
	}
	return refuse(parser->refusal, IPVS_EXIT_USAGE, "invalid scheduler flag `%.*s'",
		      (int)length, name);
}

static int settle_flags(struct ipvs_parser *parser)
{
	const char *flag = parser->flags;

	while (flag) {
		size_t length = strcspn(flag, ",");

		if (read_flag(parser, flag, length) < 0)
			return -EINVAL;
		flag = flag[length] ? flag + length + 1 : NULL;
	}
	return 0;
}

static int settle_service(struct ipvs_parser *parser)
{
	const struct ipvs_command *command = parser->command;
	const struct config_listen *service = &command->service;

	if (settle_netmask(parser) < 0 || settle_flags(parser) < 0)
		return -EINVAL;
	if (!service->mark && !service->port && !command->settings.persistent_s)
		return ipvs_fail(parser, "Zero port specified for non-persistent service");
	if (command->settings.one_packet && !service->mark && service->protocol != IPPROTO_UDP)
		return ipvs_fail(parser, "One-Packet Scheduling is only for UDP virtual services");
	return 0;
}

/* Only NAT can give a packet another port; a server of a mark is called by any name. */
static int settle_server(struct ipvs_parser *parser)
{
	struct ipvs_command *command = parser->command;
	struct ipvs_server *server = &command->server;
	bool keeps_port = server->method != METHOD_NAT && command->verb != IPVS_DELETE_SERVER;

	if (!command->service.mark && (parser->no_port || keeps_port))
		server->port = command->service.port;
	if (command->verb != IPVS_DELETE_SERVER && server->method != METHOD_TUNNEL &&
	    config_listen_family(&command->service) != server->address.family)
		return ipvs_fail(parser,
				 "Different address family is allowed only for tunneling servers");
	return 0;
}

static int settle_timeouts(struct ipvs_parser *parser, const struct ipvs_scan *scan)
{
	uint32_t *timeouts_s = parser->command->timeouts_s;
	size_t wanted = parser->command->verb == IPVS_SET ? 3 : 0;

	if (scan->arguments_n < wanted)
		return ipvs_fail(parser, "--set option requires 3 timeout values");
	for (size_t i = 0; i < wanted; i++)
		if (ipvs_read_timeout(parser, scan->arguments[i], 0, &timeouts_s[i]) < 0)
			return -EINVAL;
	if (scan->arguments_n > wanted)
		return refuse(parser->refusal, IPVS_EXIT_USAGE, "unexpected argument %s",
			      scan->arguments[wanted]);
	return 0;
}

/* ippfvsadm knew one pair of commands for services and servers, and only NAT. */
static void settle_old_form(struct ipvs_parser *parser)
{
	struct ipvs_command *command = parser->command;

	if (!parser->old_form)
		return;
	if (command->verb == IPVS_ADD_SERVICE)
		command->verb = IPVS_ADD_BOTH;
	else if (command->verb == IPVS_DELETE_SERVICE)
		command->verb = IPVS_DELETE_SERVER;
	if (command->verb == IPVS_ADD_BOTH && !ipvs_has(command, OPTION_FORWARD))
		command->server.method = METHOD_NAT;
}

int ipvs_settle(struct ipvs_parser *parser, const struct ipvs_scan *scan)
{
	struct ipvs_command *command = parser->command;
	enum ipvs_verb verb;

	settle_old_form(parser);
	verb = command->verb;
	if (settle_timeouts(parser, scan) < 0 || ipvs_check_options(command, parser->refusal) < 0)
		return -EINVAL;
	if ((verb == IPVS_ADD_SERVICE || verb == IPVS_EDIT_SERVICE || verb == IPVS_ADD_BOTH) &&
	    settle_service(parser) < 0)
		return -EINVAL;
	return ipvs_has(command, OPTION_SERVER) ? settle_server(parser) : 0;
}
