/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a line carries, by counters that begin anew, and the times of its schedule, with clocks that
 * change.
 */
#include "lab.h"

#include "uplink/schedule.h"
#include "uplink/usage.h"

#include <string.h>
#include <time.h>

#define HOUR_US UINT64_C(3600000000)
#define BERLIN  "CET-1CEST,M3.5.0,M10.5.0/3"

static void set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

/* Local time; the earlier of two that are called alike. */
static int64_t at(int year, int month, int day, int hour, int minute)
{
	struct tm tm = { .tm_year = year - 1900,
			 .tm_mon = month - 1,
			 .tm_mday = day,
			 .tm_hour = hour,
			 .tm_min = minute,
			 .tm_isdst = -1 };

	return (int64_t)mktime(&tm);
}

static struct usage_meter meter(int link, uint64_t received, uint64_t sent, uint64_t second)
{
	return (struct usage_meter){ .interface = "ppp0",
				     .boot = "1",
				     .link = link,
				     .received_bytes = received,
				     .sent_bytes = sent,
				     .read_us = second * 1000000 };
}

static uint64_t count(struct line_usage *usage, struct usage_meter *last, struct usage_meter now)
{
	usage_count(usage, last, &now);
	return usage->month_bytes;
}

static void bytes_outlive_interfaces(void **state)
{
	struct line_usage usage = { 0 };
	struct usage_meter last = { 0 }, now;

	/* What was before the first look is not known to be of this month. */
	assert_int_equal(count(&usage, &last, meter(5, 1000, 500, 1)), 0);
	assert_int_equal(count(&usage, &last, meter(5, 1100, 510, 2)), 110);
	assert_int_equal(count(&usage, &last, meter(5, 1100, 510, 3)), 110);
	/* Another interface of that name: all that it has carried is new. */
	assert_int_equal(count(&usage, &last, meter(9, 40, 2, 4)), 152);
	assert_int_equal(count(&usage, &last, meter(9, 50, 2, 5)), 162);
	/* The same number, and less than before: it is not the same either. */
	assert_int_equal(count(&usage, &last, meter(9, 7, 1, 6)), 170);
	/* Another boot, read by another daemon. */
	now = meter(9, 100, 100, 0);
	strcpy(now.boot, "2");
	assert_int_equal(count(&usage, &last, now), 370);
	/* The file gives the line another interface, which has a past of its own. */
	strcpy(now.interface, "ppp7");
	now.received_bytes = 99999;
	assert_int_equal(count(&usage, &last, now), 370);
}

static void rates_follow_in_a_few_seconds(void **state)
{
	struct line_usage usage = { 0 };
	struct usage_meter last = { 0 };
	uint64_t bytes = 0;

	for (uint64_t second = 1; second <= 20; second++) {
		bytes += 125000;
		count(&usage, &last, meter(5, bytes, bytes / 10, second));
	}
	assert_in_range(usage.rate_down, 980000, 1000000);
	assert_in_range(usage.rate_up, 98000, 100000);
	for (uint64_t second = 21; second <= 23; second++)
		count(&usage, &last, meter(5, bytes, bytes / 10, second));
	assert_in_range(usage.rate_down, 300000, 500000);
	/* Seldom looked at, the mean since then is what counts. */
	count(&usage, &last, meter(5, bytes + 125000 * 60, bytes / 10, 83));
	assert_in_range(usage.rate_down, 900000, 1000000);
	usage_forget_rates(&usage, &last);
	assert_int_equal(usage.rate_down, 0);
	count(&usage, &last, meter(5, bytes * 100, bytes / 10, 84));
	assert_int_equal(usage.rate_down, 0);
}

