/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/world.h"

/*
 * The state machine of a line: disabled -> absent -> down -> probing -> up <-> degraded -> down.
 * What can be seen at once (the operator, the link, its carrier, address and gateway, the end of a
 * PPP session) decides at once; what probes say decides of what is left.
 */
struct uplink_inputs {
	const struct link *link; /* the line's, NULL while absent */
	bool disabled;           /* by the operator */
	bool optimistic;         /* the daemon starts: what carries traffic is not doubted */
	uint64_t now_us;         /* monotonic */
};

struct uplink_verdict {
	enum uplink_state state;
	char reason[LINE_REASON_MAX];
	uint64_t again_us; /* monotonic, when to judge again if nothing happens; 0: never */
};

/* Pure. uplink_learn() has been called, quality, ppp and trust are as of now. */
struct uplink_verdict uplink_judge(const struct line *line, const struct uplink_inputs *inputs);

/*
 * The one door through which a line changes state: takes the verdict over, and notes an outage.
 * Returns true when state or reason changed, and then has set since_us (state only).
 */
bool uplink_enter(struct line *line, const struct uplink_verdict *verdict, uint64_t realtime_us,
		  uint64_t now_us);
