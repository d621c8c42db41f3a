/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/flow.h"
#include "intent/world.h"

/*
 * Connections by real server and by line, kept up to date from conntrack events: the counts that
 * schedulers and reports go by.
 */
struct flows;

int flows_new(struct flows **ret);
void flows_free(struct flows *flows);
DEFINE_CLEANUP(struct flows *, flows_free)

/*
 * Forgets every connection and learns anew which destinations are whose: call when the
 * configuration or an address of a line has changed, then flows_count() for every connection.
 * Zeroes the counts of `world`, whose services and lines must outlive this; totals stay.
 */
int flows_restart(struct flows *flows, struct world *world);
/* The real server that a connection is of, by indexes; false: of none. */
bool flows_find(const struct flows *flows, const struct flow *flow, size_t *ret_service,
		size_t *ret_server);
/* The connection is of that real server, by indexes. */
bool flows_is_at(const struct flows *flows, const struct flow *flow, size_t service, size_t server);
/*
 * A connection that exists. Returns true when a server's counts changed; out of memory counts
 * nothing.
 */
bool flows_count(struct flows *flows, const struct flow *flow);
/* Something happened to a connection; a new one also counts into the totals. */
bool flows_event(struct flows *flows, enum flow_event event, const struct flow *flow);
