/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much the lines carry: rates, often where policies go by them, and the bytes of the month.
 *
 * What a month has seen is kept by the line's name in a file of the state directory, which outlives
 * the boot, with what the interface had counted by then: so what it carries while no daemon runs is
 * not lost either. Writing is put off for a minute, but for what has been told of, and for an hour
 * where no quota is at stake.
 */
#include "daemon/state.h"

#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "policy/spread.h"
#include "uplink/usage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	RATES_US = 1000 * 1000,
	CALM_US = 10 * 1000 * 1000,
	ACCURACY_US = 200 * 1000, /* wake-ups join others */
	SAVE_S = 60,
	SAVE_CALM_S = 3600
};

#define FILE_NAME "usage"
#define BOOT_ID   "/proc/sys/kernel/random/boot_id"

struct record {
	char name[CONFIG_NAME_MAX + 1];
	struct line_usage usage;
	struct usage_meter meter;
};

struct usage {
	const char *directory;
	char boot[USAGE_BOOT_MAX];
	ARRAY(struct record) records;
	char *written;  /* what the file holds */
	bool unwritten; /* the file cannot be, which was logged */
	uint64_t saved_us;
	sd_event_source *timer;
};

static struct record *find(struct usage *usage, const char *name)
{
	array_foreach(&usage->records, record)
		if (strcmp(record->name, name) == 0)
			return record;
	return NULL;
}

static char *path_of(const struct usage *usage)
{
	char *path;

	return asprintf(&path, "%s/%s", usage->directory, FILE_NAME) < 0 ? NULL : path;
}

static int from_text(struct usage *usage, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;
	int r = copy ? 0 : -ENOMEM;

	while (r == 0 && (line = strsep(&rest, "\n"))) {
		struct record record = { .meter.known = true };

		if (sscanf(line,
			   "%32s %" SCNu64 " %" SCNu64 " %u %15s %39s %d %" SCNu64 " %" SCNu64,
			   record.name, &record.usage.month_began_s, &record.usage.month_bytes,
			   &record.usage.told, record.meter.interface, record.meter.boot,
			   &record.meter.link, &record.meter.received_bytes,
			   &record.meter.sent_bytes) == 9 &&
		    !find(usage, record.name))
			r = array_push(&usage->records, record);
	}
	return r;
}

static int to_text(const struct usage *usage, char **ret)
{
	size_t size;
	FILE *out = open_memstream(ret, &size);

	if (!out)
		return -ENOMEM;
	array_foreach(&usage->records, record)
		if (record->meter.known)
			fprintf(out,
				"%s %" PRIu64 " %" PRIu64 " %u %s %s %d %" PRIu64 " %" PRIu64 "\n",
				record->name, record->usage.month_began_s,
				record->usage.month_bytes, record->usage.told,
				record->meter.interface, record->meter.boot, record->meter.link,
				record->meter.received_bytes, record->meter.sent_bytes);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}

/* A file that cannot be read costs what was counted, and is no reason not to run. */
static void load(struct usage *usage)
{
	_cleanup_free_ char *path = path_of(usage), *text = NULL;
	int r = path ? file_read(path, &text) : -ENOMEM;

	if (r == 0)
		r = from_text(usage, text);
	if (r < 0 && r != -ENOENT)
		log_errno(LOG_WARNING, r, "cannot read what the lines have carried from %s/%s",
			  usage->directory, FILE_NAME);
	if (r == 0)
		usage->written = TAKE_PTR(text);
}

static int write_file(struct usage *usage, const char *text)
{
	_cleanup_free_ char *path = path_of(usage);
	int r = path ? directory_create(usage->directory, 0755) : -ENOMEM;

	return r < 0 ? r : file_replace(path, text);
}

