/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Times of the week. Whatever the file says becomes a set of minutes, so that spans may overlap,
 * pass midnight and pass the end of the week, and the same times are always written alike.
 */
#include "config/text.h"
#include "config/values.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum {
	DAYS = 7,
	DAY_MINUTES = 24 * 60,
	WEEK_MINUTES = DAYS * DAY_MINUTES,
	DAY_NAME = 3 /* letters */
};

static const char *const day_names[DAYS] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

struct week {
	bool minutes[WEEK_MINUTES];
};

/* `last` is not part of it; past the end of the week it goes on with its beginning. */
static void week_add(struct week *week, unsigned first, unsigned last)
{
	for (unsigned i = first; i < last; i++)
		week->minutes[i % WEEK_MINUTES] = true;
}

/* The day that *p begins with, behind which *p stands then, or -1. */
static int parse_day(const char **p)
{
	for (int day = 0; day < DAYS; day++)
		if (strncmp(*p, day_names[day], DAY_NAME) == 0) {
			*p += DAY_NAME;
			return day;
		}
	return -1;
}

/* "mon-fri,sun"; true when that is all of the text up to a space. */
static bool parse_days(const char **p, bool *days)
{
	for (;; ++*p) {
		int first = parse_day(p), last = first;

		if (first >= 0 && **p == '-') {
			++*p;
			last = parse_day(p);
		}
		if (first < 0 || last < 0)
			return false;
		for (int day = first;; day = (day + 1) % DAYS) {
			days[day] = true;
			if (day == last)
				break;
		}
		if (**p != ',')
			return true;
	}
}

/* "HH:MM" up to "24:00", as minutes, or -1. */
static int parse_clock(const char **p)
{
	const char *t = *p;
	int minutes;

	if (!isdigit((unsigned char)t[0]) || !isdigit((unsigned char)t[1]) || t[2] != ':' ||
	    !isdigit((unsigned char)t[3]) || !isdigit((unsigned char)t[4]) || t[3] > '5')
		return -1;
	minutes = ((t[0] - '0') * 10 + t[1] - '0') * 60 + (t[3] - '0') * 10 + t[4] - '0';
	*p += 5;
	return minutes <= DAY_MINUTES ? minutes : -1;
}

/* "08:00-18:00"; the end is beyond the day where it passes midnight. */
static bool parse_times(const char *p, unsigned *ret_first, unsigned *ret_last)
{
	int first = parse_clock(&p), last = -1;

	if (first >= 0 && *p == '-') {
		p++;
		last = parse_clock(&p);
	}
	if (last < 0 || *p || first == DAY_MINUTES || first == last)
		return false;
	*ret_first = (unsigned)first;
	*ret_last = (unsigned)(last < first ? last + DAY_MINUTES : last);
	return true;
}

static bool parse_span(const char *text, struct week *week)
{
	bool days[DAYS] = { false }, all = isdigit((unsigned char)*text);
	unsigned first = 0, last = DAY_MINUTES;
	const char *p = text;

	if (!all && !parse_days(&p, days))
		return false;
	if (!all && *p == ' ')
		p++;
	else if (!all && *p)
		return false;
	if ((all || p[-1] == ' ') && !parse_times(p, &first, &last))
		return false;
	for (unsigned day = 0; day < DAYS; day++)
		if (all || days[day])
			week_add(week, day * DAY_MINUTES + first, day * DAY_MINUTES + last);
	return true;
}

static bool begins_at(const struct week *week, unsigned minute)
{
	return week->minutes[minute] && !week->minutes[(minute + WEEK_MINUTES - 1) % WEEK_MINUTES];
}

static struct week_span span_from(const struct week *week, unsigned first)
{
	unsigned length = 1;

	while (week->minutes[(first + length) % WEEK_MINUTES])
		length++;
	return (struct week_span){
		(uint16_t)first,
		(uint16_t)(first + length > WEEK_MINUTES ? first + length - WEEK_MINUTES
							 : first + length),
	};
}

/* The spans of a week that is neither empty nor full, or just how many they are. */
static size_t week_spans(const struct week *week, struct week_span *v)
{
	size_t n = 0;

	for (unsigned i = 0; i < WEEK_MINUTES; i++) {
		if (!begins_at(week, i))
			continue;
		if (v)
			v[n] = span_from(week, i);
		n++;
	}
	return n;
}

