/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system bus: joined if it is there, missed if it is not. Nothing here waits for it, so that a
 * bus that hangs cannot hold up the lines; the one exception, asking who sent a request, has a
 * short limit.
 */
#include "control/bus.h"

#include "base/log.h"

#include <errno.h>

enum {
	REPLY_MAX_US = 2000000
};

static int on_name(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	uint32_t result;
	int r;

	if (sd_bus_message_is_method_error(reply, NULL)) {
		log_warning("the system bus does not give us the name " BUS_NAME ": %s, ignoring",
			    sd_bus_message_get_error(reply)->message);
		return 0;
	}
	r = sd_bus_message_read(reply, "u", &result);
	if (r < 0)
		log_errno(LOG_WARNING, r, "the system bus answers oddly, ignoring");
	else if (result != 1 && result != 4) /* primary owner, already owner */
		log_warning("another program has the name " BUS_NAME
			    " on the system bus, ignoring");
	return 0;
}

int system_join(struct control *control)
{
	_cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
	int r = sd_bus_open_system(&bus);

	if (r >= 0)
		r = sd_bus_set_method_call_timeout(bus, REPLY_MAX_US);
	if (r >= 0)
		r = sd_bus_request_name_async(bus, NULL, BUS_NAME, 0, on_name, control);
	if (r >= 0)
		r = control_serve(control, bus);
	if (r < 0)
		return r;
	control->system = TAKE_PTR(bus);
	return 0;
}

sd_bus *control_system(struct control *control)
{
	return control ? control->system : NULL;
}
