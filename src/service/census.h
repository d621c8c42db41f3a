/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cleanup.h"
#include "intent/world.h"
#include "sched/slots.h"

/*
 * Counting the connections of servers that get packets by the ingress hook, from the maps of
 * direct.c: there are no events, so all of them are counted each time. One that was not there the
 * last time is new, and counts into the totals; as ended ones stay in the maps for a while
 * (world.timeouts.tcp_fin), none is missed that way.
 */
struct census;

/* A map of connections in the netdev table. */
struct census_map {
	const char *name;
	bool active; /* what is in it counts as active */
};
extern const struct census_map census_maps[];
extern const size_t census_maps_n;

int census_new(struct census **ret);
void census_free(struct census *census);
DEFINE_CLEANUP(struct census *, census_free)

/* Some service has such servers. */
bool census_needed(const struct world *world);
/* Begins with nobody counted. `world` must outlive census_end(). 0 or -ENOMEM. */
int census_begin(struct census *census, struct world *world, const struct slots *slots);
/* A connection: the key and the value of a map's element. Out of memory it is counted as known. */
void census_count(struct census *census, const uint8_t *key, size_t key_size, uint32_t value,
		  bool active);
/*
 * Touches the services whose counts have changed and matter. The first census adds nothing to the
 * totals.
 */
void census_end(struct census *census);
