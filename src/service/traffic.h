/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/flow.h"
#include "intent/world.h"

/*
 * Connections, packets and bytes of real servers, and how many a second, as IPVS counts and
 * estimates them (Linux: ip_vs_est.c): every connection that exists is gone through when somebody
 * looks. Servers by the ingress hook have connections only.
 */

/* Begins with no connection that lives; then traffic_count() for each; then traffic_end(). */
void traffic_begin(struct world *world);
void traffic_count(struct server_state *server, const struct flow *flow);
/*
 * Sums up. Estimates the rates when the last time is long enough ago (`now_us`: monotonic): where
 * nobody looked for longer, what came in is taken to have come evenly. The first time begins only.
 */
void traffic_end(struct world *world, uint64_t now_us);
/* Sums and rates are 0, from the last traffic_end() on. */
void traffic_zero(struct server_state *server);

/* A rate, or a sum of rates, as a number a second. */
uint64_t traffic_a_second(enum traffic_kind kind, uint64_t rate);
