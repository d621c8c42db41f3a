/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * That systemd takes the order says nothing: it makes a job of it, and tells everybody how each job
 * ended. Who was not listening just then, because the bus was another, finds it gone.
 */
#include "daemon/unit_job.h"

#include "base/cleanup.h"
#include "base/time.h"
#include "uplink/redial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	REPLY_MAX_US = 30 * 1000 * 1000, /* systemd reads all units again now and then */
	ASK_US = 10 * 1000 * 1000        /* between two questions about a job */
};

#define SYSTEMD      "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"

struct unit_job {
	sd_bus_slot *call;    /* something not answered yet */
	sd_bus_slot *removed; /* jobs that end */
	char *path;           /* of ours, when systemd has said it */
	uint64_t ask_us;
	void (*over)(const char *trouble, void *userdata);
	void *userdata;
};

DEFINE_CLEANUP(struct unit_job *, unit_job_free)

static int on_removed(sd_bus_message *signal, void *userdata, sd_bus_error *error)
{
	struct unit_job *job = userdata;
	const char *path, *unit, *result;
	uint32_t id;
	int r = sd_bus_message_read(signal, "uoss", &id, &path, &unit, &result);

	if (r >= 0 && job->path && strcmp(path, job->path) == 0)
		job->over(redial_job_trouble(result), job->userdata);
	return 0;
}

static int on_restarted(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct unit_job *job = userdata;
	const sd_bus_error *failure = sd_bus_message_get_error(reply);
	const char *path = NULL, *trouble = NULL;

	job->call = sd_bus_slot_unref(job->call);
	if (failure)
		trouble = failure->message ?: failure->name;
	else if (sd_bus_message_read(reply, "o", &path) < 0)
		trouble = "systemd answers oddly";
	else if (!(job->path = strdup(path)))
		trouble = strerror(ENOMEM);
	if (trouble)
		job->over(trouble, job->userdata);
	return 0;
}

/* sd-bus would end the connection, but how the job goes can also be asked for. */
static int on_matched(sd_bus_message *answer, void *userdata, sd_bus_error *error)
{
	return 0;
}

static int call_restart(struct unit_job *job, sd_bus *bus, const char *unit)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
	int r = sd_bus_message_new_method_call(bus, &call, SYSTEMD, SYSTEMD_PATH,
					       SYSTEMD ".Manager", "RestartUnit");

	r = r < 0 ? r : sd_bus_message_append(call, "ss", unit, "replace");
	return r < 0 ? r
		     : sd_bus_call_async(bus, &job->call, call, on_restarted, job, REPLY_MAX_US);
}

int unit_job_start(sd_bus *bus, const char *unit, void (*over)(const char *trouble, void *userdata),
		   void *userdata, struct unit_job **ret)
{
	_cleanup_(unit_job_freep) struct unit_job *job = calloc(1, sizeof(*job));
	int r;

	if (!job)
		return -ENOMEM;
	if (!bus)
		return -ENOTCONN;
	job->over = over;
	job->userdata = userdata;
	job->ask_us = monotonic_us() + ASK_US;
	r = sd_bus_match_signal_async(bus, &job->removed, SYSTEMD, SYSTEMD_PATH, SYSTEMD ".Manager",
				      "JobRemoved", on_removed, on_matched, job);
	r = r < 0 ? r : call_restart(job, bus, unit);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(job);
	return 0;
}

void unit_job_free(struct unit_job *job)
{
	if (!job)
		return;
	sd_bus_slot_unref(job->call);
	sd_bus_slot_unref(job->removed);
	free(job->path);
	free(job);
}

static int on_state(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct unit_job *job = userdata;

	job->call = sd_bus_slot_unref(job->call);
	/* One that is too busy to answer may yet say how it ends. */
	if (sd_bus_message_is_method_error(reply, NULL) &&
	    sd_bus_message_get_errno(reply) != ETIMEDOUT)
		job->over(NULL, job->userdata);
	return 0;
}

static int ask(struct unit_job *job, sd_bus *bus)
{
	int r;

	if (job->call && sd_bus_slot_get_bus(job->call) == bus)
		return 0;
	job->call = sd_bus_slot_unref(job->call);
	if (!bus || !job->path)
		return -ENOTCONN;
	r = sd_bus_call_method_async(bus, &job->call, SYSTEMD, job->path,
				     "org.freedesktop.DBus.Properties", "Get", on_state, job, "ss",
				     SYSTEMD ".Job", "State");
	return r < 0 ? r : 0;
}

int unit_job_look(struct unit_job *job, sd_bus *bus, uint64_t now_us)
{
	if (now_us < job->ask_us)
		return 0;
	job->ask_us = now_us + ASK_US;
	return ask(job, bus);
}

uint64_t unit_job_due_us(const struct unit_job *job)
{
	return job->ask_us;
}
