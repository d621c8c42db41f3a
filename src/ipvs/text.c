/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table as text: as the commands that make it, which is how it is shown and kept, and as the
 * services of a configuration, which is how it gets into force.
 */
#include "ipvs/table.h"

#include "config/text.h"
#include "ipvs/words.h"

#include <errno.h>
#include <string.h>

void ipvs_table_print(const struct ipvs_table *table, FILE *out)
{
	array_foreach(&table->services, service) {
		struct ipvs_command command = { .verb = IPVS_ADD_SERVICE,
						.options = 1 << OPTION_SERVICE,
						.service = service->listen,
						.settings = service->settings };

		ipvs_print(&command, out);
		fputc('\n', out);
		command.verb = IPVS_ADD_SERVER;
		command.options |= 1 << OPTION_SERVER;
		array_foreach(&service->servers, server) {
			command.server = *server;
			ipvs_print(&command, out);
			fputc('\n', out);
		}
	}
}

int ipvs_table_to_text(const struct ipvs_table *table, char **ret)
{
	const struct timeouts *timeouts = &table->timeouts;
	size_t size;
	FILE *out = open_memstream(ret, &size);

	if (!out)
		return -ENOMEM;
	fprintf(out, "--set %u %u %u\n", timeouts->tcp, timeouts->tcp_fin, timeouts->udp);
	ipvs_table_print(table, out);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}

static int read_line(struct ipvs_table *table, char *line, struct ipvs_refusal *refusal)
{
	const char *words[IPVS_WORDS_MAX];
	struct ipvs_command command;
	int n = ipvs_split(line, words, ELEMENTS_OF(words));

	if (n == 0)
		return 0;
	if (n < 0)
		return refuse(refusal, IPVS_EXIT_USAGE, "too many words");
	if (ipvs_parse(words, (size_t)n, NULL, &command, refusal) < 0)
		return -EINVAL;
	return ipvs_table_apply(table, NULL, &command, refusal);
}

int ipvs_table_read(struct ipvs_table *table, const char *text, struct ipvs_refusal *ret_refusal)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;

	if (!copy)
		return -ENOMEM;
	for (unsigned number = 1; (line = strsep(&rest, "\n")); number++) {
		struct ipvs_refusal refusal;
		int r = read_line(table, line, &refusal);

		if (r == 0)
			continue;
		refuse(ret_refusal, refusal.exit_code, "line %u: %.200s", number, refusal.message);
		return r;
	}
	return 0;
}

/* --- as a configuration ----------------------------------------------------------------------- */

static const char *method_text(enum service_method method)
{
	switch (method) {
	case METHOD_NAT:
		return "nat";
	case METHOD_ROUTE:
		return "route";
	case METHOD_TUNNEL:
		return "tunnel";
	case METHOD_LOCAL:
		return "local";
	case METHOD_MAX:
		break;
	}
	return "?";
}

static const char *tunnel_text(enum tunnel_kind tunnel)
{
	switch (tunnel) {
	case TUNNEL_IPIP:
		return "ipip";
	case TUNNEL_GRE:
		return "gre";
	case TUNNEL_GUE:
		return "gue";
	case TUNNEL_MAX:
		break;
	}
	return "?";
}

/* Names are for people and the bus: "tcp/203.0.113.5/80", "tcp/2001-db8--5/80", "mark/5". */
static void write_name(const struct config_listen *listen, FILE *out)
{
	struct ip_text address = ip_text(&listen->address);

	if (listen->mark) {
		fprintf(out, "mark%s/%u", listen->family == AF_INET6 ? "6" : "", listen->mark);
		return;
	}
	for (char *c = address.text; *c; c++)
		if (*c == ':')
			*c = '-';
	fprintf(out, "%s/%s/%u", protocol_text(listen->protocol), address.text, listen->port);
}

static void write_listen(const struct config_listen *listen, FILE *out)
{
	if (listen->mark)
		fprintf(out, "mark%s/%u", listen->family == AF_INET6 ? "6" : "", listen->mark);
	else
		fprintf(out, "%s/%s", protocol_text(listen->protocol),
			ipvs_endpoint_text(&listen->address, listen->port).text);
}

static void write_settings(const struct ipvs_service *service, FILE *out)
{
	const struct ipvs_settings *settings = &service->settings;
	uint8_t family =
		service->listen.mark ? service->listen.family : service->listen.address.family;
	const char *flags = ipvs_flags_text(settings->scheduler, settings->flags);

	fprintf(out, " scheduler = \"%s\";", scheduler_id_text(settings->scheduler));
	if (settings->flags)
		fprintf(out, " scheduler_flags = [ \"%.*s\"%s%s%s ];", (int)strcspn(flags, ","),
			flags, strchr(flags, ',') ? ", \"" : "",
			strchr(flags, ',') ? strchr(flags, ',') + 1 : "",
			strchr(flags, ',') ? "\"" : "");
	if (settings->persistent_s)
		fprintf(out, " persistent = \"%us\";", settings->persistent_s);
	if (settings->persistent_s && settings->netmask != ip_bits(family))
		fprintf(out, " netmask%s = %u;", family == AF_INET6 ? "6" : "", settings->netmask);
	if (settings->one_packet)
		fputs(" one_packet = true;", out);
}

static void write_server(const struct ipvs_server *server, FILE *out)
{
	fprintf(out, "{ address = \"%s\"; weight = %u; method = \"%s\";",
		endpoint_text(&server->address, server->port).text, server->weight,
		method_text(server->method));
	if (server->method == METHOD_TUNNEL)
		fprintf(out, " tunnel = \"%s\";", tunnel_text(server->tunnel));
	if (server->method == METHOD_TUNNEL && server->tunnel == TUNNEL_GUE)
		fprintf(out, " tunnel_port = %u;", server->tunnel_port);
	if (server->upper)
		fprintf(out, " upper = %u;", server->upper);
	if (server->lower)
		fprintf(out, " lower = %u;", server->lower);
	fputs(" }", out);
}

static void write_service(const struct ipvs_service *service, FILE *out)
{
	const char *separator = "\n    ";

	fputs("  { name = \"", out);
	write_name(&service->listen, out);
	fputs("\"; listen = [ \"", out);
	write_listen(&service->listen, out);
	fputs("\" ];", out);
	write_settings(service, out);
	fputs(" servers = (", out);
	array_foreach(&service->servers, server) {
		fputs(separator, out);
		write_server(server, out);
		separator = ",\n    ";
	}
	fputs(" ); }", out);
}

int ipvs_table_to_config(const struct ipvs_table *table, char **ret)
{
	const char *separator = "\n";
	size_t size;
	FILE *out;

	*ret = NULL;
	if (!table->services.n)
		return 0;
	out = open_memstream(ret, &size);
	if (!out)
		return -ENOMEM;
	fputs("services = (", out);
	array_foreach(&table->services, service) {
		fputs(separator, out);
		write_service(service, out);
		separator = ",\n";
	}
	fputs("\n);\n", out);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}
