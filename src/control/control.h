/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cleanup.h"
#include "control/event.h"
#include "intent/world.h"

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/*
 * The bus face of the daemon: org.uplinkd1 on a private socket and, where there is one, on the
 * system bus. It shows the world and passes requests on; it decides nothing.
 */

struct control;

/* A target of a line's probes, as it answers. */
struct control_probe {
	const char *kind, *target; /* valid until the next call */
	struct line_quality quality;
};

/*
 * What the daemon does for a request. Each returns when the kernel is arranged: 0, or a negative
 * errno and in *ret_message (a new string, may stay NULL) what to tell the person who asked.
 */
struct control_requests {
	const struct world *(*world)(void *userdata); /* with fresh counts; never NULL */
	int (*reload)(void *userdata, char **ret_message);
	int (*plan)(void *userdata, char **ret_message); /* the plan as text */
	int (*flush)(void *userdata, char **ret_message);
	int (*enable)(void *userdata, const char *uplink, bool enabled, char **ret_message);
	/* Uses a line again that is held back. */
	int (*failback)(void *userdata, const char *uplink, char **ret_message);
	/* Prefixes that are ours by the line from now on, as texts, up to a NULL; none: no more. */
	int (*delegate)(void *userdata, const char *uplink, char **prefixes, char **ret_message);
	/* The targets of an uplink by its place, into CONFIG_TARGETS_MAX of `ret`; how many. */
	size_t (*probes)(void *userdata, size_t uplink, struct control_probe *ret);
	/* `server` is config_server.text */
	int (*weight)(void *userdata, const char *service, const char *server, uint32_t weight,
		      char **ret_message);
	/* Weight 0, and after the deadline the connections that are left are ended. */
	int (*drain)(void *userdata, const char *service, const char *server, uint64_t deadline_ms,
		     char **ret_message);
	/*
	 * Commands of the ipvsadm language: words that end with NULL, without names. They all list,
	 * and *ret_text is what they print, or none does.
	 */
	int (*ipvs)(void *userdata, char *const *const *lines, size_t n, bool reading,
		    char **ret_text);
	/*
	 * A PPP hook's words: "ip-up", "ip-down", "ipv6-up" or "ipv6-down", the interface, and
	 * what else there is to tell as KEY=VALUE, NULL at the end, or NULL.
	 */
	int (*ppp_event)(void *userdata, const char *event, const char *interface,
			 char *const *details, char **ret_message);
};

/*
 * Creates RUNTIME_DIR/bus (mode 0600) and joins the system bus; not getting that one is a warning,
 * since the socket is enough. 0 or a negative errno, logged; -EADDRINUSE when another daemon has
 * RUNTIME_DIR, so call it before anything is changed. Requests wait until the event loop runs.
 */
int control_new(sd_event *event, const char *runtime_dir, const struct control_requests *requests,
		void *userdata, struct control **ret);
void control_free(struct control *control);

/*
 * Claims the runtime directory, creating it: a descriptor that holds it until closed, or a
 * negative errno, logged; -EADDRINUSE while a daemon runs there. control_new() does it by itself.
 */
int control_lock(const char *runtime_dir);

DEFINE_CLEANUP(struct control *, control_free)

/*
 * Call before and after the configuration is replaced: objects that go or come are announced. The
 * world must still be the old one at the first call.
 */
void control_objects_leave(struct control *control);
void control_objects_arrive(struct control *control);
/* The system bus, for calls to others on it; borrowed until the loop runs on. NULL while there is
 * none. */
sd_bus *control_system(struct control *control);
/* Announces what has changed of the uplinks. */
void control_look_at_lines(struct control *control, const struct world *world);
/* A service's properties changed. */
void control_service_changed(struct control *control, const char *name);
/* Adds an event to the journal that `uplinkctl events` shows (the last 256) and signals it. */
void control_tell(struct control *control, const struct event *event);
