/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the programs in the directory of hooks, for each event one after the other. The directory
 * is read anew each time, so that nothing has to be told of a change in it, and while there is none
 * in it, no process is started. Starting one holds the loop up for the time of an exec, so it is
 * done last, when what the event is about has been dealt with.
 *
 * A program that others than root can write would make them root, and is refused; since the same
 * is asked of the directory, it cannot be exchanged between the look at it and its start.
 */
#include "control/hooks.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/program.h"
#include "control/hook_queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

/* An event that is being told of. */
struct hook_run {
	LIST_ENTRY(hook_run) entry;
	struct hooks *hooks;
	struct hook_job *job;
	struct dirent **files;
	int n, at;
};

struct hooks {
	struct hooks_options options;
	struct programs programs;
	struct hook_queue queue;
	LIST_HEAD(hook_runs, hook_run) runs;
	sd_event_source *start; /* deferred */
	uint64_t refused;       /* hash of what was refused last, to say so once */
};

static void run_free(struct hook_run *run)
{
	LIST_REMOVE(run, entry);
	for (int i = 0; i < run->n; i++)
		free(run->files[i]);
	free(run->files);
	free(run);
}

/* What editors and package managers leave lying about is nobody's hook. */
static int is_hook_name(const struct dirent *entry)
{
	static const char *const others[] = {
		".*", "*~", "*.bak", "*.dpkg-*", "*.rpm*", "*.ucf-*"
	};

	for (size_t i = 0; i < ELEMENTS_OF(others); i++)
		if (fnmatch(others[i], entry->d_name, 0) == 0)
			return 0;
	return 1;
}

enum fitness {
	HOOK_OFF,
	HOOK_REFUSED,
	HOOK_FIT
};

static bool is_safe(const struct stat *status)
{
	return (status->st_uid == 0 || status->st_uid == geteuid()) &&
	       !(status->st_mode & (S_IWGRP | S_IWOTH));
}

/* A file without the right to be executed is switched off, which needs no words. */
static enum fitness fitness_of(int directory, const char *name)
{
	struct stat status;

	if (fstatat(directory, name, &status, 0) < 0 || !S_ISREG(status.st_mode) ||
	    !(status.st_mode & S_IXUSR))
		return HOOK_OFF;
	return is_safe(&status) ? HOOK_FIT : HOOK_REFUSED;
}

static void say_unsafe(struct hooks *hooks)
{
	const char *directory = hooks->options.directory;
	uint64_t refused = hash_bytes(HASH_START, directory, strlen(directory) + 1);

	if (refused != hooks->refused)
		log_warning("hooks in %s: others than root can write it, refused", directory);
	hooks->refused = refused;
}

/* Once, as long as they are the same. */
static void say_refused(struct hooks *hooks, const struct hook_run *run,
			const enum fitness *fitness)
{
	uint64_t refused = HASH_START;

	for (int i = 0; i < run->n; i++)
		if (fitness[i] == HOOK_REFUSED)
			refused = hash_bytes(refused, run->files[i]->d_name,
					     strlen(run->files[i]->d_name) + 1);
	for (int i = 0; i < run->n && refused != hooks->refused; i++)
		if (fitness[i] == HOOK_REFUSED)
			log_warning("hook %s/%s: others than root can write it, refused",
				    hooks->options.directory, run->files[i]->d_name);
	hooks->refused = refused;
}

static int sort_out(struct hooks *hooks, struct hook_run *run, int directory)
{
	_cleanup_free_ enum fitness *fitness = calloc((size_t)run->n + 1, sizeof(*fitness));
	int kept = 0;

	if (!fitness)
		return -ENOMEM;
	for (int i = 0; i < run->n; i++)
		fitness[i] = fitness_of(directory, run->files[i]->d_name);
	say_refused(hooks, run, fitness);
	for (int i = 0; i < run->n; i++)
		if (fitness[i] == HOOK_FIT)
			run->files[kept++] = run->files[i];
		else
			free(run->files[i]);
	run->n = kept;
	return 0;
}

/* 0, also if there is no such directory, or a negative errno. */
static int find_hooks(struct hooks *hooks, struct hook_run *run)
{
	_cleanup_close_ int fd = open(hooks->options.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!is_safe(&status)) {
		say_unsafe(hooks);
		return 0;
	}
	run->n = scandirat(fd, ".", &run->files, is_hook_name, alphasort);
	if (run->n < 0) {
		run->n = 0;
		return -errno;
	}
	return sort_out(hooks, run, fd);
}

static const char *hook_name(const struct hook_run *run)
{
	return run->files[run->at]->d_name;
}

static void on_said(const char *line, void *userdata)
{
	const struct hook_run *run = userdata;

	log_info("hook %s (%s %s): %s", hook_name(run), run->job->event.kind, run->job->event.name,
		 line);
}

