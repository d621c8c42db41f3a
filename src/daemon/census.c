/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that pass by conntrack are counted from the maps in the kernel, of which no events
 * come: when somebody asks, once a second while a decision depends on them, and else often enough
 * for the totals.
 */
#include "daemon/state.h"

#include "base/log.h"
#include "base/time.h"
#include "service/census.h"
#include "service/pool.h"

#include <errno.h>
#include <string.h>

enum {
	CENSUS_US = 1000 * 1000,
	TOTALS_US = 30 * CENSUS_US /* often enough to see every connection before it is forgotten */
};

struct tally {
	struct census *census;
	bool active;
};

static void count_member(const uint8_t *key, size_t key_size, const uint8_t *data, size_t data_size,
			 uint64_t expires_ms, void *userdata)
{
	const struct tally *tally = userdata;
	uint32_t value;

	if (data_size != sizeof(value))
		return;
	memcpy(&value, data, sizeof(value));
	census_count(tally->census, key, key_size, value, tally->active);
}

static int read_maps(struct daemon *d)
{
	struct tally tally = { .census = d->census };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < census_maps_n; i++) {
		tally.active = census_maps[i].active;
		r = d->kernel->ops->members(d->kernel, NFT_NETDEV, census_maps[i].name,
					    count_member, &tally);
		r = r == -ENOENT ? 0 : r;
	}
	return r;
}

/* Failures are logged, and the counts are as far as known. */
static void hold_census(struct daemon *d)
{
	int r = census_begin(d->census, &d->world, &d->runtime.slots);

	r = r < 0 ? r : read_maps(d);
	if (r < 0)
		log_errno(LOG_WARNING, r, "cannot count connections of the ingress hook");
	d->census_us = monotonic_us();
	census_end(d->census);
}

static bool decides_something(const struct config *config)
{
	array_foreach(&config->services, service)
		if (service_is_direct(service) && service_looks_at_load(service))
			return true;
	return false;
}

static bool is_needed(const struct daemon *d)
{
	return !d->world.flushed && census_needed(&d->world);
}

static int on_due(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct daemon *d = userdata;

	if (!is_needed(d))
		return 0;
	hold_census(d);
	census_plan(d);
	if (d->world.touched.n)
		touched_now(d);
	return 0;
}

int census_timer(struct daemon *d)
{
	int r = sd_event_add_time(d->event, &d->census_due, CLOCK_MONOTONIC, 0, 1, on_due, d);

	return r < 0 ? r : sd_event_source_set_enabled(d->census_due, SD_EVENT_OFF);
}

void census_plan(struct daemon *d)
{
	uint64_t every = decides_something(d->config) ? CENSUS_US : TOTALS_US;
	uint64_t at = d->census_us ? d->census_us + every : 0;

	sd_event_source_set_enabled(d->census_due, SD_EVENT_OFF);
	if (!is_needed(d))
		return;
	sd_event_source_set_time(d->census_due, at);
	sd_event_source_set_enabled(d->census_due, SD_EVENT_ONESHOT);
}

void census_now(struct daemon *d)
{
	if (is_needed(d))
		hold_census(d);
	if (d->world.touched.n)
		touched_soon(d);
}
