/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/world.h"

/* The state that a line's circumstances call for, and why in a few words (static storage). */
struct uplink_verdict {
	enum uplink_state state;
	const char *reason;
};

/* Pure. `link` is the line's, NULL while absent; uplink_learn() has been called. */
struct uplink_verdict uplink_judge(const struct line *line, const struct link *link, bool disabled);

/*
 * The one door through which a line changes state: takes the verdict over and says which families
 * are usable. Returns true when state or reason changed, and then has set since_us (state only).
 */
bool uplink_enter(struct line *line, const struct uplink_verdict *verdict, uint64_t now_us);
