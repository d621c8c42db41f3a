/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/objects.h"
#include "intent/world.h"
#include "sched/slots.h"

/*
 * Which line for which traffic. Each call adds its share of the kernel objects; failures are left
 * in objects->error.
 *
 * The chains a packet can meet, by hook:
 *
 *   mark_pre  prerouting   from/LINE -> new/LINE                connections remember their line
 *                          mark/LINE                            packets of known connections
 *                          forwarded -> policy/... -> pick/LINE new connections
 *   mark_out  output       pick/LINE, mark/LINE, local -> policy/... -> pick/LINE
 *   leave     postrouting  leave/LINE                           source NAT
 *   egress    postrouting  egress/LINE                          only our sources leave
 */

/*
 * What every packet passes is written out as comparisons for the first lines, which costs less
 * than a look-up (tests/bench); more lines than these are looked up in maps. Interfaces are
 * compared by name: by index would save another 5 %, and leave a line without its gate for a
 * moment whenever it comes back under a new one.
 */
enum {
	INLINE_LINES = 4
};

static inline bool needs_line_maps(const struct world *world)
{
	return world->config->uplinks.n > INLINE_LINES;
}

void routes_intent(const struct world *world, struct objects *objects);
void marks_intent(const struct world *world, struct objects *objects);
void nearby_intent(const struct world *world, struct objects *objects);
void policies_intent(const struct world *world, struct slots *slots, struct objects *objects);
void resolvers_intent(const struct world *world, struct objects *objects);
void segments_intent(const struct world *world, struct objects *objects);
void leave_intent(const struct world *world, struct objects *objects);
void sysctls_intent(const struct world *world, struct objects *objects);

struct choice;

/* In a policy's chain, before it picks: IPv6 sources that are one of its lines' already. */
void sources_of_policy(const struct world *world, const struct config_policy *policy,
		       const struct choice *choice, const char *chain, struct objects *objects);
/* In a line's chain of source NAT: IPv6 sources that become others of the line's prefixes. */
void sources_of_line(const struct world *world, const struct line *line, const char *chain,
		     struct objects *objects);