static void keep_week(struct reader *reader, const struct week *week, struct config_uplink *uplink)
{
	size_t n = week_spans(week, NULL);
	bool full = !n && week->minutes[0];

	uplink->schedule.v =
		arena_alloc(&reader->config->arena, (n + full) * sizeof(*uplink->schedule.v));
	if (!uplink->schedule.v) {
		reader->report.error = -ENOMEM;
		return;
	}
	uplink->schedule.n = n + full;
	if (full)
		uplink->schedule.v[0] = (struct week_span){ 0, WEEK_MINUTES };
	else
		week_spans(week, uplink->schedule.v);
}

void read_schedule(struct reader *reader, const config_setting_t *setting, void *target)
{
	struct week week = { 0 };
	int n;

	if (!is_type(reader, setting, CONFIG_TYPE_ARRAY))
		return;
	n = config_setting_length(setting);
	if (!n)
		problem(reader, setting, "is empty; give at least one or leave the key out");
	for (int i = 0; i < n; i++) {
		const config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);

		if (is_type(reader, element, CONFIG_TYPE_STRING) &&
		    !parse_span(config_setting_get_string(element), &week))
			problem(reader, element,
				"\"%s\" is not a time of the week; allowed are days, times, or both, "
				"as in \"mon-fri 08:00-18:00\", \"sat,sun\" or \"22:00-06:00\"",
				config_setting_get_string(element));
	}
	keep_week(reader, &week, target);
}

/* "mon-fri,sun", nothing for all days. */
static void append_days(char *text, size_t size, const bool *days)
{
	size_t length = 0, n = 0;

	for (unsigned day = 0; day < DAYS; day++)
		n += days[day];
	for (unsigned day = 0, last; day < DAYS && n < DAYS; day = last + 1) {
		for (last = day; days[day] && last + 1 < DAYS && days[last + 1];)
			last++;
		if (!days[day])
			continue;
		if (last == day + 1)
			last = day;
		length += (size_t)snprintf(text + length, size - length, "%s%s", length ? "," : "",
					   day_names[day]);
		if (last > day)
			length += (size_t)snprintf(text + length, size - length, "-%s",
						   day_names[last]);
	}
}

/* The end of the span that begins at that minute of the day and stays within it, or 0. */
static unsigned end_within_day(const struct week *week, unsigned day, unsigned first)
{
	const bool *minutes = week->minutes + (size_t)day * DAY_MINUTES;
	unsigned last = first;

	if (!minutes[first] || (first && minutes[first - 1]))
		return 0;
	while (last < DAY_MINUTES && minutes[last])
		last++;
	return last;
}

static void say_span(const bool *days, unsigned first, unsigned last,
		     void (*say)(const char *text, void *userdata), void *userdata)
{
	char text[64] = "";
	size_t length;

	append_days(text, sizeof(text), days);
	length = strlen(text);
	if (last - first < DAY_MINUTES || !length)
		snprintf(text + length, sizeof(text) - length, "%s%02u:%02u-%02u:%02u",
			 length ? " " : "", first / 60, first % 60, last / 60, last % 60);
	say(text, userdata);
}

/* The span of the day, together with the later days that have the same. */
static void say_alike(const struct week *week, unsigned day, unsigned first,
		      void (*say)(const char *text, void *userdata), void *userdata)
{
	unsigned last = end_within_day(week, day, first);
	bool days[DAYS] = { false };

	for (unsigned other = 0; last && other < DAYS; other++) {
		days[other] = end_within_day(week, other, first) == last;
		if (other < day && days[other])
			return;
	}
	if (last)
		say_span(days, first, last, say, userdata);
}

void schedule_text(const struct week_span *v, size_t n,
		   void (*say)(const char *text, void *userdata), void *userdata)
{
	struct week week = { 0 };

	for (size_t i = 0; i < n; i++)
		week_add(&week, v[i].first,
			 v[i].last <= v[i].first ? v[i].last + WEEK_MINUTES : v[i].last);
	for (unsigned day = 0; day < DAYS; day++)
		for (unsigned first = 0; first < DAY_MINUTES; first++)
			say_alike(&week, day, first, say, userdata);
}
