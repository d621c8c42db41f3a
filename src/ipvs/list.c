/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -L, to the letter as ipvsadm 1.31 prints it with -n, trailing blanks included: scripts cut
 * columns. Names of hosts and ports are put in by uplinkctl, as looking them up may take long.
 * Unlike ipvsadm's, the order of addresses has no break at 128.0.0.0.
 */
#include "ipvs/list.h"

#include "config/text.h"
#include "ipvs/words.h"
#include "service/traffic.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct printer {
	const struct ipvs_command *command;
	FILE *out;
};

/* Sums, or rates as they are estimated. */
struct numbers {
	uint64_t v[TRAFFIC_MAX];
};

static bool has(const struct printer *printer, enum ipvs_option option)
{
	return ipvs_has(printer->command, option);
}

static void print_large(const struct printer *printer, uint64_t n)
{
	static const struct {
		uint64_t below, unit;
		char letter;
	} steps[] = {
		{ UINT64_C(1000000000), 1000, 'K' },
		{ UINT64_C(100000000000), 1000000, 'M' },
		{ UINT64_C(100000000000000), 1000000000, 'G' },
		{ UINT64_MAX, UINT64_C(1000000000000), 'T' },
	};
	size_t i = 0;

	if (has(printer, OPTION_EXACT)) {
		fprintf(printer->out, n < 100000000 ? "%9" PRIu64 : " %" PRIu64, n);
		return;
	}
	if (n < 100000000) {
		fprintf(printer->out, "%9" PRIu64, n);
		return;
	}
	while (n >= steps[i].below && i + 1 < ELEMENTS_OF(steps))
		i++;
	fprintf(printer->out, "%8" PRIu64 "%c", n / steps[i].unit, steps[i].letter);
}

static void print_numbers(const struct printer *printer, const struct numbers *numbers)
{
	for (enum traffic_kind kind = 0; kind < TRAFFIC_MAX; kind++)
		print_large(printer, has(printer, OPTION_RATE)
					     ? traffic_a_second(kind, numbers->v[kind])
					     : numbers->v[kind]);
	fputc('\n', printer->out);
}

static struct numbers server_numbers(const struct printer *printer,
				     const struct server_state *state)
{
	const uint64_t *v = has(printer, OPTION_RATE) ? state->traffic.rate : state->traffic.sum;
	struct numbers numbers;

	memcpy(numbers.v, v, sizeof(numbers.v));
	return numbers;
}

static struct numbers service_numbers(const struct printer *printer, const struct ipvs_entry *entry)
{
	struct numbers sum = { { 0 } };

	for (size_t i = 0; i < entry->service->servers.n; i++) {
		struct numbers one = server_numbers(printer, &entry->state->servers[i]);

		for (size_t j = 0; j < ELEMENTS_OF(sum.v); j++)
			sum.v[j] += one.v[j];
	}
	return sum;
}

static void print_title(const struct printer *printer)
{
	const char *title =
		"Prot LocalAddress:Port Scheduler Flags\n"
		"  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n";

	if (has(printer, OPTION_STATS))
		title = "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes "
			"OutBytes\n  -> RemoteAddress:Port\n";
	else if (has(printer, OPTION_RATE))
		title = "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   "
			"OutBPS\n  -> RemoteAddress:Port\n";
	else if (has(printer, OPTION_THRESHOLDS))
		title = "Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn "
			"InActConn \n  -> RemoteAddress:Port\n";
	else if (has(printer, OPTION_PERSISTENT_CONN))
		title = "Prot LocalAddress:Port            Weight    PersistConn ActiveConn "
			"InActConn \n  -> RemoteAddress:Port\n";
	else if (has(printer, OPTION_TUNNEL_INFO))
		title = "Prot LocalAddress:Port Scheduler Flags\n"
			"  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn "
			"InActConn\n";
	fputs(title, printer->out);
}

