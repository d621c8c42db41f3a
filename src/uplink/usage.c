/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes and rates from counters that grow, and at times begin anew.
 */
#include "uplink/usage.h"

#include <string.h>
#include <time.h>

enum {
	DAY_S = 24 * 3600,
	SHORTEST_MONTH_S = 27 * DAY_S, /* and a little more */
	LONG_S = 62 * DAY_S,
	SETTLED_S = DAY_S /* after the boot a clock is right, or nobody sets it */
};

static const unsigned tells[USAGE_TELLS] = { 100, 95, 75 };

static bool is_same_link(const struct usage_meter *meter, const struct usage_meter *now)
{
	return meter->link == now->link && strcmp(meter->boot, now->boot) == 0 &&
	       now->received_bytes >= meter->received_bytes && now->sent_bytes >= meter->sent_bytes;
}

static void smooth(uint64_t *rate, uint64_t bytes, uint64_t age_us)
{
	double now = (double)bytes * 8 * 1e6 / (double)age_us;
	double keep = USAGE_SMOOTH_US / (USAGE_SMOOTH_US + (double)age_us);

	*rate = (uint64_t)(keep * (double)*rate + (1 - keep) * now);
}

void usage_count(struct line_usage *usage, struct usage_meter *meter, const struct usage_meter *now)
{
	uint64_t received = now->received_bytes, sent = now->sent_bytes;
	bool counts = meter->known && strcmp(meter->interface, now->interface) == 0;
	bool rates = counts && meter->read_us && now->read_us > meter->read_us;

	if (counts && is_same_link(meter, now)) {
		received -= meter->received_bytes;
		sent -= meter->sent_bytes;
	}
	if (counts)
		usage->month_bytes += received + sent;
	if (rates) {
		smooth(&usage->rate_down, received, now->read_us - meter->read_us);
		smooth(&usage->rate_up, sent, now->read_us - meter->read_us);
	}
	*meter = *now;
	meter->known = true;
}

int64_t usage_month_began_s(const struct config_uplink *uplink, int64_t realtime_s)
{
	time_t at = (time_t)realtime_s;
	struct tm tm = { 0 };
	int day = uplink->quota.day ? (int)uplink->quota.day : 1;

	tzset();
	localtime_r(&at, &tm);
	if (tm.tm_mday < day)
		tm.tm_mon--;
	tm.tm_mday = day;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm);
}

/*
 * Months that began closer together are one, of which the file has changed the day, or somebody the
 * time zone. One that is to come was begun by a clock that ran ahead, or the clock lags now, as it
 * does after a boot without one that lasts.
 */
bool usage_begin_month(struct line_usage *usage, const struct config_uplink *uplink,
		       int64_t realtime_s, uint64_t up_us)
{
	int64_t began = usage_month_began_s(uplink, realtime_s);
	int64_t known = (int64_t)usage->month_began_s, apart = began - known;
	bool lags = apart < -SHORTEST_MONTH_S &&
		    (apart > -LONG_S || up_us < (uint64_t)SETTLED_S * 1000000);
	bool first = !known, anew = !first && apart > SHORTEST_MONTH_S;

	if (!first && lags)
		return false;
	usage->month_began_s = (uint64_t)began;
	if (anew) {
		usage->month_bytes = 0;
		usage->told = 0;
	}
	return anew;
}

unsigned usage_reached(const struct line_usage *usage, const struct config_uplink *uplink)
{
	for (size_t i = 0; uplink->quota.bytes && i < USAGE_TELLS; i++)
		if ((double)usage->month_bytes >= (double)uplink->quota.bytes / 100 * tells[i])
			return tells[i];
	return 0;
}

unsigned usage_next_share(unsigned percent)
{
	unsigned next = 0;

	for (size_t i = 0; i < USAGE_TELLS && tells[i] > percent; i++)
		next = tells[i];
	return next;
}

void usage_forget_rates(struct line_usage *usage, struct usage_meter *meter)
{
	usage->rate_up = usage->rate_down = 0;
	meter->read_us = 0;
}
