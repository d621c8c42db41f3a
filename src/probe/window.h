/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What one check says. */
enum evidence {
	EVIDENCE_GOOD,
	EVIDENCE_BAD,
	EVIDENCE_UNSENT, /* nothing left the box */
	EVIDENCE_UP,     /* decides at once: the server's agent says so */
	EVIDENCE_DOWN,
	EVIDENCE_OTHER, /* an agent that speaks of other things */
	EVIDENCE_NONE,  /* an agent that cannot be asked */
	EVIDENCE_MAX
};

struct window_limits {
	uint32_t fail, pass; /* in a row; 0 is 1 */
	bool initial_up, unsent_fails;
};

/* The verdict, and how many checks in a row speak against it. */
struct window {
	bool up, known;
	uint32_t against;
};

struct window window_start(const struct window_limits *limits);
/* The verdict after one more check. Pure. */
struct window window_step(const struct window_limits *limits, struct window window,
			  enum evidence evidence);
