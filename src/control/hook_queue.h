/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "control/event.h"

#include <sys/queue.h>

/*
 * The order in which hooks hear of events. For one object (a line, a server of a service) they run
 * one event at a time; what comes meanwhile waits, and of events of one type only the last does,
 * so that the last run begins after the last change. Objects do not wait for each other, except
 * that of those that are no lines only a few run at once.
 */

enum {
	HOOK_OTHERS_MAX = 8
};

struct hook_job {
	TAILQ_ENTRY(hook_job) entry;
	struct event event;
};

TAILQ_HEAD(hook_jobs, hook_job);

struct hook_queue {
	struct hook_jobs waiting, running;
	size_t others; /* running, and no lines */
};

void hook_queue_init(struct hook_queue *queue);
/* Takes over what is in the event. Fields "old_..." remain those of the first that was replaced. */
int hook_queue_add(struct hook_queue *queue, struct event *event);
/* What may run now and then counts as running; NULL: nothing. */
struct hook_job *hook_queue_next(struct hook_queue *queue);
/* It has run; it is freed. */
void hook_queue_done(struct hook_queue *queue, struct hook_job *job);
/* Frees all. */
void hook_queue_clear(struct hook_queue *queue);