static void save(struct usage *usage)
{
	_cleanup_free_ char *text = NULL;
	int r = to_text(usage, &text);

	usage->saved_us = monotonic_us();
	if (r == 0 && strcmp(text, usage->written ? usage->written : "") == 0)
		return;
	r = r < 0 ? r : write_file(usage, text);
	if (r < 0 && !usage->unwritten)
		log_errno(LOG_WARNING, r,
			  "cannot keep what the lines have carried in %s/%s, ignoring",
			  usage->directory, FILE_NAME);
	usage->unwritten = r < 0;
	if (r < 0)
		return;
	free(usage->written);
	usage->written = TAKE_PTR(text);
}

/* A file of /proc in one line; "" when there is none. */
static void read_boot(char *ret, size_t size)
{
	_cleanup_free_ char *text = NULL;

	if (file_read(BOOT_ID, &text) == 0)
		snprintf(ret, size, "%.*s", (int)strcspn(text, "\n"), text);
	if (!*ret)
		snprintf(ret, size, "?");
}

int usage_new(struct daemon *d, const char *directory)
{
	struct usage *usage = calloc(1, sizeof(*usage));

	if (!usage)
		return -ENOMEM;
	d->usage = usage;
	usage->directory = directory;
	read_boot(usage->boot, sizeof(usage->boot));
	load(usage);
	return 0;
}

void usage_free(struct usage *usage)
{
	if (!usage)
		return;
	array_done(&usage->records);
	free(usage->written);
	sd_event_source_disable_unref(usage->timer);
	free(usage);
}

/* Some kinds of links have forgotten a part of it when they go, which is no new beginning. */
static uint64_t at_least(bool gone, uint64_t count, uint64_t known)
{
	return gone && count < known ? known : count;
}

static void read_link(struct daemon *d, struct record *record, const struct line *line, int link)
{
	bool gone = !facts_link(&d->facts, link);
	struct usage_meter now = { .link = link, .read_us = monotonic_us() };
	struct line_counters counters;
	int r = d->kernel->ops->line_counters(d->kernel, link, NULL, &counters);

	if (r < 0) {
		if (r != -ENODEV)
			log_errno(LOG_WARNING, r, "cannot read what uplink %s carries, ignoring",
				  line->config->name);
		return;
	}
	snprintf(now.interface, sizeof(now.interface), "%s", line->config->interface);
	snprintf(now.boot, sizeof(now.boot), "%s", d->usage->boot);
	now.received_bytes = at_least(gone, counters.received_bytes, record->meter.received_bytes);
	now.sent_bytes = at_least(gone, counters.sent_bytes, record->meter.sent_bytes);
	usage_count(&record->usage, &record->meter, &now);
}

/* The last bytes of an interface that is gone, as far as the kernel still tells. */
static void read_gone(struct daemon *d, struct record *record, const struct line *line)
{
	const struct usage_meter *meter = &record->meter;

	if (meter->known && meter->link && meter->link != line->link &&
	    strcmp(meter->boot, d->usage->boot) == 0 &&
	    strcmp(meter->interface, line->config->interface) == 0 &&
	    !facts_link(&d->facts, meter->link))
		read_link(d, record, line, meter->link);
}

static struct bytes_text {
	char text[32];
} bytes_text(uint64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	struct bytes_text ret;
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 999.95 && unit + 1 < ELEMENTS_OF(units)) {
		value /= 1000;
		unit++;
	}
	snprintf(ret.text, sizeof(ret.text), unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return ret;
}

/* Each share once a month; a quota that was raised makes the next ones new. */
static void tell_quota(struct daemon *d, struct record *record, struct line *line)
{
	const struct config_uplink *uplink = line->config;
	unsigned reached = usage_reached(&record->usage, uplink), told = record->usage.told;

	if (reached == told)
		return;
	record->usage.told = line->usage.told = reached;
	save(d->usage);
	daemon_soon(d);
	while ((told = usage_next_share(told)) && told <= reached)
		tell_line(d, EVENT_UPLINK_QUOTA, line, "%u %% of the month's quota used (%s of %s)",
			  told, bytes_text(record->usage.month_bytes).text,
			  bytes_text(uplink->quota.bytes).text);
}

