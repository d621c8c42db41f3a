/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands for systemd on a system bus of the tests' own: writes a line "UNIT MODE" for each unit
 * that is to be restarted, and knows none whose name begins with "missing".
 */
#include "base/cleanup.h"

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

static int method_restart_unit(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	const char *unit, *mode;
	int r = sd_bus_message_read(call, "ss", &unit, &mode);

	if (r < 0)
		return r;
	printf("%s %s\n", unit, mode);
	fflush(stdout);
	if (strncmp(unit, "missing", strlen("missing")) == 0)
		return sd_bus_error_setf(error, "org.freedesktop.systemd1.NoSuchUnit",
					 "Unit %s not found.", unit);
	return sd_bus_reply_method_return(call, "o", "/org/freedesktop/systemd1/job/1");
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("RestartUnit", "ss", "o", method_restart_unit, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

int main(void)
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	int r = sd_bus_open_system(&bus);

	r = r < 0 ? r
		  : sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/systemd1",
					     "org.freedesktop.systemd1.Manager", vtable, NULL);
	r = r < 0 ? r : sd_bus_request_name(bus, "org.freedesktop.systemd1", 0);
	while (r >= 0) {
		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = sd_bus_wait(bus, UINT64_MAX);
	}
	errx(EXIT_FAILURE, "%s", strerror(-r));
}
