/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/world.h"
#include "ipvs/command.h"

/*
 * The tables that ipvsadm -L prints, of every service: of the file and made by ipvs. A service that
 * listens on several addresses is listed at each, one that listens on a line's at what it is now.
 */

/* An address and the service there. */
struct ipvs_entry {
	struct config_listen listen; /* uplink is -1 */
	const struct config_service *service;
	struct service_state *state;
};

struct ipvs_entries {
	ARRAY(struct ipvs_entry) v;
};

/* In order of configuration; array_done(). 0 or -ENOMEM. */
int ipvs_entries_collect(const struct world *world, struct ipvs_entries *ret);
/* ipvs_service_compare() of entries, for qsort(3). */
int ipvs_entry_compare(const void *a, const void *b);

/* What a list command prints, -c excepted. 0, or a negative errno and why. */
int ipvs_list(const struct world *world, const struct ipvs_command *command, FILE *out,
	      struct ipvs_refusal *ret_refusal);

/* A line of -c: a connection, or the template of a client that is remembered. */
struct ipvs_connection {
	bool is_template;
	uint8_t protocol; /* IPPROTO_IP: a template of a mark */
	uint8_t state;    /* as in struct flow */
	unsigned expires_s;
	struct ip_address client, destination, server;
	uint16_t client_port, destination_port, server_port;
};

void ipvs_list_connections_title(FILE *out);
void ipvs_list_connection(const struct ipvs_connection *connection, FILE *out);
/* A template of that server, but for the client and how long it is remembered. */
struct ipvs_connection ipvs_template(const struct config_listen *listen,
				     const struct config_server *server);
