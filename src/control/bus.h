/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/array.h"
#include "control/control.h"
#include "control/journal.h"

#include <systemd/sd-bus.h>

/* What the files of control/ share. */

#define BUS_NAME          "org.uplinkd1"
#define BUS_ROOT          "/org/uplinkd1"
#define MANAGER_INTERFACE BUS_NAME ".Manager"

enum bus_class_id {
	CLASS_UPLINK,
	CLASS_SERVICE,
	CLASS_DOMAIN,
	CLASS_POLICY,
	CLASS_MAX
};

/*
 * A kind of object. What it shows is copied into a view, a plain struct that begins with struct
 * bus_view and from which sd-bus reads the properties by their offsets.
 */
struct bus_class {
	const char *path; /* the objects' paths begin with it, their encoded names follow */
	const char *interface;
	const sd_bus_vtable *vtable;
	size_t (*count)(const struct world *world);
	const char *(*name)(const struct world *world, size_t index);
	/* The view of an object, in `arena` or pointing into the world; NULL without memory. */
	struct bus_view *(*look)(const struct world *world, size_t index, struct arena *arena);
};

extern const struct bus_class uplink_class, service_class, domain_class, policy_class;

/* The object of a class that is being looked at. */
struct bus_object {
	struct control *control;
	const struct bus_class *class;
	size_t index;
	struct arena arena; /* holds the view */
};

struct bus_view {
	struct bus_object *object;
	uint64_t others; /* hash of properties that sd-bus does not read from the view by itself */
};

/* Properties that are fields of the view: for good, with changes announced, or without. */
#define VIEW_CONSTANT(name, type, view, field) \
	SD_BUS_PROPERTY(name, type, NULL, offsetof(view, field), SD_BUS_VTABLE_PROPERTY_CONST)
#define VIEW_PROPERTY(name, type, view, field)                   \
	SD_BUS_PROPERTY(name, type, NULL, offsetof(view, field), \
			SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)
#define VIEW_UNANNOUNCED(name, type, view, field) \
	SD_BUS_PROPERTY(name, type, NULL, offsetof(view, field), 0)

/* An object as it was before the configuration was replaced. */
struct bus_memory {
	char *name;
	uint64_t digest;
	bool found_again;
};

struct bus_memories {
	ARRAY(struct bus_memory) v;
};

struct control {
	const struct control_requests *requests;
	void *userdata;
	sd_event *event;
	const struct world *world; /* asked for anew with every request and every change */
	struct bus_object objects[CLASS_MAX];
	struct bus_memories memories[CLASS_MAX];
	ARRAY(uint64_t) lines; /* digests of the uplinks as they were announced last */
	struct journal journal;
	ARRAY(sd_bus *) buses; /* private connections, and the system bus while joined */
	sd_bus *system;
	bool welcomed; /* the system bus has answered, and nothing was said against it since */
	bool closing;
	sd_event_source *rejoin;
	uint64_t rejoin_us; /* how long it was waited last before joining again */
	/* The private socket. */
	char *socket_path;
	int lock_fd, listen_fd;
	bool cramped; /* a connection could not be accepted, which was logged */
	sd_event_source *accept_source, *accept_again;
};

/* control.c */
/* Asks for the world anew; for the start of whatever changes something by itself. */
void control_refresh(struct control *control);
/* Takes note of the result of sending a signal. */
void control_signalled(int r);
/* Serves the objects on a bus that is not started yet, and takes over the reference. */
int control_serve(struct control *control, sd_bus *bus);
/*
 * Ends a method call that the daemon has dealt with, returning `r`. `message` (may be NULL) is
 * what the person who asked is told when r is an error.
 */
int control_answer(sd_bus_message *call, int r, const char *message, sd_bus_error *error);

/* manager.c */
/* An event as arguments of a message: t time, s kind, s name, s text, a{ss} fields. */
int journal_append(sd_bus_message *message, const struct journal_entry *entry);
int manager_install(struct control *control, sd_bus *bus);
void manager_changed(struct control *control);

/* ipvs.c */
int method_ipvs(sd_bus_message *call, void *userdata, sd_bus_error *error);
int method_ipvs_list(sd_bus_message *call, void *userdata, sd_bus_error *error);

/* objects.c */
void objects_init(struct control *control);
void objects_free(struct control *control);
int objects_install(struct control *control, sd_bus *bus);
int objects_remember(struct control *control);
void objects_compare(struct control *control);
void objects_changed(struct control *control, enum bus_class_id id, const char *name);
/* Announces uplinks that are not what they were. 0 or a negative errno. */
int objects_look_at_lines(struct control *control);

/* listen.c */
int listen_open(struct control *control, const char *runtime_dir);
void listen_close(struct control *control);
/* A connection has ended: there is room for another. */
void listen_resume(struct control *control);

/* peer.c */
/* Serves a connection to the private socket; takes the descriptor over in any case. 0 or a negative
 * errno. */
int peer_serve(struct control *control, int fd);

/* system.c */
/* Joins the system bus, now or as soon as there is one. */
void system_join(struct control *control);
/* It has gone. */
void system_left(struct control *control);

/* text.c */
/* The text itself if it is what D-Bus takes, UTF-8; else a copy with '?' for what is not. */
const char *text_for_bus(struct arena *arena, const char *text);
/* A NULL-terminated array of n + 1 pointers. */
char **text_list(struct arena *arena, size_t n);
char *text_of_address(struct arena *arena, const struct ip_address *address);
char *text_of_prefix(struct arena *arena, const struct ip_prefix *prefix);
