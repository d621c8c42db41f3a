/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cleanup.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <systemd/sd-bus.h>

/* What the files of uplinkctl share. */

#define RUNTIME_DIR       "/run/uplinkd"
#define BUS_NAME          "org.uplinkd1"
#define BUS_ROOT          "/org/uplinkd1"
#define MANAGER_INTERFACE BUS_NAME ".Manager"

enum {
	EXIT_USAGE = 2, /* besides EXIT_SUCCESS and EXIT_FAILURE */
	PPP_DETAILS_MAX = 32
};

struct ctl {
	const char *runtime_dir;
	bool json, follow;
	sd_bus *bus;             /* set from the first call on */
	const char *destination; /* on the system bus; NULL on the daemon's own socket */
};

/*
 * Verbs: each returns an exit code and has then said on stderr what went wrong. The arguments are
 * as many as the table in main.c says, a NULL behind them.
 */
int verb_status(struct ctl *ctl, char **arguments);
int verb_uplinks(struct ctl *ctl, char **arguments);
int verb_probes(struct ctl *ctl, char **arguments);
int verb_services(struct ctl *ctl, char **arguments);
int verb_domains(struct ctl *ctl, char **arguments);
int verb_policies(struct ctl *ctl, char **arguments);
int verb_events(struct ctl *ctl, char **arguments);
int verb_plan(struct ctl *ctl, char **arguments);
int verb_reload(struct ctl *ctl, char **arguments);
int verb_flush(struct ctl *ctl, char **arguments);
int verb_enable(struct ctl *ctl, char **arguments);
int verb_disable(struct ctl *ctl, char **arguments);
int verb_failback(struct ctl *ctl, char **arguments);
int verb_delegate(struct ctl *ctl, char **arguments);
int verb_weight(struct ctl *ctl, char **arguments);
int verb_drain(struct ctl *ctl, char **arguments);
/* Takes as many arguments as there are, up to a NULL. */
int verb_ipvs(struct ctl *ctl, char **arguments);
int verb_ppp_event(struct ctl *ctl, char **arguments);

/* Kinds of objects on the bus, as they are called on the bus and in JSON. */
struct ctl_kind {
	const char *one, *many; /* "uplink", "uplinks" */
	const char *path, *interface;
};

extern const struct ctl_kind uplink_kind, service_kind, domain_kind, policy_kind;

/* Connects if that has not been done. 0 or a negative errno, said. */
int ctl_connect(struct ctl *ctl);
/* Calls a method of the daemon. 0 or a negative errno, said. ret_reply may be NULL. */
int ctl_call(struct ctl *ctl, const char *path, const char *interface, const char *member,
	     sd_bus_message **ret_reply, const char *types, ...);
/* The same of an object; if there is none of that name, the known ones are named. */
int ctl_call_object(struct ctl *ctl, const struct ctl_kind *kind, const char *name,
		    const char *member, const char *types, ...);
/* The same with a list of texts, up to a NULL. */
int ctl_call_object_list(struct ctl *ctl, const struct ctl_kind *kind, const char *name,
			 const char *member, char **texts);
/* There is no such object: names those that there are. */
void ctl_say_known(json_object *tree, const struct ctl_kind *kind, const char *name);
/* Says why a call failed, with its result and error. */
void ctl_say_error(const sd_bus_error *error, int r);
/* Writes a message of one or more lines to stderr. */
void ctl_say(const char *message);
/* The exit code of what could fail for want of memory only, and says that it has. */
int ctl_shown(int r);

/*
 * All that the daemon shows: {"uplinks": [...], "services": [...], "domains": [...], "policies":
 * [...], "version": ..., "flushed": ...}, each list in the order of the file. NULL after saying
 * why not; json_object_put().
 */
json_object *ctl_read(struct ctl *ctl);
/* A time on the bus as JSON has it: seconds since 1970 with a fraction. */
json_object *ctl_time(uint64_t us);
void ctl_print_json(json_object *value);

static inline void json_object_putp(json_object **value)
{
	json_object_put(*value);
}