static int make_environment(const struct hook_run *run, struct environment *environment)
{
	const struct event *event = &run->job->event;
	int r = environment_begin(environment);

	r = r ? r : environment_add(environment, "UPLINKD_KIND", "%s", event->kind);
	r = r ? r : environment_add(environment, "UPLINKD_NAME", "%s", event->name);
	r = r ? r : environment_add(environment, "UPLINKD_TEXT", "%s", event->text);
	for (size_t i = 0; i < event->n; i++)
		r = r ? r
		      : environment_put(environment,
					event_variable(&environment->arena, &event->fields[i]));
	return r;
}

static void start_next(struct hook_run *run);

static void on_ended(const struct program_end *end, void *userdata)
{
	struct hook_run *run = userdata;

	if (end->status != 0)
		log_warning("hook %s (%s %s): %s", hook_name(run), run->job->event.kind,
			    run->job->event.name, program_end_text(end).text);
	run->at++;
	start_next(run);
}

static int start_program(struct hook_run *run)
{
	_cleanup_(environment_done) struct environment environment = { 0 };
	char *path = arena_printf(&environment.arena, "%s/%s", run->hooks->options.directory,
				  hook_name(run));
	char *arguments[] = { path, NULL };
	struct program_spec spec = {
		.arguments = arguments,
		.limit_us = run->hooks->options.limit_us,
		.said = on_said,
		.ended = on_ended,
		.userdata = run,
	};
	int r = path ? make_environment(run, &environment) : -ENOMEM;

	spec.environment = environment.v.v;
	return r < 0 ? r : program_start(&run->hooks->programs, &spec, NULL);
}

static void start_soon(struct hooks *hooks)
{
	int r = sd_event_source_set_enabled(hooks->start, SD_EVENT_ONESHOT);

	if (r < 0)
		log_errno(LOG_ERR, r, "cannot run hooks");
}

static void end_run(struct hook_run *run)
{
	struct hooks *hooks = run->hooks;

	hook_queue_done(&hooks->queue, run->job);
	run_free(run);
	start_soon(hooks);
}

/* One after the other; those that cannot be started are passed over. */
static void start_next(struct hook_run *run)
{
	for (; run->at < run->n; run->at++) {
		int r = start_program(run);

		if (r == 0)
			return;
		log_errno(LOG_WARNING, r, "hook %s: cannot be started", hook_name(run));
	}
	end_run(run);
}

static void start_run(struct hooks *hooks, struct hook_job *job)
{
	struct hook_run *run = calloc(1, sizeof(*run));
	int r;

	if (!run) {
		log_oom();
		hook_queue_done(&hooks->queue, job);
		return;
	}
	run->hooks = hooks;
	run->job = job;
	LIST_INSERT_HEAD(&hooks->runs, run, entry);
	r = find_hooks(hooks, run);
	if (r < 0)
		log_errno(LOG_WARNING, r, "cannot use the hooks in %s", hooks->options.directory);
	start_next(run);
}

static int on_start(sd_event_source *source, void *userdata)
{
	struct hooks *hooks = userdata;
	struct hook_job *job;

	while ((job = hook_queue_next(&hooks->queue)))
		start_run(hooks, job);
	return 0;
}

int hooks_new(sd_event *event, const struct hooks_options *options, struct hooks **ret)
{
	_cleanup_(hooks_freep) struct hooks *hooks = calloc(1, sizeof(*hooks));
	int r;

	if (!hooks)
		return -ENOMEM;
	hooks->options = *options;
	hooks->programs.event = event;
	hook_queue_init(&hooks->queue);
	r = sd_event_add_defer(event, &hooks->start, on_start, hooks);
	r = r < 0 ? r : sd_event_source_set_priority(hooks->start, SD_EVENT_PRIORITY_IDLE + 1);
	r = r < 0 ? r : sd_event_source_set_enabled(hooks->start, SD_EVENT_OFF);
	if (r >= 0)
		*ret = TAKE_PTR(hooks);
	return r < 0 ? r : 0;
}

void hooks_free(struct hooks *hooks)
{
	if (!hooks)
		return;
	programs_done(&hooks->programs);
	while (LIST_FIRST(&hooks->runs))
		run_free(LIST_FIRST(&hooks->runs));
	hook_queue_clear(&hooks->queue);
	sd_event_source_unref(hooks->start);
	free(hooks);
}

void hooks_run(struct hooks *hooks, struct event *event)
{
	int r = event_has_hooks(event->type) ? hook_queue_add(&hooks->queue, event) : 0;

	if (r < 0)
		log_errno(LOG_WARNING, r, "no hook is told of %s %s", event->kind, event->name);
	else
		start_soon(hooks);
}
