/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state machine of a line. What can be seen at once (the operator, the link, its carrier,
 * address and gateway) decides at once.
 */
#include "uplink/state.h"

#include <stdio.h>
#include <string.h>

static const char *missing(const struct line *line)
{
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		if (ip_is_set(&line->family[f].address))
			return "no gateway";
	return "no address";
}

static bool has_way(const struct line *line, enum family_index f)
{
	return line->family[f].routed && ip_is_set(&line->family[f].address);
}

static struct uplink_verdict verdict(enum uplink_state state, const char *reason)
{
	struct uplink_verdict verdict = { .state = state };

	snprintf(verdict.reason, sizeof(verdict.reason), "%s", reason);
	return verdict;
}

struct uplink_verdict uplink_judge(const struct line *line, const struct uplink_inputs *inputs)
{
	bool v4 = has_way(line, FAMILY_V4), v6 = has_way(line, FAMILY_V6);

	if (inputs->disabled)
		return verdict(UPLINK_DISABLED, "disabled by the operator");
	if (!inputs->link)
		return verdict(UPLINK_ABSENT, "interface does not exist");
	if (!inputs->link->up)
		return verdict(UPLINK_DOWN, "interface is switched off");
	if (!inputs->link->carrier)
		return verdict(UPLINK_DOWN, "no carrier");
	if (!v4 && !v6)
		return verdict(UPLINK_DOWN, missing(line));
	if (v4 && v6)
		return verdict(UPLINK_UP, "IPv4 and IPv6");
	return verdict(UPLINK_UP, v4 ? "IPv4" : "IPv6");
}

bool uplink_enter(struct line *line, const struct uplink_verdict *verdict, uint64_t realtime_us,
		  uint64_t now_us)
{
	bool moved = line->state != verdict->state || !*line->reason;
	bool changed = moved || strcmp(line->reason, verdict->reason) != 0;

	if (moved)
		line->since_us = realtime_us;
	line->state = verdict->state;
	memcpy(line->reason, verdict->reason, sizeof(line->reason));
	return changed;
}
