/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/line.h"

/*
 * How much a line carries, from counters that begin anew with every interface. Pure: it is told the
 * counters and the time.
 */

enum {
	USAGE_BOOT_MAX = 40,
	USAGE_TELLS = 3,                  /* shares of a quota that are told of */
	USAGE_SMOOTH_US = 3 * 1000 * 1000 /* time constant of the rates */
};

/* What was counted last, and of which interface. */
struct usage_meter {
	bool known; /* the rest has a meaning */
	char interface[16];
	char boot[USAGE_BOOT_MAX]; /* of the kernel, as it calls itself */
	int link;
	uint64_t received_bytes, sent_bytes;
	uint64_t read_us; /* monotonic; 0: not by this daemon */
};

/*
 * Takes counters into account. What an interface carried before it was first looked at counts if
 * it is one that came after the last look: another index, another boot. Rates are of what happened
 * between two looks, smoothed.
 */
void usage_count(struct line_usage *usage, struct usage_meter *meter,
		 const struct usage_meter *now);

/* When the month of a quota began that the time is in: its day at 00:00, local time. */
int64_t usage_month_began_s(const struct config_uplink *uplink, int64_t realtime_s);

/*
 * Begins a new month if it is time. True when it did. `up_us` is how long the machine has been up:
 * a clock that disagrees with what is known by months is believed after a day.
 */
bool usage_begin_month(struct line_usage *usage, const struct config_uplink *uplink,
		       int64_t realtime_s, uint64_t up_us);

/* The highest of the shares (75, 95, 100 percent) that has been reached; 0: none of them. */
unsigned usage_reached(const struct line_usage *usage, const struct config_uplink *uplink);

/* The lowest of the shares above this one; 0: none. */
unsigned usage_next_share(unsigned percent);

/* The line has no interface now: its rates are not known. */
void usage_forget_rates(struct line_usage *usage, struct usage_meter *meter);
