/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clocks, and durations as people write them.
 */
#include "base/time.h"

#include "base/array.h"
#include "base/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>

static const struct {
	const char *suffix;
	uint64_t ms;
} units[] = {
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 },
};

static uint64_t clock_us(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t monotonic_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

uint64_t realtime_us(void)
{
	return clock_us(CLOCK_REALTIME);
}

/*
 * At a time that never comes, but for this. Whether the clock was set while it waited for nothing,
 * of which the kernel tells here instead, or a negative errno.
 */
static int clock_watch_arm(int fd)
{
	const struct itimerspec never = { .it_value.tv_sec = (time_t)1 << 40 };

	if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) == 0)
		return 0;
	return errno == ECANCELED ? 1 : -errno;
}

int clock_watch_open(void)
{
	_cleanup_close_ int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	int r = fd < 0 ? -errno : clock_watch_arm(fd);

	return r < 0 ? r : TAKE_FD(fd);
}

int clock_watch_read(int fd)
{
	uint64_t times;
	bool set = read(fd, &times, sizeof(times)) < 0 && errno == ECANCELED;
	int r = clock_watch_arm(fd);

	return r < 0 ? r : set || r;
}

int duration_parse(const char *text, uint64_t *ret_ms)
{
	uint64_t value = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++) {
		value = value * 10 + (uint64_t)(*p - '0');
		if (value > UINT64_MAX / 86400000 / 16)
			return -EINVAL;
	}
	if (p == text)
		return -EINVAL;
	for (size_t i = 0; i < ELEMENTS_OF(units); i++)
		if (strcmp(p, units[i].suffix) == 0) {
			*ret_ms = value * units[i].ms;
			return 0;
		}
	return -EINVAL;
}

struct duration_text duration_text(uint64_t ms)
{
	struct duration_text ret;
	size_t i = 0;

	while (i < ELEMENTS_OF(units) - 1 && (ms == 0 || ms % units[i].ms))
		i++;
	snprintf(ret.text, sizeof(ret.text), "%" PRIu64 "%s", ms / units[i].ms, units[i].suffix);
	return ret;
}
