/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that pass by conntrack are counted from the maps in the kernel, of which no events
 * come: when somebody asks, and as long as a decision depends on them, once a second.
 */
#include "daemon/state.h"

#include "base/log.h"
#include "base/time.h"
#include "service/census.h"
#include "service/pool.h"

#include <errno.h>
#include <string.h>

enum {
	CENSUS_US = 1000 * 1000
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
	census_count(tally->census, value, tally->active);
}

/* Returns true when counts have changed. Failures are logged, and the counts are as far as known.
 */
static bool hold_census(struct daemon *d)
{
	struct tally tally;
	int r = census_new(&d->world, &d->runtime.slots, &tally.census);

	if (r < 0) {
		log_oom();
		return false;
	}
	for (size_t i = 0; r >= 0 && i < census_maps_n; i++) {
		tally.active = census_maps[i].active;
		r = d->kernel->ops->members(d->kernel, NFT_NETDEV, census_maps[i].name,
					    count_member, &tally);
		r = r == -ENOENT ? 0 : r;
	}
	if (r < 0)
		log_errno(LOG_WARNING, r, "cannot count connections of the ingress hook");
	d->census_us = monotonic_us();
	return census_end(tally.census);
}

static bool decides_something(const struct config *config)
{
	array_foreach(&config->services, service)
		if (service_is_direct(service) && service_looks_at_load(service))
			return true;
	return false;
}

void census_if_due(struct daemon *d)
{
	uint64_t age = monotonic_us() - d->census_us;

	if (d->world.flushed || !decides_something(d->config))
		return;
	if (age >= CENSUS_US)
		hold_census(d);
	daemon_later(d, age >= CENSUS_US ? CENSUS_US : CENSUS_US - age);
}

void census_now(struct daemon *d)
{
	if (!d->world.flushed && census_needed(&d->world))
		hold_census(d);
}
