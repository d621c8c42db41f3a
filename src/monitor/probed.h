/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What is known of one target of a line's probes: the questions under way, its round trips, and
 * how many were lost. For monitor/monitor.c alone; pure, times are monotonic microseconds.
 */

enum {
	PROBED_QUESTIONS_MAX = 128, /* under way; the oldest is given up beyond that */
	PROBED_NAME_MAX = 48,
	PROBED_BUCKETS = 12,
	PROBED_WINDOW_US = 60 * 1000 * 1000, /* that losses are counted in, at least */
	PROBED_WINDOW_MIN = 60               /* questions that it holds, at least */
};

enum probed_standing {
	PROBED_UNKNOWN, /* nothing has come of any question yet */
	PROBED_OK,
	PROBED_MISSING /* answers are missing that should be here */
};

struct question {
	uint64_t sent_us;
	bool sample; /* counts for the figures; those of a burst do not */
};

/* Counts by number of questions, not by time: what was not asked says nothing. */
struct bucket {
	uint32_t asked, lost;
};

struct probed {
	char name[PROBED_NAME_MAX];
	uint64_t interval_us, timeout_us, offset_us;
	uint64_t next_us; /* when to ask again while calm */
	struct question questions[PROBED_QUESTIONS_MAX];
	size_t n; /* of questions, oldest first */

	uint64_t answered_us;                      /* when it last answered; 0: never */
	uint64_t answered_sent_us, missed_sent_us; /* the newest question with that end */
	uint32_t unsent;                           /* in a row that could not be sent ... */
	uint64_t unsent_sent_us;                   /* ... the newest of them */
	char reason[sizeof((struct line_quality *)0)->reason]; /* of the last failure */
	bool refused;                                          /* the network itself said so */
	enum probed_standing standing;
	bool awaited;  /* a verdict of silence waits for it */
	bool exacting; /* see struct monitor_target */

	double trip, variation; /* as in RFC 6298, microseconds; 0: none yet */
	uint32_t trips;         /* that these are made of, */
	uint64_t learned_us;    /* the last at that time */
	unsigned quick;         /* the last so many of them were less than half as long */
	double mean, deviation; /* the same, smoother, of samples */
	uint32_t measured;      /* samples in them, as far as it matters */
	struct bucket buckets[PROBED_BUCKETS], sum;
	unsigned bucket;
	uint32_t bucket_size;
};

void probed_init(struct probed *target, const char *name, uint64_t interval_us, uint64_t timeout_us,
		 uint64_t offset_us);
/* Nothing is known of it any more; it is to be asked at once. */
void probed_restart(struct probed *target, uint64_t now_us);
/* What is under way will not count for the figures. */
void probed_excuse(struct probed *target);
/* Nor does what was lost so far. */
void probed_forget_losses(struct probed *target);

/*
 * The next of its instants after now, which are multiples of the interval and its share of it: so
 * all lines are asked at the same time.
 */
uint64_t probed_slot(const struct probed *target, uint64_t now_us, uint64_t interval_us);

void probed_asked(struct probed *target, uint64_t now_us, bool sample);
void probed_answered(struct probed *target, uint64_t sent_us, uint64_t now_us);
void probed_missed(struct probed *target, uint64_t sent_us, uint64_t now_us, const char *reason);
void probed_unsent(struct probed *target, uint64_t sent_us, const char *reason);

/* More than one question in a row could not be sent. */
static inline bool probed_is_unsent(const struct probed *target)
{
	return target->unsent > 1;
}

/* How long an answer may take before it is missed. */
uint64_t probed_patience_us(const struct probed *target);
/* Brings `standing` up to date. */
void probed_judge(struct probed *target, uint64_t now_us);
/* When the oldest question was sent whose answer is missing now; 0: none is. */
uint64_t probed_missing_us(const struct probed *target, uint64_t now_us);
/* When the next answer will be missing, of questions sent until then; 0: none will. */
uint64_t probed_expires_us(const struct probed *target, uint64_t until_us, uint64_t now_us);

/* Share of questions without an answer: of those that were asked, or of as many as there will be.
 */
double probed_loss(const struct probed *target, bool of_all);