static void months_begin_on_their_day(void **state)
{
	struct config_uplink uplink = { .quota = { .bytes = 1, .day = 15 } };
	struct line_usage usage = { 0 };

	set_zone(BERLIN);
	assert_int_equal(usage_month_began_s(&uplink, at(2026, 3, 14, 23, 59)),
			 at(2026, 2, 15, 0, 0));
	assert_int_equal(usage_month_began_s(&uplink, at(2026, 3, 15, 0, 0)),
			 at(2026, 3, 15, 0, 0));
	/* Summer time begins in between. */
	assert_int_equal(usage_month_began_s(&uplink, at(2026, 4, 2, 12, 0)),
			 at(2026, 3, 15, 0, 0));
	assert_int_equal(usage_month_began_s(&uplink, at(2026, 1, 3, 0, 0)),
			 at(2025, 12, 15, 0, 0));
	uplink.quota.day = 0; /* of a line without a quota */
	assert_int_equal(usage_month_began_s(&uplink, at(2026, 2, 28, 5, 0)), at(2026, 2, 1, 0, 0));

	assert_false(usage_begin_month(&usage, &uplink, at(2026, 2, 28, 5, 0), HOUR_US));
	usage.month_bytes = 77;
	usage.told = 95;
	assert_false(usage_begin_month(&usage, &uplink, at(2026, 2, 28, 23, 59), HOUR_US));
	assert_int_equal(usage.month_bytes, 77);
	assert_true(usage_begin_month(&usage, &uplink, at(2026, 3, 1, 0, 0), HOUR_US));
	assert_int_equal(usage.month_bytes, 0);
	assert_int_equal(usage.told, 0);
}

/* By then the month of these bytes is over, and not a second before. */
static void assert_month_ends(struct line_usage *usage, const struct config_uplink *uplink,
			      int64_t end)
{
	usage->month_bytes = 77;
	assert_false(usage_begin_month(usage, uplink, end - 1, 40 * 24 * HOUR_US));
	assert_int_equal(usage->month_bytes, 77);
	assert_true(usage_begin_month(usage, uplink, end, 40 * 24 * HOUR_US));
	assert_int_equal(usage->month_bytes, 0);
}

static void months_are_whole(void **state)
{
	struct config_uplink uplink = { .quota = { .bytes = 1, .day = 1 } };
	struct line_usage usage = { 0 };

	set_zone(BERLIN);
	usage_begin_month(&usage, &uplink, at(2026, 11, 21, 12, 0), HOUR_US);
	/* Another day of the month, later and earlier. */
	uplink.quota.day = 15;
	assert_month_ends(&usage, &uplink, at(2026, 12, 15, 0, 0));
	uplink.quota.day = 1;
	assert_month_ends(&usage, &uplink, at(2027, 1, 1, 0, 0));
	/* Another zone, where the month began later. */
	usage.month_bytes = 77;
	set_zone("UTC");
	assert_false(usage_begin_month(&usage, &uplink, at(2027, 1, 20, 0, 0), HOUR_US));
	assert_int_equal(usage.month_bytes, 77);
	assert_month_ends(&usage, &uplink, at(2027, 2, 1, 0, 0));
}

static void clocks_that_are_wrong(void **state)
{
	struct config_uplink uplink = { .quota = { .bytes = 1, .day = 1 } };
	struct line_usage usage = { 0 };

	set_zone(BERLIN);
	usage_begin_month(&usage, &uplink, at(2026, 12, 2, 0, 0), HOUR_US);
	usage.month_bytes = 77;
	/* Set back, or not set yet: that gives no month back. */
	assert_false(usage_begin_month(&usage, &uplink, at(2026, 11, 29, 0, 0), 99 * HOUR_US));
	assert_false(usage_begin_month(&usage, &uplink, at(2026, 12, 1, 0, 0), 99 * HOUR_US));
	assert_false(usage_begin_month(&usage, &uplink, at(1970, 1, 2, 0, 0), HOUR_US));
	assert_false(usage_begin_month(&usage, &uplink, at(2026, 12, 3, 0, 0), HOUR_US));
	assert_int_equal(usage.month_bytes, 77);
	/* It ran ahead by years: that does not take years. */
	assert_true(usage_begin_month(&usage, &uplink, at(2066, 5, 5, 0, 0), HOUR_US));
	usage.month_bytes = 77;
	assert_false(usage_begin_month(&usage, &uplink, at(2026, 12, 4, 0, 0), HOUR_US));
	assert_false(usage_begin_month(&usage, &uplink, at(2026, 12, 5, 0, 0), 25 * HOUR_US));
	assert_int_equal(usage.month_bytes, 77);
	assert_month_ends(&usage, &uplink, at(2027, 1, 1, 0, 0));
}