static void print_settings(const struct ipvs_entry *entry, FILE *out)
{
	const struct config_service *service = entry->service;
	uint8_t family = config_listen_family(&entry->listen);
	uint8_t bits = service->netmask[family_index(family)];
	uint32_t mask = bits ? ~UINT32_C(0) << (32 - bits % 33) : 0;

	fprintf(out, " %s", scheduler_id_text(service->scheduler));
	if (service->scheduler_flags)
		fprintf(out, " (%s)",
			ipvs_flags_text(service->scheduler, service->scheduler_flags));
	if (service->persistent_ms)
		fprintf(out, " persistent %" PRIu64, service->persistent_ms / 1000);
	if (service->persistent_ms && bits != ip_bits(family)) {
		if (family == AF_INET6)
			fprintf(out, " mask %u", bits);
		else
			fprintf(out, " mask %u.%u.%u.%u", mask >> 24, mask >> 16 & 255,
				mask >> 8 & 255, mask & 255);
	}
	if (service->one_packet)
		fputs(" ops", out);
	fputc('\n', out);
}

struct entry_text {
	char text[IP_TEXT_MAX + 30];
};

static struct entry_text entry_name(const struct config_listen *listen)
{
	struct entry_text ret;

	if (listen->mark)
		snprintf(ret.text, sizeof(ret.text), "FWM  %u%s", listen->mark,
			 listen->family == AF_INET6 ? " IPv6" : "");
	else
		snprintf(ret.text, sizeof(ret.text), "%-4s %s",
			 listen->protocol == IPPROTO_TCP   ? "TCP"
			 : listen->protocol == IPPROTO_UDP ? "UDP"
							   : "SCTP",
			 ipvs_endpoint_text(&listen->address, listen->port).text);
	return ret;
}

struct tunnel_text {
	char text[24];
};

static struct tunnel_text tunnel_info(const struct config_server *server)
{
	struct tunnel_text ret = { "n/a" };

	if (server->method != METHOD_TUNNEL)
		return ret;
	if (server->tunnel == TUNNEL_GUE)
		snprintf(ret.text, sizeof(ret.text), "gue:%u:-c", server->tunnel_port);
	else
		snprintf(ret.text, sizeof(ret.text), "%s",
			 server->tunnel == TUNNEL_GRE ? "gre:-c" : "ipip");
	return ret;
}

static const char *forward_text(enum service_method method)
{
	static const char *const texts[METHOD_MAX] = { [METHOD_NAT] = "Masq",
						       [METHOD_ROUTE] = "Route",
						       [METHOD_TUNNEL] = "Tunnel",
						       [METHOD_LOCAL] = "Local" };

	return texts[method];
}

static void print_server_state(const struct printer *printer, const struct config_server *server,
			       const struct server_state *state)
{
	FILE *out = printer->out;

	if (has(printer, OPTION_THRESHOLDS))
		fprintf(out, "%-10u %-10u", server->upper, server->lower);
	else if (has(printer, OPTION_PERSISTENT_CONN))
		fprintf(out, "%-9u %-11u", state->weight, state->traffic.persistent);
	else if (has(printer, OPTION_TUNNEL_INFO))
		fprintf(out, "%-7s %-13s %-6u", forward_text(server->method),
			tunnel_info(server).text, state->weight);
	else
		fprintf(out, "%-7s %-6u", forward_text(server->method), state->weight);
	fprintf(out, " %-10u %-10u\n", state->active, state->inactive);
}

static void print_server(const struct printer *printer, const struct ipvs_entry *entry,
			 const struct config_server *server, const struct server_state *state)
{
	uint16_t port = server->port ? server->port : entry->listen.port;
	struct numbers numbers;

	fprintf(printer->out, "  -> %-28s", ipvs_endpoint_text(&server->address, port).text);
	if (has(printer, OPTION_STATS) || has(printer, OPTION_RATE)) {
		numbers = server_numbers(printer, state);
		print_numbers(printer, &numbers);
	} else {
		fputc(' ', printer->out);
		print_server_state(printer, server, state);
	}
}

