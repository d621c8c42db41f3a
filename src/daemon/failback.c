/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When lines take new connections: schedules, and lines that are back but held until the operator
 * says otherwise.
 */
#include "daemon/state.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/time.h"
#include "uplink/grade.h"
#include "uplink/schedule.h"

#include <errno.h>
#include <sys/epoll.h>

static int on_schedule(sd_event_source *source, uint64_t usec, void *userdata)
{
	daemon_soon(userdata);
	return 0;
}

/* By the clock on the wall; one that is set is seen by on_clock(). */
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

static int on_clock(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	int r = clock_watch_read(fd);

	if (r < 0)
		return log_errno(LOG_WARNING, r, "cannot watch the clock any more, ignoring");
	if (r > 0) {
		usage_look(userdata);
		daemon_soon(userdata);
	}
	return 0;
}

int failback_new(struct daemon *d)
{
	_cleanup_close_ int fd = clock_watch_open();
	int r = fd < 0 ? fd : sd_event_add_io(d->event, &d->clock, fd, EPOLLIN, on_clock, d);

	r = r < 0 ? r : sd_event_source_set_io_fd_own(d->clock, true);
	if (r >= 0)
		TAKE_FD(fd);
	return r;
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

void failback_follow(struct daemon *d, const struct before *before)
{
	keep_schedules(d);
	hold_lines(&d->world, before->lines);
}

int failback(struct daemon *d, size_t line)
{
	if (!d->world.lines[line].held)
		return -EALREADY;
	d->world.lines[line].held = false;
	return 0;
}
