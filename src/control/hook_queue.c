/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See hook_queue.h. Nothing here runs anything. */
#include "control/hook_queue.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

#define OLD "old_"

void hook_queue_init(struct hook_queue *queue)
{
	TAILQ_INIT(&queue->waiting);
	TAILQ_INIT(&queue->running);
	queue->others = 0;
}

static void job_free(struct hook_job *job)
{
	event_done(&job->event);
	free(job);
}

static bool is_line(const struct event *event)
{
	return strcmp(event->kind, "uplink") == 0;
}

static bool is_of_same_object(const struct event *a, const struct event *b)
{
	return strcmp(a->kind, b->kind) == 0 && strcmp(a->name, b->name) == 0 &&
	       strcmp(event_get(a, "server"), event_get(b, "server")) == 0;
}

/* Addresses are told of when they differ, states always. */
static bool is_told(const struct event *with, const struct event_field *old)
{
	return strcmp(old->key, "old_state") == 0 ||
	       strcmp(event_get(with, old->key + strlen(OLD)), old->value) != 0;
}

/* The change that is told of goes from what was before the first to what is after the last. */
static void replace(struct event *event, struct event *with)
{
	for (size_t i = 0; i < event->n; i++) {
		const struct event_field *field = &event->fields[i];

		if (strncmp(field->key, OLD, strlen(OLD)) == 0)
			event_set(with, field->key, "%s", is_told(with, field) ? field->value : "");
	}
	event_done(event);
	*event = *with;
	*with = (struct event){};
}

int hook_queue_add(struct hook_queue *queue, struct event *event)
{
	struct hook_job *job;

	TAILQ_FOREACH(job, &queue->waiting, entry)
	if (job->event.type == event->type && is_of_same_object(&job->event, event)) {
		replace(&job->event, event);
		return 0;
	}
	job = calloc(1, sizeof(*job));
	if (!job)
		return -ENOMEM;
	job->event = *event;
	*event = (struct event){};
	TAILQ_INSERT_TAIL(&queue->waiting, job, entry);
	return 0;
}

static bool may_run(const struct hook_queue *queue, const struct event *event)
{
	const struct hook_job *job;

	if (!is_line(event) && queue->others >= HOOK_OTHERS_MAX)
		return false;
	TAILQ_FOREACH(job, &queue->running, entry)
	if (is_of_same_object(&job->event, event))
		return false;
	return true;
}

struct hook_job *hook_queue_next(struct hook_queue *queue)
{
	struct hook_job *job;

	TAILQ_FOREACH(job, &queue->waiting, entry)
	{
		if (!may_run(queue, &job->event))
			continue;
		TAILQ_REMOVE(&queue->waiting, job, entry);
		TAILQ_INSERT_TAIL(&queue->running, job, entry);
		queue->others += !is_line(&job->event);
		return job;
	}
	return NULL;
}

void hook_queue_done(struct hook_queue *queue, struct hook_job *job)
{
	TAILQ_REMOVE(&queue->running, job, entry);
	queue->others -= !is_line(&job->event);
	job_free(job);
}

static void clear(struct hook_jobs *jobs)
{
	struct hook_job *job;

	while ((job = TAILQ_FIRST(jobs))) {
		TAILQ_REMOVE(jobs, job, entry);
		job_free(job);
	}
}

void hook_queue_clear(struct hook_queue *queue)
{
	clear(&queue->waiting);
	clear(&queue->running);
	queue->others = 0;
}