struct place {
	const struct config_server *server;
	const struct server_state *state;
};

static int place_compare(const void *a, const void *b)
{
	const struct config_server *x = ((const struct place *)a)->server;
	const struct config_server *y = ((const struct place *)b)->server;
	int c = ip_compare(&x->address, &y->address);

	return c ? c : (int)x->port - (int)y->port;
}

/* The servers of the address's family, or reached through a tunnel; a sorry server is IPVS's not.
 */
static int print_servers(const struct printer *printer, const struct ipvs_entry *entry)
{
	const struct config_service *service = entry->service;
	ARRAY(struct place) places = { 0 };
	int r = 0;

	for (size_t i = 0; i < service->servers.n; i++) {
		struct place place = { &service->servers.v[i], &entry->state->servers[i] };

		if ((int)i != service->sorry &&
		    (place.server->address.family == config_listen_family(&entry->listen) ||
		     place.server->method == METHOD_TUNNEL))
			r = r < 0 ? r : array_push(&places, place);
	}
	if (places.n && !has(printer, OPTION_NOSORT))
		qsort(places.v, places.n, sizeof(*places.v), place_compare);
	array_foreach(&places, place)
		print_server(printer, entry, place->server, place->state);
	array_done(&places);
	return r;
}

static int print_entry(const struct printer *printer, const struct ipvs_entry *entry)
{
	struct numbers numbers;

	if (has(printer, OPTION_STATS) || has(printer, OPTION_RATE)) {
		numbers = service_numbers(printer, entry);
		fprintf(printer->out, "%-33s", entry_name(&entry->listen).text);
		print_numbers(printer, &numbers);
	} else {
		fputs(entry_name(&entry->listen).text, printer->out);
		print_settings(entry, printer->out);
	}
	return print_servers(printer, entry);
}

static int list_one(const struct printer *printer, const struct ipvs_entries *entries,
		    struct ipvs_refusal *refusal)
{
	array_foreach(&entries->v, entry)
		if (ipvs_same_service(&entry->listen, &printer->command->service)) {
			print_title(printer);
			return print_entry(printer, entry);
		}
	refuse(refusal, IPVS_EXIT_LIST, "No such service");
	return -ENOENT;
}

static int list_all(const struct printer *printer, struct ipvs_entries *entries)
{
	int r = 0;

	if (entries->v.n && !has(printer, OPTION_NOSORT))
		qsort(entries->v.v, entries->v.n, sizeof(*entries->v.v), ipvs_entry_compare);
	fputs("IP Virtual Server version 1.2.1 (size=4096)\n", printer->out);
	print_title(printer);
	array_foreach(&entries->v, entry)
		r = r < 0 ? r : print_entry(printer, entry);
	return r;
}

int ipvs_list(const struct world *world, const struct ipvs_command *command, FILE *out,
	      struct ipvs_refusal *ret_refusal)
{
	struct printer printer = { .command = command, .out = out };
	struct ipvs_entries entries;
	int r;

	if (has(&printer, OPTION_DAEMON))
		return 0;
	if (has(&printer, OPTION_TIMEOUT)) {
		fprintf(out, "Timeout (tcp tcpfin udp): %u %u %u\n", world->timeouts.tcp,
			world->timeouts.tcp_fin, world->timeouts.udp);
		return 0;
	}
	r = ipvs_entries_collect(world, &entries);
	if (r == 0) {
		r = has(&printer, OPTION_SERVICE) ? list_one(&printer, &entries, ret_refusal)
						  : list_all(&printer, &entries);
		array_done(&entries.v);
	}
	if (r == -ENOMEM)
		refuse(ret_refusal, IPVS_EXIT_LIST, "Memory allocation problem");
	return r;
}
