/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * dpinger's published algorithm with pfSense's defaults, in simulated time, as something to compare
 * with; no code of either. A ring of the questions of 60 s, one every 500 ms, is looked over every
 * second; those without an answer for more than 2 s are lost; above 20 % of loss there is an alarm,
 * and ten looks in a row without that end it. (The other alarm, above 500 ms of latency, is left
 * out.) Zero-initialised is the start.
 */
enum {
	DPINGER_SEND_MS = 500,
	DPINGER_PERIOD_MS = 60 * 1000,
	DPINGER_SLOTS = DPINGER_PERIOD_MS / DPINGER_SEND_MS
};

struct dpinger {
	uint64_t now_ms; /* when the next question is asked */
	struct {
		bool sent, answered;
		uint64_t sent_ms;
	} slots[DPINGER_SLOTS];
	unsigned next, looks_left; /* until the alarm ends */
};

/*
 * Asks once, which is answered or not, and goes on to the next question, maybe looking on the way,
 * at DPINGER_SEND_MS / 2 before it. Returns whether there is an alarm.
 */
bool dpinger_step(struct dpinger *dpinger, bool answered);
