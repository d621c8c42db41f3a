/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands for systemd on a system bus of the tests' own: writes a line "UNIT MODE" for each unit
 * that is to be restarted, and knows none whose name begins with "missing". Jobs of units whose
 * name begins with "broken" fail, those of "slow" ones go on, as can be asked, until a line is
 * read, which is their result, and all others are done.
 */
#include "base/cleanup.h"

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

#define PATH      "/org/freedesktop/systemd1"
#define INTERFACE "org.freedesktop.systemd1.Manager"
#define JOB       "org.freedesktop.systemd1.Job"

static uint32_t jobs;         /* so far */
static char slow_unit[256];   /* whose job, the last one, goes on */
static sd_bus_slot *slow_job; /* that job's object */

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static int job_removed(sd_bus *bus, const char *unit, const char *result)
{
	char job[64];

	snprintf(job, sizeof(job), PATH "/job/%u", jobs);
	return sd_bus_emit_signal(bus, PATH, INTERFACE, "JobRemoved", "uoss", jobs, job, unit,
				  result);
}

static int get_state(sd_bus *bus, const char *path, const char *interface, const char *property,
		     sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	return sd_bus_message_append(reply, "s", "running");
}

static const sd_bus_vtable job_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("State", "s", get_state, 0, 0),
	SD_BUS_VTABLE_END,
};

static int method_restart_unit(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	sd_bus *bus = sd_bus_message_get_bus(call);
	const char *unit, *mode;
	char job[64];
	int r = sd_bus_message_read(call, "ss", &unit, &mode);

	if (r < 0)
		return r;
	printf("%s %s\n", unit, mode);
	fflush(stdout);
	if (begins(unit, "missing"))
		return sd_bus_error_setf(error, "org.freedesktop.systemd1.NoSuchUnit",
					 "Unit %s not found.", unit);
	snprintf(job, sizeof(job), PATH "/job/%u", ++jobs);
	r = sd_bus_reply_method_return(call, "o", job);
	if (r < 0)
		return r;
	if (!begins(unit, "slow"))
		return job_removed(bus, unit, begins(unit, "broken") ? "failed" : "done");
	snprintf(slow_unit, sizeof(slow_unit), "%s", unit);
	slow_job = sd_bus_slot_unref(slow_job);
	r = sd_bus_add_object_vtable(bus, &slow_job, job, JOB, job_vtable, NULL);
	return r < 0 ? r : 1;
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("RestartUnit", "ss", "o", method_restart_unit, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL("JobRemoved", "uoss", 0),
	SD_BUS_VTABLE_END,
};

static int on_line(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	char line[64];

	if (!fgets(line, sizeof(line), stdin))
		return sd_event_source_set_enabled(source, SD_EVENT_OFF);
	line[strcspn(line, "\n")] = '\0';
	slow_job = sd_bus_slot_unref(slow_job);
	return job_removed(userdata, slow_unit, line);
}

int main(void)
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	_cleanup_(sd_event_unrefp) sd_event *event = NULL;
	int r = sd_event_default(&event);

	r = r < 0 ? r : sd_bus_open_system(&bus);
	r = r < 0 ? r : sd_bus_add_object_vtable(bus, NULL, PATH, INTERFACE, vtable, NULL);
	r = r < 0 ? r : sd_bus_request_name(bus, "org.freedesktop.systemd1", 0);
	r = r < 0 ? r : sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
	r = r < 0 ? r : sd_event_add_io(event, NULL, 0, EPOLLIN, on_line, bus);
	r = r < 0 ? r : sd_event_loop(event);
	errx(EXIT_FAILURE, "%s", strerror(-r));
}
