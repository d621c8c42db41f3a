/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "monitor/monitor.h"
#include "monitor/passive.h"
#include "monitor/probed.h"

/* The inside of a monitor, for the files that it is made of. */

enum figure {
	FIGURE_LOSS,
	FIGURE_LATENCY,
	FIGURE_JITTER,
	FIGURE_MAX
};

enum level {
	LEVEL_GOOD,
	LEVEL_LOW,
	LEVEL_HIGH
};

struct burst {
	bool on;
	bool vetoed;       /* by passive evidence: only calm questions then */
	bool excused;      /* it was, and questions that are lost since are not the line's loss */
	uint64_t about_us; /* an answer to a question since then ends it; kept after that */
	uint64_t next_us;
	uint64_t final_us;    /* when the last question that the verdict waits for was sent */
	uint32_t step, steps; /* questions asked of each target, and how many the verdict needs */
	uint64_t step_us;
};

struct monitor {
	struct {
		struct probed *v;
		size_t n;
	} targets;
	uint32_t quorum, fail, pass;
	struct config_marks marks[FIGURE_MAX];
	uint64_t began_us, shortest_us;
	uint64_t recalled_us; /* it was good since then, as far as is known; 0: it was not */
	bool heard;           /* so many as needed answered since it began */
	bool silent;          /* the verdict */
	bool recovering;      /* from then until it has answered for long enough */
	struct burst burst;
	struct passive passive;
	bool stale; /* the figures are */
	enum level levels[FIGURE_MAX];
	struct line_quality quality;
};

static inline uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* monitor.c */

size_t monitor_sendable(const struct monitor *m);
/* Targets that must answer, of those that can be asked. */
size_t monitor_needed(const struct monitor *m);
/* How long until a target is asked again while calm. */
uint64_t monitor_pace_us(const struct monitor *m, const struct probed *target);

/* figures.c */

/*
 * The figure that as many targets keep to as must answer, in microseconds or as a share; negative
 * when so many have none. `to_judge`: what is held against the line, which takes enough samples.
 */
double monitor_figure(const struct monitor *m, enum figure figure, bool to_judge);
/* Brings the figures and their levels up to date. */
void monitor_measure(struct monitor *m);
/* The figure with the worst level. */
enum figure monitor_worst(const struct monitor *m);
/* Says in the reason that it is so bad; anew, or only if the reason is about something else. */
void monitor_describe(struct monitor *m, enum figure which, bool anew);

/* suspicion.c */

/* It is doubted that the line lives, as a question of then has no answer. */
void monitor_doubt(struct monitor *m, uint64_t about_us, uint64_t now_us);
/* Ends the suspicion, in one way or the other, if it is time. */
void monitor_resolve(struct monitor *m, uint64_t now_us);
/* So many answered as must, since what the last suspicion was about. */
bool monitor_is_alive(const struct monitor *m);
