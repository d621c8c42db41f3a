/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "monitor/monitor.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A line and its targets in simulated time, watched by a monitor that is called exactly when it
 * wants to be. The same seed gives the same run.
 */

enum {
	MS = 1000,
	SECOND = 1000 * 1000,
	FATE_LOST = 0, /* nothing comes until the time limit */
	FATE_UNSENT = -1,
	FATE_REFUSED = -2, /* the network says so, after 1 ms */
	SIMULATION_EVENTS_MAX = 16384
};

struct simulation;

struct simulated_event {
	uint64_t at_us, sent_us;
	unsigned target;
	bool answer;
};

struct simulation {
	struct monitor_limits limits;
	/* What becomes of a question asked now: its round trip in microseconds, or a FATE_. */
	int64_t (*fate)(struct simulation *s, unsigned target);
	/* The counters now; NULL: there are none. */
	struct monitor_passive (*counters)(struct simulation *s);
	void (*look)(struct simulation *s); /* after each step; may be NULL */
	void *userdata;
	uint64_t seed;

	struct monitor *monitor;
	uint64_t now_us, due_us, asked[MONITOR_TARGETS_MAX], steps;
	struct simulated_event *events;
	size_t n;
};

/* A line at defaults with so many targets, a second each. */
void simulation_defaults(struct simulation *s, size_t targets);
void simulation_start(struct simulation *s, uint64_t now_us);
/* Goes on until then. False if `stop` is given and became true before; the time is then now. */
bool simulation_run(struct simulation *s, uint64_t until_us,
		    bool (*stop)(const struct simulation *s));
void simulation_end(struct simulation *s);

/* xorshift64*: uniform in [0, 1). */
double simulation_random(uint64_t *seed);
