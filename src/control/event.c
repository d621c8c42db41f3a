/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An event as a value, and its way into the log. Everything in it is copied, so that it may outlive
 * what it tells of. In the journal and in the environment of hooks the field "state" is
 * UPLINKD_STATE.
 */
#include "control/event.h"

#include "base/array.h"
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

static const struct {
	const char *name, *kind;
	int priority;
	bool hooks;
	const char *message_id; /* of systemd.journal-fields(7) */
} types[EVENT_TYPE_MAX] = {
	[EVENT_UPLINK_STATE] = { "uplink-state", "uplink", LOG_NOTICE, true,
				 "0d3a19513c0847118398338a40a6e45f" },
	[EVENT_UPLINK_ADDRESS] = { "uplink-address", "uplink", LOG_NOTICE, true,
				   "a0cd609db2c244399503f054d33eb066" },
	[EVENT_UPLINK_PREFIX] = { "uplink-prefix", "uplink", LOG_NOTICE, true,
				  "046dab7c9bd14f53afb9bdf65c976490" },
	[EVENT_UPLINK_SUSPICION] = { "uplink-suspicion", "uplink", LOG_INFO, false,
				     "dc756599d3284aa99b5d0ca914fa2be8" },
	[EVENT_UPLINK_PENALTY] = { "uplink-penalty", "uplink", LOG_NOTICE, true,
				   "5cac62af0f8e402b8692a3005edaf28c" },
	[EVENT_UPLINK_QUOTA] = { "uplink-quota", "uplink", LOG_NOTICE, true,
				 "b7940f8762494ed08ea8f3e0d8acaf91" },
	[EVENT_UPLINK_SCHEDULE] = { "uplink-schedule", "uplink", LOG_NOTICE, true,
				    "0815f2d8b7414f7cadb903a49cefe6e1" },
	[EVENT_UPLINK_FAILBACK] = { "uplink-failback", "uplink", LOG_NOTICE, true,
				    "3b992d3b78ac4c37be464d99037eb67b" },
	[EVENT_UPLINK_REDIAL] = { "uplink-redial", "uplink", LOG_NOTICE, true,
				  "b2984126200c4e3aab3443277642e343" },
	[EVENT_PPP] = { "ppp", "ppp", LOG_INFO, true, "bb2d8ac630df4d57b414844ff97471c3" },
	[EVENT_SERVER_STATE] = { "server-state", "service", LOG_NOTICE, true,
				 "d07c83cb312849eaa1178ae95c75515f" },
	[EVENT_SERVER_DRAINED] = { "server-drained", "service", LOG_NOTICE, true,
				   "c5326649ff00409c9c2602949fbd8a86" },
	[EVENT_RELOADED] = { "reloaded", "daemon", LOG_INFO, true,
			     "8be809c8141f46fdae54d5e7f6df73a7" },
	[EVENT_FLUSHED] = { "flushed", "daemon", LOG_NOTICE, true,
			    "dd165547d4b340fba61c9146da5ee6c6" },
};

/* What the name of an event's object is, as a field. */
static const struct {
	const char *kind, *key;
} objects[] = {
	{ "uplink", "uplink" },
	{ "service", "service" },
	{ "ppp", "interface" },
};

bool event_has_hooks(enum event_type type)
{
	return types[type].hooks;
}

/* NULL: no memory. */
static char *print(struct arena *arena, const char *format, va_list args) _printf_(2, 0);

static char *print(struct arena *arena, const char *format, va_list args)
{
	_cleanup_free_ char *text = NULL;

	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		return NULL;
	}
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	return arena_strdup(arena, text);
}

/* The place of a field, or of the next one. */
static size_t find(const struct event *event, const char *key)
{
	for (size_t i = 0; i < event->n; i++)
		if (strcmp(event->fields[i].key, key) == 0)
			return i;
	return event->n;
}

static void drop(struct event *event, size_t at)
{
	if (at == event->n)
		return;
	event->n--;
	memmove(&event->fields[at], &event->fields[at + 1],
		(event->n - at) * sizeof(*event->fields));
}

void event_init(struct event *event, enum event_type type, const char *name)
{
	*event = (struct event){ .type = type, .kind = types[type].kind, .text = "" };
	event->name = arena_strdup(&event->arena, name);
	if (!event->name) {
		event->name = "";
		event->incomplete = true;
	}
	event_set(event, "event", "%s", types[type].name);
	for (size_t i = 0; i < ELEMENTS_OF(objects); i++)
		if (strcmp(objects[i].kind, event->kind) == 0)
			event_set(event, objects[i].key, "%s", name);
}

void event_set(struct event *event, const char *key, const char *format, ...)
{
	struct event_field field = { .key = key };
	size_t at = find(event, key);
	va_list args;

	va_start(args, format);
	field.value = print(&event->arena, format, args);
	va_end(args);
	if (!field.value || at == EVENT_FIELDS_MAX) {
		event->incomplete = true;
		return;
	}
	if (!*field.value) {
		drop(event, at);
		return;
	}
	event->fields[at] = field;
	event->n += at == event->n;
}

void event_vsay(struct event *event, const char *format, va_list args)
{
	char *text = print(&event->arena, format, args);

	event->text = text ? text : "";
	event->incomplete = event->incomplete || !text;
}

void event_say(struct event *event, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	event_vsay(event, format, args);
	va_end(args);
}

void event_done(struct event *event)
{
	arena_done(&event->arena);
}

const char *event_get(const struct event *event, const char *key)
{
	size_t at = find(event, key);

	return at < event->n ? event->fields[at].value : "";
}

char *event_variable(struct arena *arena, const struct event_field *field)
{
	char *text = arena_printf(arena, "UPLINKD_%s=%s", field->key, field->value);

	for (char *p = text; p && *p != '='; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return text;
}

/* 0, or a negative errno. */
static int send_to_journal(struct event *event, const char *message, int priority)
{
	struct iovec fields[EVENT_FIELDS_MAX + 3];
	char *texts[ELEMENTS_OF(fields)];
	size_t n = 0;

	texts[n++] = arena_printf(&event->arena, "MESSAGE=%s", message);
	texts[n++] = arena_printf(&event->arena, "PRIORITY=%d", priority);
	texts[n++] = arena_printf(&event->arena, "MESSAGE_ID=%s", types[event->type].message_id);
	for (size_t i = 0; i < event->n; i++)
		texts[n++] = event_variable(&event->arena, &event->fields[i]);
	for (size_t i = 0; i < n; i++) {
		if (!texts[i])
			return -ENOMEM;
		fields[i] = (struct iovec){ texts[i], strlen(texts[i]) };
	}
	return sd_journal_sendv(fields, (int)n);
}

void event_log(struct event *event)
{
	int priority = types[event->type].priority;
	char *message = arena_printf(&event->arena, "%s%s%s: %s", event->kind,
				     *event->name ? " " : "", event->name, event->text);

	if (event->incomplete || !message)
		log_oom();
	if (!message || !log_shows(priority))
		return;
	if (!log_is_journal() || send_to_journal(event, message, priority) < 0)
		log_errno(priority, 0, "%s", message);
}
