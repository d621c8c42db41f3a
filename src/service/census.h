/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/world.h"
#include "sched/slots.h"

/*
 * Counting the connections of servers that get packets by the ingress hook, from the maps of
 * direct.c: there are no events, so all of them are counted each time.
 */
struct census;

/* A map of connections in the netdev table. */
struct census_map {
	const char *name;
	bool active; /* what is in it counts as active */
};
extern const struct census_map census_maps[];
extern const size_t census_maps_n;

/* Some service has such servers. */
bool census_needed(const struct world *world);
/* Begins: forgets the counts of those servers. 0 or -ENOMEM. `world` must outlive the census. */
int census_new(struct world *world, const struct slots *slots, struct census **ret);
/* A connection: the value of a map's element. */
void census_count(struct census *census, uint32_t value, bool active);
/* True when the counts differ from those of before. */
bool census_end(struct census *census);