static void look_at_line(struct daemon *d, struct record *record, struct line *line)
{
	bool began = usage_begin_month(&record->usage, line->config,
				       (int64_t)(realtime_us() / 1000000), monotonic_us());

	read_gone(d, record, line);
	if (line->link)
		read_link(d, record, line, line->link);
	else
		usage_forget_rates(&record->usage, &record->meter);
	line->usage = record->usage;
	if (began && line->config->quota.bytes) {
		tell_line(d, EVENT_UPLINK_QUOTA, line, "the quota's month begins anew");
		daemon_soon(d);
	}
	tell_quota(d, record, line);
}

/* Which of the lines there was no look at yet, or not at what is there now. */
static bool is_news(const struct daemon *d, const struct record *record, const struct line *line,
		    const struct before *before)
{
	const struct link *link = facts_link(&d->facts, line->link);

	if (record->meter.link != line->link || !record->meter.read_us)
		return true;
	array_foreach(&before->links, was)
		if (was->index == line->link)
			return was->carrier && (!link || !link->carrier);
	return false;
}

void usage_follow(struct daemon *d, const struct before *before)
{
	for (size_t i = 0; i < d->config->uplinks.n; i++) {
		struct line *line = &d->world.lines[i];
		struct record *record = find(d->usage, line->config->name);

		if (record && is_news(d, record, line, before))
			look_at_line(d, record, line);
	}
}

static int set_timer(struct daemon *d)
{
	bool often = spread_goes_by_rates(d->config);
	int r = sd_event_source_set_time_relative(d->usage->timer, often ? RATES_US : CALM_US);

	return r < 0 ? r : sd_event_source_set_enabled(d->usage->timer, SD_EVENT_ONESHOT);
}

static uint64_t save_s(const struct daemon *d)
{
	array_foreach(&d->config->uplinks, uplink)
		if (uplink->quota.bytes)
			return SAVE_S;
	return SAVE_CALM_S;
}

void usage_look(struct daemon *d)
{
	for (size_t i = 0; i < d->config->uplinks.n; i++) {
		struct record *record = find(d->usage, d->config->uplinks.v[i].name);

		if (record)
			look_at_line(d, record, &d->world.lines[i]);
	}
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct daemon *d = userdata;

	usage_look(d);
	if (spread_lines(&d->world))
		daemon_soon(d);
	if (monotonic_us() - d->usage->saved_us >= save_s(d) * 1000000)
		save(d->usage);
	return set_timer(d);
}

/* Every line has its record from the first time that it is looked at, and ever after. */
static int take_over(struct daemon *d)
{
	for (size_t i = 0; i < d->config->uplinks.n; i++) {
		struct line *line = &d->world.lines[i];
		struct record *known = find(d->usage, line->config->name), record = { 0 };
		int r = 0;

		if (known) {
			line->usage = known->usage;
			continue;
		}
		snprintf(record.name, sizeof(record.name), "%s", line->config->name);
		r = array_push(&d->usage->records, record);
		if (r < 0)
			return r;
	}
	return 0;
}

void usage_use(struct daemon *d)
{
	int r = take_over(d);

	if (r == 0 && !d->usage->timer) {
		r = sd_event_add_time_relative(d->event, &d->usage->timer, CLOCK_MONOTONIC,
					       RATES_US, ACCURACY_US, on_timer, d);
	}
	r = r < 0 ? r : set_timer(d);
	if (r < 0)
		log_errno(LOG_WARNING, r, "cannot look at what the lines carry, ignoring");
}

void usage_leave(struct daemon *d)
{
	for (size_t i = 0; d->config && i < d->config->uplinks.n; i++) {
		struct record *record = find(d->usage, d->config->uplinks.v[i].name);

		if (record && d->world.lines[i].link)
			read_link(d, record, &d->world.lines[i], d->world.lines[i].link);
	}
	save(d->usage);
}
