/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection to the private socket. There is no bus behind it, but clients that believe so,
 * busctl(1) among them, are told what a bus would say to them before they get to the point.
 */
#include "control/bus.h"

#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* The mode of the socket keeps strangers out; this holds also should somebody widen it. */
static bool peer_may(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

static int on_hello(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return sd_bus_reply_method_return(call, "s", ":1.1");
}

/* All signals go to all peers. */
static int on_match(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return sd_bus_reply_method_return(call, NULL);
}

static const sd_bus_vtable bus_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Hello", NULL, "s", on_hello, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("AddMatch", "s", NULL, on_match, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RemoveMatch", "s", NULL, on_match, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static void release(void *userdata)
{
	sd_bus_unref(userdata);
}

static int on_first(sd_event_source *source, void *userdata)
{
	int r;

	do
		r = sd_bus_process(userdata, NULL);
	while (r > 0);
	if (r < 0)
		log_errno(LOG_DEBUG, r, "cannot read from a connection, ignoring");
	sd_event_source_unref(source);
	return 0;
}

/*
 * Who does not wait to be let in has sent the first calls with the last word of it. sd-bus has read
 * them by now, and nothing that is to come from the socket would make it look.
 */
static int on_connected(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct control *control = userdata;
	sd_bus *bus = sd_bus_message_get_bus(message);
	sd_event_source *source;
	int r = sd_event_add_defer(control->event, &source, on_first, bus);

	if (r < 0)
		return r;
	sd_bus_ref(bus);
	sd_event_source_set_destroy_callback(source, release);
	return 0;
}

static int install(struct control *control, sd_bus *bus)
{
	int r = sd_bus_set_connected_signal(bus, true);

	if (r >= 0)
		r = sd_bus_match_signal(bus, NULL, "org.freedesktop.DBus.Local",
					"/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local",
					"Connected", on_connected, control);
	if (r >= 0)
		r = sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/DBus",
					     "org.freedesktop.DBus", bus_vtable, control);
	return r;
}

int peer_serve(struct control *control, int fd)
{
	_cleanup_close_ int peer = fd;
	_cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
	sd_id128_t id;
	int r;

	if (!peer_may(fd))
		return -EPERM;
	r = sd_id128_randomize(&id);
	if (r >= 0)
		r = sd_bus_new(&bus);
	if (r >= 0)
		r = sd_bus_set_fd(bus, fd, fd);
	if (r < 0)
		return r;
	TAKE_FD(peer);
	r = sd_bus_set_server(bus, true, id);
	if (r >= 0)
		r = sd_bus_set_trusted(bus, true);
	if (r >= 0)
		r = install(control, bus);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r >= 0)
		r = control_serve(control, bus);
	if (r >= 0)
		bus = NULL; /* it is among control->buses now */
	return r;
}
