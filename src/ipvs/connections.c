/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -L -c: connections to services, in IPVS's words. Its states are seen from the director as
 * conntrack's are, only that a connection begins in SYN_RECV. A client that is remembered has a
 * template, which looks like a connection without a port.
 */
#include "ipvs/list.h"

#include <netinet/in.h>
#include <string.h>

enum {
	FTP_PORT = 21 /* its templates hold for the data connections as well */
};

static const char *tcp_state(uint8_t state)
{
	static const char *const texts[] = { "NONE",     "SYN_RECV",   "SYN_RECV", "ESTABLISHED",
					     "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT",
					     "CLOSE",    "SYN_SENT" };

	return state < ELEMENTS_OF(texts) ? texts[state] : "NONE";
}

static const char *sctp_state(uint8_t state)
{
	static const char *const texts[] = { "NONE",
					     "CLOSED",
					     "INIT",
					     "COOKIE_ECHOED",
					     "ESTABLISHED",
					     "SHUTDOWN_SENT",
					     "SHUTDOWN_RECEIVED",
					     "SHUTDOWN_ACK_SENT",
					     "INIT" };

	return state < ELEMENTS_OF(texts) ? texts[state] : "NONE";
}

static const char *state_text(const struct ipvs_connection *connection)
{
	if (connection->is_template)
		return "NONE";
	switch (connection->protocol) {
	case IPPROTO_TCP:
		return tcp_state(connection->state);
	case IPPROTO_SCTP:
		return sctp_state(connection->state);
	}
	return "UDP";
}

static const char *protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "TCP";
	case IPPROTO_UDP:
		return "UDP";
	case IPPROTO_SCTP:
		return "SCTP";
	}
	return "IP";
}

void ipvs_list_connections_title(FILE *out)
{
	fprintf(out, "IPVS connection entries\npro expire %-11s %-18s %-18s %s\n", "state",
		"source", "virtual", "destination");
}

void ipvs_list_connection(const struct ipvs_connection *connection, FILE *out)
{
	unsigned expires_s = connection->expires_s;
	char expires[24];

	snprintf(expires, sizeof(expires), "%02u:%02u", expires_s / 60, expires_s % 60);
	fprintf(out, "%-3s %-6s %-11s %-18s ", protocol_name(connection->protocol), expires,
		state_text(connection),
		ipvs_endpoint_text(&connection->client, connection->client_port).text);
	fprintf(out, "%-18s %s\n",
		ipvs_endpoint_text(&connection->destination, connection->destination_port).text,
		ipvs_endpoint_text(&connection->server, connection->server_port).text);
}

struct ipvs_connection ipvs_template(const struct config_listen *listen,
				     const struct config_server *server)
{
	struct ipvs_connection ret = { .is_template = true,
				       .protocol = listen->protocol,
				       .destination = listen->address,
				       .server = server->address };
	uint8_t mark[16] = { (uint8_t)(listen->mark >> 24), (uint8_t)(listen->mark >> 16),
			     (uint8_t)(listen->mark >> 8), (uint8_t)listen->mark };

	if (listen->mark) {
		ret.destination = ip_make(listen->family, mark);
	} else if (listen->port && listen->port != FTP_PORT) {
		ret.destination_port = listen->port;
		ret.server_port = server->port ? server->port : listen->port;
	}
	return ret;
}
