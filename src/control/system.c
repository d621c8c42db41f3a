/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system bus: joined if it is there, missed if it is not, and joined again when it is back.
 * Nothing here waits for it, so that a bus that hangs cannot hold up the lines; the one exception,
 * asking who sent a request, has a short limit. Whether there is one is tried again after a second
 * and then less and less often; that costs a connect(2) each time.
 */
#include "control/bus.h"

#include "base/log.h"

#include <errno.h>

enum {
	REPLY_MAX_US = 2000000,
	REJOIN_MIN_US = 1000000,
	REJOIN_MAX_US = 64000000
};

static int on_name(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct control *control = userdata;
	uint32_t result;
	int r;

	/* It has ended the connection instead; on_disconnected() follows. */
	if (sd_bus_is_ready(sd_bus_message_get_bus(reply)) <= 0)
		return 0;
	if (control->rejoin_us)
		log_info("on the system bus");
	control->welcomed = true;
	control->rejoin_us = 0;
	/* What it has not read yet it will. */
	if (sd_bus_message_is_method_error(reply, SD_BUS_ERROR_NO_REPLY)) {
		log_warning("the system bus takes its time to give us the name " BUS_NAME);
		return 0;
	}
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

static int join(struct control *control)
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

static int on_rejoin(sd_event_source *source, uint64_t usec, void *userdata)
{
	system_join(userdata);
	return 0;
}

static int join_later(struct control *control)
{
	uint64_t us = control->rejoin_us ? control->rejoin_us * 2 : REJOIN_MIN_US;
	int r;

	control->rejoin_us = us < REJOIN_MAX_US ? us : REJOIN_MAX_US;
	if (!control->rejoin)
		return sd_event_add_time_relative(control->event, &control->rejoin, CLOCK_MONOTONIC,
						  control->rejoin_us, 0, on_rejoin, control);
	r = sd_event_source_set_time_relative(control->rejoin, control->rejoin_us);
	return r < 0 ? r : sd_event_source_set_enabled(control->rejoin, SD_EVENT_ONESHOT);
}

/* Said once for as long as it lasts. */
static void do_without(struct control *control, int error)
{
	int r;

	if (control->welcomed)
		log_warning("the system bus has gone, going on without it");
	else if (!control->rejoin_us)
		log_errno(LOG_WARNING, error, "cannot join the system bus, going on without it");
	control->welcomed = false;
	r = join_later(control);
	if (r < 0)
		log_errno(LOG_WARNING, r, "the system bus will not be joined again");
}

void system_join(struct control *control)
{
	int r = join(control);

	if (r < 0)
		do_without(control, r);
}

void system_left(struct control *control)
{
	control->system = NULL;
	if (!control->closing)
		do_without(control, -ENOTCONN);
}

sd_bus *control_system(struct control *control)
{
	return control ? control->system : NULL;
}
