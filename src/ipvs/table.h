/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/world.h"
#include "ipvs/command.h"

/*
 * The virtual services made by `uplinkctl ipvs`, in order of addition. They reach the configuration
 * as text, and outlive the daemon as commands.
 */

struct ipvs_service {
	struct config_listen listen;
	struct ipvs_settings settings;
	ARRAY(struct ipvs_server) servers;
};

struct ipvs_table {
	ARRAY(struct ipvs_service) services;
	struct timeouts timeouts; /* 0: not initialised, see ipvs_table_init() */
	size_t last;              /* where a service was found; the next is likely there */
};

/* Empty, with the default timeouts. */
void ipvs_table_init(struct ipvs_table *table);
void ipvs_table_done(struct ipvs_table *table);
/* A copy that shares nothing. 0 or -ENOMEM, and then *ret is empty. */
int ipvs_table_copy(const struct ipvs_table *table, struct ipvs_table *ret);

/*
 * Does one of the commands that change the table. `file` (may be NULL) is the configuration whose
 * own services are not to be touched. 0, or a negative errno and why: -EEXIST, -ENOENT, -EPERM,
 * -ERANGE, -ENOMEM.
 */
int ipvs_table_apply(struct ipvs_table *table, const struct config *file,
		     const struct ipvs_command *command, struct ipvs_refusal *ret_refusal);

bool ipvs_table_has(const struct ipvs_table *table, const struct config_listen *listen);
/* The server that a command names, as it is; or NULL. */
const struct ipvs_server *ipvs_table_server(const struct ipvs_table *table,
					    const struct ipvs_command *command);

/* In the order in which -L lists services and servers. */
void ipvs_table_sort(struct ipvs_table *table);
/* The commands that make the services, a line each. */
void ipvs_table_print(const struct ipvs_table *table, FILE *out);
/* The same and the timeouts; ipvs_table_read() takes it back. 0 or -ENOMEM. */
int ipvs_table_to_text(const struct ipvs_table *table, char **ret);
/* Does every line; the first that cannot be done ends it. 0, or a negative errno and why, with its
 * line. */
int ipvs_table_read(struct ipvs_table *table, const char *text, struct ipvs_refusal *ret_refusal);
/* The services as a configuration, for config_load(); NULL in *ret when there are none. 0 or
 * -ENOMEM. */
int ipvs_table_to_config(const struct ipvs_table *table, char **ret);
