/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The times of the week. Clocks change at quarters of an hour of local time, so that one quarter
 * after the other is looked at: within one, minutes are minutes, and where it ends is asked anew.
 * The time zone may have changed since the last look, of which nobody else tells libc.
 */
#include "uplink/schedule.h"

#include <time.h>

enum {
	QUARTER = 15,
	HOUR = 60,
	DAY = 24 * HOUR,
	WEEK = 7 * DAY,
	LOOK_AHEAD_S = (WEEK + 2 * HOUR) * 60 /* weeks with a change of clocks are longer */
};

/* Local time as minutes since Monday 00:00. */
static unsigned minute_of_week(int64_t realtime_s, unsigned *ret_seconds)
{
	time_t at = (time_t)realtime_s;
	struct tm tm = { 0 };

	localtime_r(&at, &tm);
	*ret_seconds = (unsigned)tm.tm_sec;
	return (unsigned)((tm.tm_wday + 6) % 7 * DAY + tm.tm_hour * HOUR + tm.tm_min);
}

static bool is_within(const struct config_uplink *uplink, unsigned minute)
{
	for (size_t i = 0; i < uplink->schedule.n; i++) {
		const struct week_span *span = &uplink->schedule.v[i];
		unsigned length = (span->last + WEEK - span->first) % WEEK;

		if ((minute + WEEK - span->first) % WEEK < (length ? length : WEEK))
			return true;
	}
	return !uplink->schedule.n;
}

bool schedule_is_time(const struct config_uplink *uplink, int64_t realtime_s)
{
	unsigned seconds;

	if (uplink->schedule.n)
		tzset();
	return is_within(uplink, minute_of_week(realtime_s, &seconds));
}

int64_t schedule_next_s(const struct config_uplink *uplink, int64_t realtime_s)
{
	bool now = schedule_is_time(uplink, realtime_s);
	int64_t at = realtime_s;

	while (at <= realtime_s + LOOK_AHEAD_S) {
		unsigned seconds, minute = minute_of_week(at, &seconds);
		unsigned left = QUARTER - minute % QUARTER;

		for (unsigned i = 0; i < left; i++)
			if (is_within(uplink, (minute + i) % WEEK) != now)
				return at + (int64_t)i * 60 - seconds;
		at += (int64_t)left * 60 - seconds;
	}
	return 0;
}
