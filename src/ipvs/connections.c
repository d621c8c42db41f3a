/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -L -c: tracked connections to services, in IPVS's words. Its states are seen from the director as
 * conntrack's are, only that a connection begins in SYN_RECV. Services by mark are not found: a
 * connection does not tell what marked its packets.
 */
#include "ipvs/list.h"

#include <string.h>

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

static const char *state_text(const struct flow *flow)
{
	switch (flow->protocol) {
	case IPPROTO_TCP:
		return tcp_state(flow->state);
	case IPPROTO_SCTP:
		return sctp_state(flow->state);
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
	return NULL;
}

static const struct ipvs_entry *find_entry(const struct ipvs_entries *entries,
					   const struct flow *flow, uint16_t port)
{
	struct ipvs_entry key = { .listen = { .protocol = flow->protocol,
					      .address = flow->destination,
					      .port = port,
					      .uplink = -1 } };

	if (!entries->v.n)
		return NULL;
	return bsearch(&key, entries->v.v, entries->v.n, sizeof(key), ipvs_entry_compare);
}

static bool is_served(const struct ipvs_entry *entry, const struct flow *flow)
{
	for (size_t i = 0; entry && i < entry->service->servers.n; i++) {
		const struct config_server *server = &entry->service->servers.v[i];

		if (ip_equal(&server->address, &flow->server) &&
		    (server->port ? server->port : flow->destination_port) == flow->server_port)
			return true;
	}
	return false;
}

void ipvs_list_connections_title(FILE *out)
{
	fprintf(out, "IPVS connection entries\npro expire %-11s %-18s %-18s %s\n", "state",
		"source", "virtual", "destination");
}

void ipvs_list_connection(const struct ipvs_entries *entries, const struct flow *flow, FILE *out)
{
	const char *protocol = protocol_name(flow->protocol);
	char expires[24];

	snprintf(expires, sizeof(expires), "%02u:%02u", flow->timeout_s / 60, flow->timeout_s % 60);
	if (!protocol || (!is_served(find_entry(entries, flow, flow->destination_port), flow) &&
			  !is_served(find_entry(entries, flow, 0), flow)))
		return;
	fprintf(out, "%-3s %-6s %-11s %-18s ", protocol, expires, state_text(flow),
		ipvs_endpoint_text(&flow->client, flow->client_port).text);
	fprintf(out, "%-18s %s\n",
		ipvs_endpoint_text(&flow->destination, flow->destination_port).text,
		ipvs_endpoint_text(&flow->server, flow->server_port).text);
}
