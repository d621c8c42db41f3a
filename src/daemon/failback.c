/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When lines take new connections: schedules, and lines that are back but held until the operator
 * says otherwise. Who is held, or was away and will be, is kept in the runtime directory: a restart
 * is no reason to move anything.
 */
#include "daemon/state.h"

#include "base/log.h"
#include "base/time.h"
#include "uplink/grade.h"
#include "uplink/schedule.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int on_schedule(sd_event_source *source, uint64_t usec, void *userdata)
{
	daemon_soon(userdata);
	return 0;
}

/* By the clock on the wall: when that is set, it is about the new time. */
static int wake_at(struct daemon *d, int64_t next_s)
{
	uint64_t at = (uint64_t)next_s * 1000000;
	int r;

	if (!d->schedule)
		return sd_event_add_time(d->event, &d->schedule, CLOCK_REALTIME, at, 1, on_schedule,
					 d);
	r = sd_event_source_set_time(d->schedule, at);
	return r < 0 ? r : sd_event_source_set_enabled(d->schedule, SD_EVENT_ONESHOT);
}

static void keep_schedules(struct daemon *d)
{
	int64_t now_s = (int64_t)(realtime_us() / 1000000), first = 0;
	int r;

	for (size_t i = 0; i < d->config->uplinks.n; i++) {
		struct line *line = &d->world.lines[i];
		int64_t next = 0;

		line->resting = !schedule_is_time(line->config, now_s);
		if (line->config->schedule.n)
			next = schedule_next_s(line->config, now_s);
		if (next && (!first || next < first))
			first = next;
	}
	if (!first)
		return;
	r = wake_at(d, first);
	if (r < 0)
		log_errno(LOG_WARNING, r, "cannot wait for the next time of a schedule, ignoring");
}

static int held_text(const struct daemon *d, char **ret)
{
	size_t size;
	FILE *out = open_memstream(ret, &size);

	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < d->config->uplinks.n; i++)
		if (d->world.lines[i].held || (d->world.lines[i].ended &&
					       d->config->uplinks.v[i].failback == FAILBACK_MANUAL))
			fprintf(out, "%s\n", d->config->uplinks.v[i].name);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}

static void remember(struct daemon *d)
{
	char *text = NULL;

	if (held_text(d, &text) < 0) {
		log_oom();
		return;
	}
	free(d->runtime.held);
	d->runtime.held = text;
}

void failback_follow(struct daemon *d, const struct before *before)
{
	keep_schedules(d);
	hold_lines(&d->world, before->lines);
	remember(d);
}

void failback_recall(struct daemon *d)
{
	for (size_t i = 0; i < d->config->uplinks.n; i++)
		d->world.lines[i].ended =
			runtime_is_held(&d->runtime, d->config->uplinks.v[i].name);
}

int failback(struct daemon *d, size_t line)
{
	if (!d->world.lines[line].held)
		return -EALREADY;
	d->world.lines[line].held = false;
	return 0;
}
