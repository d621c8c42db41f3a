/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bus face as a whole: which connections there are, what each is given, and the calls by
 * which the daemon tells that something has changed.
 *
 * The world is asked for once at each entrance (a message that comes in, a change that the daemon
 * reports) and then stays the same until that is done, since sd-bus looks at an object many times
 * for one answer. A connection that does not read what it is sent is closed rather than let grow.
 */
#include "control/bus.h"

#include "base/log.h"

#include <errno.h>
#include <string.h>

enum {
	UNREAD_MAX = 16384 /* messages */
};

static void forget(struct control *control, size_t i)
{
	sd_bus *bus = control->buses.v[i];

	control->buses.v[i] = control->buses.v[--control->buses.n];
	if (bus == control->system)
		system_left(control);
	sd_bus_close_unref(bus);
	listen_resume(control);
}

static void forget_unread(struct control *control)
{
	for (size_t i = control->buses.n; i-- > 0;) {
		uint64_t unread = 0;

		if (sd_bus_get_n_queued_write(control->buses.v[i], &unread) < 0 ||
		    unread <= UNREAD_MAX)
			continue;
		log_warning("a bus connection does not read what it is sent, closing it");
		forget(control, i);
	}
}

void control_refresh(struct control *control)
{
	forget_unread(control);
	control->world = control->requests->world(control->userdata);
}

/* A connection that has just ended hears nothing, and on_disconnected() will follow. */
void control_signalled(int r)
{
	if (r < 0 && r != -ENOTCONN && r != -ECONNRESET && r != -EPIPE)
		log_errno(LOG_WARNING, r, "cannot send a signal on the bus, ignoring");
}

static int on_message(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct control *control = userdata;

	/* Answers and signals are for others in the daemon, and a Ping is sd-bus's own. */
	if (sd_bus_message_is_method_call(message, NULL, NULL) > 0 &&
	    sd_bus_message_is_method_call(message, "org.freedesktop.DBus.Peer", NULL) <= 0)
		control->world = control->requests->world(control->userdata);
	return 0;
}

static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct control *control = userdata;
	sd_bus *bus = sd_bus_message_get_bus(message);

	for (size_t i = 0; i < control->buses.n; i++)
		if (control->buses.v[i] == bus) {
			forget(control, i);
			break;
		}
	return 0;
}

int control_serve(struct control *control, sd_bus *bus)
{
	int r = sd_bus_add_filter(bus, NULL, on_message, control);

	if (r >= 0)
		r = sd_bus_match_signal(bus, NULL, "org.freedesktop.DBus.Local",
					"/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local",
					"Disconnected", on_disconnected, control);
	if (r >= 0)
		r = manager_install(control, bus);
	if (r >= 0)
		r = objects_install(control, bus);
	if (r >= 0)
		r = sd_bus_attach_event(bus, control->event, SD_EVENT_PRIORITY_NORMAL);
	return r < 0 ? r : array_push(&control->buses, bus);
}

static bool was_refused(int r)
{
	return r == -EINVAL || r == -ENOENT || r == -EPERM || r == -EEXIST || r == -ERANGE ||
	       r == -EOPNOTSUPP || r == -EBUSY;
}

int control_answer(sd_bus_message *call, int r, const char *message, sd_bus_error *error)
{
	_cleanup_(arena_done) struct arena arena = {};
	const char *text;

	if (r >= 0)
		return sd_bus_reply_method_return(call, NULL);
	text = text_for_bus(&arena, message ? message : strerror(-r));
	if (!text)
		return -ENOMEM;
	return sd_bus_error_set(
		error, was_refused(r) ? BUS_NAME ".Error.Refused" : BUS_NAME ".Error.Failed", text);
}

int control_new(sd_event *event, const char *runtime_dir, const struct control_requests *requests,
		void *userdata, struct control **ret)
{
	_cleanup_(control_freep) struct control *control = calloc(1, sizeof(*control));
	int r;

	if (!control)
		return log_oom();
	control->requests = requests;
	control->userdata = userdata;
	control->event = sd_event_ref(event);
	control->lock_fd = control->listen_fd = -1;
	objects_init(control);
	r = listen_open(control, runtime_dir);
	if (r < 0)
		return r;
	system_join(control);
	*ret = TAKE_PTR(control);
	return 0;
}

void control_free(struct control *control)
{
	if (!control)
		return;
	listen_close(control);
	control->rejoin = sd_event_source_disable_unref(control->rejoin);
	control->closing = true;
	while (control->buses.n)
		forget(control, control->buses.n - 1);
	array_done(&control->buses);
	objects_free(control);
	journal_done(&control->journal);
	sd_event_unref(control->event);
	free(control);
}

void control_objects_leave(struct control *control)
{
	int r;

	if (!control->buses.n)
		return;
	control_refresh(control);
	r = objects_remember(control);
	if (r < 0)
		log_errno(LOG_WARNING, r, "cannot note what is on the bus, ignoring");
}

void control_objects_arrive(struct control *control)
{
	control->lines.n = 0;
	if (!control->buses.n)
		return;
	control_refresh(control);
	objects_compare(control);
	control_look_at_lines(control, control->world);
	manager_changed(control);
}

/* Nothing that is announced takes a count of the connections, so the world is good as it is. */
void control_look_at_lines(struct control *control, const struct world *world)
{
	int r;

	control->world = world;
	r = objects_look_at_lines(control);
	if (r < 0)
		log_errno(LOG_WARNING, r, "cannot announce a change of the uplinks, ignoring");
}

void control_service_changed(struct control *control, const char *name)
{
	control_refresh(control);
	objects_changed(control, CLASS_SERVICE, name);
}

static void signal_event(sd_bus *bus, const struct journal_entry *entry)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
	int r = sd_bus_message_new_signal(bus, &message, BUS_ROOT, MANAGER_INTERFACE, "Event");

	if (r >= 0)
		r = journal_append(message, entry);
	if (r >= 0)
		r = sd_bus_send(bus, message, NULL);
	control_signalled(r);
}

void control_tell(struct control *control, const struct event *event)
{
	const struct journal_entry *entry;
	int r = journal_add(&control->journal, event, &entry);

	if (r < 0) {
		log_errno(LOG_WARNING, r, "cannot note an event, ignoring");
		return;
	}
	forget_unread(control);
	array_foreach(&control->buses, bus)
		signal_event(*bus, entry);
}
