/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdict on a target: it changes after so many answers in a row that speak against it, and
 * one that agrees starts the count anew. The first answer that agrees with the initial state
 * confirms it.
 *
 * A check that could not be sent says nothing of the target, so it neither counts nor interrupts a
 * count, unless the limits say that it fails. An agent's own words need no repetition, and an agent
 * that falls silent leaves its last word standing: as with HAProxy, whether the server can be
 * reached is for another check to say.
 */
#include "probe/window.h"

struct window window_start(const struct window_limits *limits)
{
	return (struct window){ .up = limits->initial_up };
}

static struct window decide(bool up)
{
	return (struct window){ .up = up, .known = true };
}

static struct window count(const struct window_limits *limits, struct window window, bool good)
{
	uint32_t needed = window.up ? limits->fail : limits->pass;

	if (good == window.up)
		return decide(window.up);
	if (++window.against >= needed)
		return decide(good);
	return window;
}

struct window window_step(const struct window_limits *limits, struct window window,
			  enum evidence evidence)
{
	switch (evidence) {
	case EVIDENCE_GOOD:
		return count(limits, window, true);
	case EVIDENCE_BAD:
		return count(limits, window, false);
	case EVIDENCE_UNSENT:
		return limits->unsent_fails ? count(limits, window, false) : window;
	case EVIDENCE_UP:
		return decide(true);
	case EVIDENCE_DOWN:
		return decide(false);
	case EVIDENCE_OTHER:
		return decide(window.up);
	case EVIDENCE_NONE:
	case EVIDENCE_MAX:
		break;
	}
	return window;
}