static void shares_of_a_quota(void **state)
{
	struct config_uplink uplink = { .quota = { .bytes = UINT64_C(50000000000) } };
	static const struct {
		uint64_t bytes;
		unsigned reached;
	} shares[] = {
		{ 0, 0 },
		{ UINT64_C(37499999999), 0 },
		{ UINT64_C(37500000000), 75 },
		{ UINT64_C(47500000000), 95 },
		{ UINT64_C(49999999999), 95 },
		{ UINT64_C(50000000000), 100 },
		{ UINT64_MAX, 100 },
	};

	for (size_t i = 0; i < ELEMENTS_OF(shares); i++) {
		struct line_usage usage = { .month_bytes = shares[i].bytes };

		assert_int_equal(usage_reached(&usage, &uplink), shares[i].reached);
	}
	uplink.quota.bytes = 0;
	assert_int_equal(usage_reached(&(struct line_usage){ .month_bytes = 1 }, &uplink), 0);
	assert_int_equal(usage_next_share(0), 75);
	assert_int_equal(usage_next_share(75), 95);
	assert_int_equal(usage_next_share(95), 100);
	assert_int_equal(usage_next_share(100), 0);
}

enum {
	DAY = 24 * 60
};

#define SPANS(...)                                                                             \
	{                                                                                      \
		.schedule = {                                                                  \
			(struct week_span[]){ __VA_ARGS__ },                                   \
			sizeof((struct week_span[]){ __VA_ARGS__ }) / sizeof(struct week_span) \
		}                                                                              \
	}

static void times_of_the_week(void **state)
{
	/* Monday 8 to 18, Saturday 22 to Sunday 6, Sunday 20 to Monday 2. */
	struct config_uplink uplink =
		SPANS({ 8 * 60, 18 * 60 }, { 5 * DAY + 22 * 60, 6 * DAY + 6 * 60 },
		      { 6 * DAY + 20 * 60, 2 * 60 });
	struct config_uplink always = { 0 }, whole = SPANS({ 300, 300 });
	int64_t monday;

	set_zone(BERLIN);
	monday = at(2026, 6, 1, 0, 0);
	assert_true(schedule_is_time(&always, monday));
	assert_int_equal(schedule_next_s(&always, monday), 0);
	assert_true(schedule_is_time(&whole, monday));
	assert_int_equal(schedule_next_s(&whole, monday), 0);
	assert_true(schedule_is_time(&uplink, monday));
	assert_int_equal(schedule_next_s(&uplink, monday + 7), at(2026, 6, 1, 2, 0));
	assert_false(schedule_is_time(&uplink, at(2026, 6, 1, 2, 0)));
	assert_int_equal(schedule_next_s(&uplink, at(2026, 6, 1, 2, 0)), at(2026, 6, 1, 8, 0));
	assert_true(schedule_is_time(&uplink, at(2026, 6, 1, 8, 0)));
	assert_true(schedule_is_time(&uplink, at(2026, 6, 1, 18, 0) - 1));
	assert_false(schedule_is_time(&uplink, at(2026, 6, 1, 18, 0)));
	assert_int_equal(schedule_next_s(&uplink, at(2026, 6, 1, 18, 0)), at(2026, 6, 6, 22, 0));
	assert_int_equal(schedule_next_s(&uplink, at(2026, 6, 7, 20, 0)), at(2026, 6, 8, 2, 0));
}

