/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes and rates from counters that grow, and at times begin anew.
 */
#include "uplink/usage.h"

#include <string.h>
#include <time.h>

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

	localtime_r(&at, &tm);
	if (tm.tm_mday < day)
		tm.tm_mon--;
	tm.tm_mday = day;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm);
}

bool usage_begin_month(struct line_usage *usage, const struct config_uplink *uplink,
		       int64_t realtime_s)
{
	uint64_t began = (uint64_t)usage_month_began_s(uplink, realtime_s);
	bool first = !usage->month_began_s;

	/* A clock that was set back does not give a month back. */
	if (began <= usage->month_began_s)
		return false;
	usage->month_began_s = began;
	if (first)
		return false;
	usage->month_bytes = 0;
	usage->told = 0;
	return true;
}

unsigned usage_reached(const struct line_usage *usage, const struct config_uplink *uplink)
{
	for (size_t i = 0; uplink->quota.bytes && i < USAGE_TELLS; i++)
		if ((double)usage->month_bytes >= (double)uplink->quota.bytes / 100 * tells[i])
			return tells[i];
	return 0;
}

void usage_forget_rates(struct line_usage *usage, struct usage_meter *meter)
{
	usage->rate_up = usage->rate_down = 0;
	meter->read_us = 0;
}
