/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cleanup.h"
#include "config/config.h"
#include "monitor/monitor.h"
#include "probe/probe.h"

#include <sys/queue.h>

/* The monitor of one line with its questions, for monitors.c alone. */

struct daemon;
struct flow;
struct line;
struct watch;

/* Whom to ask: a probe's spec but for what the line is now. */
struct target {
	struct probe_spec spec;
	const char *text;
	bool neighbour; /* asked without a route */
	bool gateway;   /* the line's, whatever it is now */
};

/* One check under way. */
struct question {
	TAILQ_ENTRY(question) entry;
	struct watch *watch;
	unsigned target;
	uint64_t sent_us;
	struct probe *probe; /* NULL: ends with the one of the same target that is running */
};

/* The monitor of one line. */
struct watch {
	struct daemon *daemon;
	char name[CONFIG_NAME_MAX + 1]; /* of the line */
	uint64_t spec;                  /* a hash of all that it is made from */
	struct arena arena;             /* the strings: probes outlive the configuration */
	struct target targets[MONITOR_TARGETS_MAX];
	size_t n;
	struct monitor *monitor;
	TAILQ_HEAD(question_list, question) questions; /* oldest first */
	bool asking;                                   /* there is somebody to ask, from these: */
	int link;
	struct ip_address address[FAMILY_INDEX_MAX]; /* unset: of no interest */
	uint64_t due_us;
	uint64_t counted_us; /* when the line's counters were last read */
	bool kept;
};

/* A watch as it should be, whose strings are still the configuration's. */
struct watch watch_want(struct daemon *d, const struct config_uplink *uplink);
/* One with strings of its own, and a monitor. 0 or -ENOMEM. */
int watch_start(const struct watch *wanted, const struct config_uplink *uplink, struct watch **ret);
/* Takes NULL. */
void watch_free(struct watch *watch);
DEFINE_CLEANUP(struct watch *, watch_free)

/* Says in `spec` what the line is now. NULL, or why nothing can be asked. */
const char *watch_complete(const struct watch *watch, const struct line *line,
			   const struct target *target, struct probe_spec *spec);

/* Takes a question back, or all. */
void question_free(struct question *question);
void drop_questions(struct watch *watch);

/* Of the address that a target is asked from. */
enum family_index target_family(const struct target *target);
/* The line's addresses that matter, those that something is asked from; the others unset. */
void watch_addresses(const struct watch *watch, const struct line *line,
		     struct ip_address ret[FAMILY_INDEX_MAX]);

/* A question to this target is under way. */
bool watch_is_asking(const struct watch *watch, unsigned target);
/* This connection is a question of ours. */
bool watch_asks(const struct watch *watch, const struct flow *flow);
/* Some question makes more packets than one, and they need not end in an answer. */
bool watch_has_conversations(const struct watch *watch);