/* The box is moved to another zone while it runs. */
static void zones_change(void **state)
{
	struct config_uplink uplink = SPANS({ 8 * 60, 10 * 60 });
	int64_t monday;

	set_zone(BERLIN);
	monday = at(2026, 6, 1, 9, 0);
	assert_true(schedule_is_time(&uplink, monday));
	setenv("TZ", "UTC", 1);
	assert_false(schedule_is_time(&uplink, monday));
	assert_int_equal(schedule_next_s(&uplink, monday), monday + 3600);
}

/* On 29 March 2026 there is no 2:30, on 25 October there are two. */
static void clocks_change(void **state)
{
	struct config_uplink early = SPANS({ 6 * DAY + 150, 6 * DAY + 240 });
	struct config_uplink late = SPANS({ 6 * DAY + 4 * 60, 6 * DAY + 5 * 60 });

	set_zone(BERLIN);
	/* From 1:59:59 on it is 3:00, which is within. */
	assert_int_equal(schedule_next_s(&early, at(2026, 3, 29, 1, 0)),
			 at(2026, 3, 29, 1, 0) + 3600);
	assert_int_equal(schedule_next_s(&late, at(2026, 3, 29, 1, 0)),
			 at(2026, 3, 29, 1, 0) + 2 * 3600);
	assert_int_equal(schedule_next_s(&late, at(2026, 10, 25, 1, 0)),
			 at(2026, 10, 25, 1, 0) + 4 * 3600);
	/* Half past two comes twice: it is time, no more, and again. */
	assert_int_equal(schedule_next_s(&early, at(2026, 10, 25, 1, 0)),
			 at(2026, 10, 25, 1, 0) + 90 * 60);
	assert_int_equal(schedule_next_s(&early, at(2026, 10, 25, 1, 0) + 100 * 60),
			 at(2026, 10, 25, 1, 0) + 120 * 60);
	assert_int_equal(schedule_next_s(&early, at(2026, 10, 25, 1, 0) + 120 * 60),
			 at(2026, 10, 25, 1, 0) + 150 * 60);
}

/* Wherever one looks from, between now and the next change nothing changes, and there it does. */
static void next_changes_are_the_next(void **state)
{
	static const char *const zones[] = { "UTC", BERLIN, "LHST-10:30LHDT-11,M10.1.0,M4.1.0",
					     "NPT-5:45" };
	struct config_uplink uplink = SPANS({ 8 * 60 + 7, 18 * 60 }, { DAY + 1, DAY + 2 },
					    { 6 * DAY + 100, 6 * DAY + 190 });

	for (size_t zone = 0; zone < ELEMENTS_OF(zones); zone++) {
		int64_t now;

		set_zone(zones[zone]);
		now = at(2026, 3, 20, 3, 3) + 17;
		for (unsigned i = 0; i < 100; i++) {
			int64_t next = schedule_next_s(&uplink, now);
			bool is = schedule_is_time(&uplink, now);

			assert_true(next > now);
			for (int64_t t = now; t < next; t += 59)
				assert_int_equal(schedule_is_time(&uplink, t), is);
			assert_int_equal(schedule_is_time(&uplink, next - 1), is);
			assert_int_equal(schedule_is_time(&uplink, next), !is);
			now = next + i % 3;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_outlive_interfaces),
		cmocka_unit_test(rates_follow_in_a_few_seconds),
		cmocka_unit_test(months_begin_on_their_day),
		cmocka_unit_test(months_are_whole),
		cmocka_unit_test(clocks_that_are_wrong),
		cmocka_unit_test(shares_of_a_quota),
		cmocka_unit_test(times_of_the_week),
		cmocka_unit_test(zones_change),
		cmocka_unit_test(clocks_change),
		cmocka_unit_test(next_changes_are_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
