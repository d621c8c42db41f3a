/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table as the services of a configuration, which is how it gets into force.
 */
#include "ipvs/table.h"

#include "config/text.h"
#include "ipvs/words.h"

#include <errno.h>
#include <string.h>

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
	uint8_t family = config_listen_family(&service->listen);
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
		service_method_text(server->method));
	if (server->method == METHOD_TUNNEL)
		fprintf(out, " tunnel = \"%s\";", tunnel_kind_text(server->tunnel));
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
