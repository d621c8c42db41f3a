/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/line.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The judgement on a line by what its targets answer, and with it when to ask whom. Pure: it is
 * told the time and what happened, and sends nothing itself. All times are monotonic microseconds.
 *
 * Calm, each target is asked once in its interval, and those of several are spread over it. When an
 * answer is missing for longer than the round trips so far explain, the monitor becomes suspicious
 * and asks all targets in bursts, until an answer shows that the line lives, or `fail` rounds have
 * gone by with fewer than `quorum` targets answering: then the line is silent. What comes in over
 * the line meanwhile for connections that exist vetoes that.
 */

enum {
	MONITOR_TARGETS_MAX = CONFIG_TARGETS_MAX,
	MONITOR_BURST_US = 100 * 1000,    /* between the rounds of a burst, at least */
	MONITOR_PATIENCE_US = 125 * 1000, /* an answer is not missed earlier than this */
	MONITOR_BRISK_US = 1000 * 1000    /* between questions to a silent line, at most */
};

struct monitor_target {
	uint64_t interval_us, timeout_us;
	const char *name; /* in reasons; copied. NULL: its number, from 1 */
	bool exacting;    /* a wrong answer is a verdict, whatever else comes in over the line */
};

struct monitor_limits {
	struct monitor_target targets[MONITOR_TARGETS_MAX];
	size_t n;
	uint32_t quorum, fail, pass;
	struct config_marks loss, latency, jitter;
};

struct monitor;

int monitor_new(const struct monitor_limits *limits, uint64_t now_us, struct monitor **ret);
void monitor_free(struct monitor *monitor); /* takes NULL */
DEFINE_CLEANUP(struct monitor *, monitor_free)

/*
 * The targets to ask now, as bits, which count as asked with this call; and when to call again, if
 * nothing else happens before: what any of the functions below is told may bring that forward.
 */
uint32_t monitor_due(struct monitor *monitor, uint64_t now_us, uint64_t *ret_next_us);

/*
 * What became of the question that was asked at `sent_us`: an answer, also a late one; no answer
 * (the time limit has passed, or the network said so: `reason`); or it could not be sent.
 */
void monitor_answered(struct monitor *monitor, unsigned target, uint64_t sent_us, uint64_t now_us);
void monitor_missed(struct monitor *monitor, unsigned target, uint64_t sent_us, uint64_t now_us,
		    const char *reason);
void monitor_unsent(struct monitor *monitor, unsigned target, uint64_t sent_us, uint64_t now_us,
		    const char *reason);

/* What the line itself carried, by counters that only grow (or begin anew with a new interface). */
struct monitor_passive {
	uint64_t received, sent; /* packets of the interface */
	uint64_t replies;        /* packets of known connections that came in over it */
	bool point_to_point;     /* nobody but the peer is heard on it */
};

/* Whether the counters matter now: while suspicious, and at least once a second. */
bool monitor_wants_passive(const struct monitor *monitor, uint64_t now_us);
void monitor_passive(struct monitor *monitor, const struct monitor_passive *passive,
		     uint64_t now_us);

/* Something else casts doubt on the line, as LCP echo requests without an answer do. */
void monitor_suspect(struct monitor *monitor, uint64_t now_us);

/* The line came back, or got another address: what was measured before means nothing. */
void monitor_restart(struct monitor *monitor, uint64_t now_us);

/*
 * Another monitor asked about the line until now: when it was last answered, and since when it was
 * good, which goes on unless an answer is missing first. Times may be 0.
 */
void monitor_recall(struct monitor *monitor, uint64_t answered_us, uint64_t good_since_us);

/* Valid until the next call. */
const struct line_quality *monitor_quality(const struct monitor *monitor);
/* A target's own figures, for reports; its health is HEALTH_UNKNOWN, _GOOD, _BAD or _UNSENT. */
struct line_quality monitor_target_quality(const struct monitor *monitor, unsigned target);
