/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command back to words, in numbers only: what -S prints, what uplinkctl sends and what the
 * daemon keeps. Thresholds are included, which ipvsadm forgets.
 */
#include "ipvs/command.h"

#include <string.h>

struct ipvs_endpoint_text ipvs_endpoint_text(const struct ip_address *address, uint16_t port)
{
	struct ipvs_endpoint_text ret;
	bool v6 = address->family == AF_INET6;

	snprintf(ret.text, sizeof(ret.text), "%s%s%s:%u", v6 ? "[" : "", ip_text(address).text,
		 v6 ? "]" : "", port);
	return ret;
}

struct key_text {
	char text[IP_TEXT_MAX + 30];
};

/* "-t 203.0.113.5:80", "--sctp-service [2001:db8::5]:9", "-f 5 -6" */
static struct key_text key_text(const struct config_listen *service)
{
	struct key_text ret;

	if (service->mark)
		snprintf(ret.text, sizeof(ret.text), "-f %u%s", service->mark,
			 service->family == AF_INET6 ? " -6" : "");
	else
		snprintf(ret.text, sizeof(ret.text), "%s %s",
			 service->protocol == IPPROTO_TCP   ? "-t"
			 : service->protocol == IPPROTO_UDP ? "-u"
							    : "--sctp-service",
			 ipvs_endpoint_text(&service->address, service->port).text);
	return ret;
}

int ipvs_service_compare(const struct config_listen *a, const struct config_listen *b)
{
	int c = (a->mark > b->mark) - (a->mark < b->mark);

	c = c ? c : (int)config_listen_family(a) - (int)config_listen_family(b);
	c = c ? c : (int)a->protocol - (int)b->protocol;
	c = c ? c : ip_compare(&a->address, &b->address);
	return c ? c : (int)a->port - (int)b->port;
}

bool ipvs_same_service(const struct config_listen *a, const struct config_listen *b)
{
	return ipvs_service_compare(a, b) == 0;
}

const char *ipvs_flags_text(enum scheduler_id scheduler, unsigned flags)
{
	static const char *const texts[][4] = {
		{ "", "sh-port", "sh-fallback", "sh-fallback,sh-port" },
		{ "", "mh-port", "mh-fallback", "mh-fallback,mh-port" },
	};

	return texts[scheduler == SCHEDULER_MH][flags % 4];
}

static void print_mask(uint8_t family, uint8_t bits, FILE *out)
{
	if (family == AF_INET6) {
		fprintf(out, " -M %u", bits);
	} else {
		uint32_t mask = bits ? ~UINT32_C(0) << (32 - bits) : 0;

		fprintf(out, " -M %u.%u.%u.%u", mask >> 24, mask >> 16 & 255, mask >> 8 & 255,
			mask & 255);
	}
}

static void print_settings(const struct ipvs_command *command, FILE *out)
{
	const struct ipvs_settings *settings = &command->settings;
	uint8_t family = config_listen_family(&command->service);

	fprintf(out, " -s %s", scheduler_id_text(settings->scheduler));
	if (settings->persistent_s) {
		fprintf(out, " -p %u", settings->persistent_s);
		if (settings->netmask != ip_bits(family))
			print_mask(family, settings->netmask, out);
	}
	if (settings->one_packet)
		fputs(" -o", out);
	if (settings->flags)
		fprintf(out, " -b %s", ipvs_flags_text(settings->scheduler, settings->flags));
}

static void print_tunnel(const struct ipvs_server *server, FILE *out)
{
	switch (server->tunnel) {
	case TUNNEL_GUE:
		fprintf(out, " --tun-type gue --tun-port %u --tun-nocsum", server->tunnel_port);
		break;
	case TUNNEL_GRE:
		fputs(" --tun-type gre --tun-nocsum", out);
		break;
	case TUNNEL_IPIP:
	case TUNNEL_MAX:
		fputs(" --tun-type ipip", out);
		break;
	}
}

static void print_server(const struct ipvs_server *server, enum ipvs_verb verb, FILE *out)
{
	fprintf(out, " %s %s", verb == IPVS_ADD_BOTH ? "-R" : "-r",
		ipvs_endpoint_text(&server->address, server->port).text);
	if (verb == IPVS_DELETE_SERVER)
		return;
	fprintf(out, " %s -w %u",
		server->method == METHOD_NAT      ? "-m"
		: server->method == METHOD_TUNNEL ? "-i"
						  : "-g",
		server->weight);
	if (server->upper)
		fprintf(out, " -x %u", server->upper);
	if (server->lower)
		fprintf(out, " -y %u", server->lower);
	if (server->method == METHOD_TUNNEL)
		print_tunnel(server, out);
}

static void print_formats(const struct ipvs_command *command, FILE *out)
{
	static const struct {
		enum ipvs_option option;
		const char *text;
	} formats[] = {
		{ OPTION_NUMERIC, "-n" },
		{ OPTION_CONNECTION, "-c" },
		{ OPTION_TIMEOUT, "--timeout" },
		{ OPTION_DAEMON, "--daemon" },
		{ OPTION_STATS, "--stats" },
		{ OPTION_RATE, "--rate" },
		{ OPTION_THRESHOLDS, "--thresholds" },
		{ OPTION_PERSISTENT_CONN, "--persistent-conn" },
		{ OPTION_NOSORT, "--nosort" },
		{ OPTION_EXACT, "--exact" },
		{ OPTION_TUNNEL_INFO, "--tun-info" },
	};

	for (size_t i = 0; i < ELEMENTS_OF(formats); i++)
		if (ipvs_has(command, formats[i].option))
			fprintf(out, " %s", formats[i].text);
}

void ipvs_print(const struct ipvs_command *command, FILE *out)
{
	static const char *const verbs[IPVS_VERB_MAX] = {
		[IPVS_ADD_SERVICE] = "-A",    [IPVS_EDIT_SERVICE] = "-E",
		[IPVS_DELETE_SERVICE] = "-D", [IPVS_CLEAR] = "-C",
		[IPVS_LIST] = "-L",           [IPVS_ADD_SERVER] = "-a",
		[IPVS_DELETE_SERVER] = "-d",  [IPVS_EDIT_SERVER] = "-e",
		[IPVS_SET] = "--set",         [IPVS_RESTORE] = "-R",
		[IPVS_SAVE] = "-S",           [IPVS_ZERO] = "-Z",
		[IPVS_ADD_BOTH] = "-A",       [IPVS_HELP] = "-h",
		[IPVS_VERSION] = "-v",
	};
	enum ipvs_verb verb = command->verb;

	fputs(verbs[verb], out);
	if (ipvs_has(command, OPTION_SERVICE))
		fprintf(out, " %s", key_text(&command->service).text);
	if (verb == IPVS_ADD_SERVICE || verb == IPVS_EDIT_SERVICE || verb == IPVS_ADD_BOTH)
		print_settings(command, out);
	if (ipvs_has(command, OPTION_SERVER))
		print_server(&command->server, verb, out);
	print_formats(command, out);
	for (size_t i = 0; verb == IPVS_SET && i < ELEMENTS_OF(command->timeouts_s); i++)
		fprintf(out, " %u", command->timeouts_s[i]);
}
