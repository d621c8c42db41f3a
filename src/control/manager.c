/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The object for the daemon as a whole: what concerns no single line or service.
 *
 * Here as in all vtables a method without SD_BUS_VTABLE_UNPRIVILEGED is root's: on the system bus
 * sd-bus itself refuses a sender whose uid is neither 0 nor the daemon's own. The shipped policy
 * of the bus says the same; either alone would do.
 */
#include "control/bus.h"

#include <errno.h>
#include <string.h>

static int method_reload(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct control *control = userdata;
	_cleanup_free_ char *message = NULL;
	int r = control->requests->reload(control->userdata, &message);

	return control_answer(call, r, message, error);
}

static int method_flush(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct control *control = userdata;
	_cleanup_free_ char *message = NULL;
	int r = control->requests->flush(control->userdata, &message);

	control_refresh(control);
	manager_changed(control);
	return control_answer(call, r, message, error);
}

static int method_plan(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct control *control = userdata;
	_cleanup_(arena_done) struct arena arena = {};
	_cleanup_free_ char *message = NULL;
	const char *plan;
	int r = control->requests->plan(control->userdata, &message);

	if (r < 0)
		return control_answer(call, r, message, error);
	plan = text_for_bus(&arena, message);
	return plan ? sd_bus_reply_method_return(call, "s", plan) : -ENOMEM;
}

static int tell_ppp_event(struct control *control, sd_bus_message *call, const char *event,
			  const char *interface, char *const *details, sd_bus_error *error)
{
	static const char *const events[] = { "ip-up", "ip-down", "ipv6-up", "ipv6-down" };
	_cleanup_free_ char *message = NULL;

	for (size_t i = 0; i < ELEMENTS_OF(events); i++)
		if (strcmp(event, events[i]) == 0) {
			int r = control->requests->ppp_event(control->userdata, event, interface,
							     details, &message);

			return control_answer(call, r, message, error);
		}
	return control_answer(call, -EINVAL,
			      "a PPP event is one of ip-up, ip-down, ipv6-up, ipv6-down", error);
}

static int method_ppp_event(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	const char *event, *interface;
	int r = sd_bus_message_read(call, "ss", &event, &interface);

	return r < 0 ? r : tell_ppp_event(userdata, call, event, interface, NULL, error);
}

static void strings_freep(char ***strings)
{
	for (char **string = *strings; string && *string; string++)
		free(*string);
	free(*strings);
}

static int method_ppp_event_with(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	_cleanup_(strings_freep) char **details = NULL;
	const char *event, *interface;
	int r = sd_bus_message_read(call, "ss", &event, &interface);

	if (r >= 0)
		r = sd_bus_message_read_strv(call, &details);
	return r < 0 ? r : tell_ppp_event(userdata, call, event, interface, details, error);
}

int journal_append(sd_bus_message *message, const struct journal_entry *entry)
{
	int r = sd_bus_message_append(message, "tsss", entry->time_us, entry->kind, entry->name,
				      entry->text);

	if (r >= 0)
		r = sd_bus_message_open_container(message, 'a', "{ss}");
	for (const char *key = entry->fields; r >= 0 && *key;) {
		const char *value = key + strlen(key) + 1;

		r = sd_bus_message_append(message, "{ss}", key, value);
		key = value + strlen(value) + 1;
	}
	return r < 0 ? r : sd_bus_message_close_container(message);
}

static int method_events(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct control *control = userdata;
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(call, &reply);

	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(tsssa{ss})");
	for (size_t i = 0; r >= 0 && i < control->journal.n; i++) {
		r = sd_bus_message_open_container(reply, 'r', "tsssa{ss}");
		if (r >= 0)
			r = journal_append(reply, journal_at(&control->journal, i));
		if (r >= 0)
			r = sd_bus_message_close_container(reply);
	}
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int get_version(sd_bus *bus, const char *path, const char *interface, const char *property,
		       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "s", UPLINKD_VERSION);
}

static int get_flushed(sd_bus *bus, const char *path, const char *interface, const char *property,
		       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct control *control = userdata;

	return sd_bus_message_append(reply, "b", control->world->flushed);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Flushed", "b", get_flushed, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_METHOD("Reload", NULL, NULL, method_reload, 0),
	SD_BUS_METHOD("Flush", NULL, NULL, method_flush, 0),
	SD_BUS_METHOD_WITH_ARGS("PppEvent", SD_BUS_ARGS("s", event, "s", interface),
				SD_BUS_NO_RESULT, method_ppp_event, 0),
	SD_BUS_METHOD_WITH_ARGS("PppEventWith",
				SD_BUS_ARGS("s", event, "s", interface, "as", details),
				SD_BUS_NO_RESULT, method_ppp_event_with, 0),
	SD_BUS_METHOD_WITH_ARGS("Ipvs", SD_BUS_ARGS("aas", commands), SD_BUS_RESULT("s", text),
				method_ipvs, 0),
	SD_BUS_METHOD_WITH_ARGS("IpvsList", SD_BUS_ARGS("aas", commands), SD_BUS_RESULT("s", text),
				method_ipvs_list, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Plan", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", plan), method_plan,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Events", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(tsssa{ss})", events),
				method_events, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL_WITH_ARGS(
		"Event",
		SD_BUS_ARGS("t", time_us, "s", kind, "s", name, "s", text, "a{ss}", fields), 0),
	SD_BUS_VTABLE_END,
};

int manager_install(struct control *control, sd_bus *bus)
{
	return sd_bus_add_object_vtable(bus, NULL, BUS_ROOT, MANAGER_INTERFACE, vtable, control);
}

void manager_changed(struct control *control)
{
	array_foreach(&control->buses, bus)
		control_signalled(sd_bus_emit_properties_changed(*bus, BUS_ROOT, MANAGER_INTERFACE,
								 "Flushed", NULL));
}
