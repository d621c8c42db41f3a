/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Something that happened, once for all who are told: the log, the bus and the hooks. A sentence
 * for people, and fields for programs. The kinds and their fields are described in uplinkd(8).
 */

enum event_type {
	EVENT_UPLINK_STATE,
	EVENT_UPLINK_ADDRESS,
	EVENT_UPLINK_PREFIX,
	EVENT_UPLINK_SUSPICION,
	EVENT_UPLINK_PENALTY,
	EVENT_UPLINK_QUOTA,
	EVENT_UPLINK_SCHEDULE,
	EVENT_UPLINK_FAILBACK,
	EVENT_UPLINK_REDIAL,
	EVENT_PPP,
	EVENT_SERVER_STATE,
	EVENT_SERVER_DRAINED,
	EVENT_RELOADED,
	EVENT_FLUSHED,
	EVENT_TYPE_MAX
};

enum {
	EVENT_FIELDS_MAX = 24
};

struct event_field {
	const char *key, *value; /* "state", "up"; never NULL, the value in one line */
};

struct event {
	enum event_type type;
	const char *kind, *name; /* of what it happened to: "uplink", "dsl0" */
	const char *text;
	struct event_field fields[EVENT_FIELDS_MAX];
	size_t n;
	bool incomplete; /* memory was out */
	struct arena arena;
};

/* Hooks are run for it. */
bool event_has_hooks(enum event_type type);

/* Memory that is out is noted in the event and nowhere else: what is left of it is still told. */
void event_init(struct event *event, enum event_type type, const char *name);
/* A field more, or another value for it; one without a value is left out. */
void event_set(struct event *event, const char *key, const char *format, ...) _printf_(3, 4);
void event_say(struct event *event, const char *format, ...) _printf_(2, 3);
void event_vsay(struct event *event, const char *format, va_list args) _printf_(2, 0);
void event_done(struct event *event);

/* "" when there is no such field. */
const char *event_get(const struct event *event, const char *key);

/* "UPLINKD_STATE=up", or NULL without memory. */
char *event_variable(struct arena *arena, const struct event_field *field);

/* To the journal with all fields when stderr is the journal, else as a line to stderr. */
void event_log(struct event *event);
