/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a program without waiting for it. It is started by posix_spawn(3), which costs the same
 * however large the daemon is, and waited for through a pidfd, so nobody needs to have SIGCHLD
 * blocked or be told of the child. A process that was killed may take its time to end; until then
 * it stays in the list of its owner.
 *
 * What it writes is read to the end even if nobody wants more of it, since a program that is not
 * listened to would hang or die of it. Its children may keep the pipe open, and are not waited for.
 */
#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum {
	PIECES_MAX = 16 /* of what a program that has ended wrote last */
};

struct program {
	LIST_ENTRY(program) entry;
	void (*said)(const char *line, void *userdata);
	void (*ended)(const struct program_end *end, void *userdata);
	void *userdata;
	pid_t pid;
	int pidfd;
	int output; /* the pipe it writes to, or -1 */
	bool too_long;
	size_t lines, length;
	char line[PROGRAM_LINE_MAX];
	sd_event_source *over, *readable, *timer;
};

static void program_free(struct program *program)
{
	sd_event_source_disable_unref(program->over);
	sd_event_source_disable_unref(program->readable);
	sd_event_source_disable_unref(program->timer);
	closep(&program->pidfd);
	closep(&program->output);
	free(program);
}

DEFINE_CLEANUP(struct program *, program_free)

static void end_line(struct program *program)
{
	program->line[program->length] = '\0';
	if (program->length && program->said && program->lines++ < PROGRAM_LINES_MAX)
		program->said(program->line, program->userdata);
	program->length = 0;
}

/* Programs repeat what strangers have told them: no terminal is to obey it. */
static char harmless(char c)
{
	return ((unsigned char)c < ' ' && c != '\t') || c == 0x7f ? '?' : c;
}

static void hear(struct program *program, const char *data, size_t size)
{
	for (const char *p = data; p < data + size; p++)
		if (*p == '\n')
			end_line(program);
		else if (program->length + 1 < sizeof(program->line))
			program->line[program->length++] = harmless(*p);
}

/* A piece of the output; false when there is nothing (more) to be read now. */
static bool read_output(struct program *program)
{
	char data[4096];
	ssize_t size = read(program->output, data, sizeof(data));

	if (size > 0)
		hear(program, data, (size_t)size);
	else if (size == 0 || (errno != EAGAIN && errno != EINTR))
		program->readable = sd_event_source_disable_unref(program->readable);
	return size > 0;
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	read_output(userdata);
	return 0;
}

/* What is in the pipe is little; what children still write is not waited for. */
static void read_rest(struct program *program)
{
	for (int i = 0; i < PIECES_MAX && program->output >= 0 && read_output(program); i++)
		;
	end_line(program);
}

static struct program_end end_of(const struct program *program)
{
	struct program_end end = { .status = -1, .too_long = program->too_long };
	siginfo_t info = { 0 };

	if (waitid(P_PIDFD, (id_t)program->pidfd, &info, WEXITED) < 0)
		end.error = -errno;
	else if (info.si_code == CLD_EXITED)
		end.status = info.si_status;
	else
		end.signal = info.si_status;
	return end;
}

static int on_over(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	_cleanup_(program_freep) struct program *program = userdata;
	struct program_end end = end_of(program);

	LIST_REMOVE(program, entry);
	read_rest(program);
	if (program->ended)
		program->ended(&end, program->userdata);
	return 0;
}

static void kill_group(const struct program *program)
{
	kill(-program->pid, SIGKILL);
}

static int on_limit(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct program *program = userdata;

	program->too_long = true;
	kill_group(program);
	return 0;
}

/* Signals as a program expects them, and a group of its own. */
static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	int e;

	sigemptyset(&none);
	sigfillset(&all);
	e = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
							 POSIX_SPAWN_SETSIGDEF);
	e = e ? e : posix_spawnattr_setsigmask(attributes, &none);
	return e ? e : posix_spawnattr_setsigdefault(attributes, &all);
}

static int set_files(posix_spawn_file_actions_t *files, int output)
{
	int e = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDWR, 0);

	if (output < 0)
		output = 0;
	e = e ? e : posix_spawn_file_actions_adddup2(files, output, 1);
	e = e ? e : posix_spawn_file_actions_adddup2(files, output, 2);
	return e ? e : posix_spawn_file_actions_addchdir_np(files, "/");
}

/* posix_spawn(3) with all that; 0 or negative errno. */
static int spawn(const struct program_spec *spec, int output, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int e = posix_spawn_file_actions_init(&files);

	if (e)
		return -e;
	e = posix_spawnattr_init(&attributes);
	if (e == 0) {
		e = set_attributes(&attributes);
		e = e ? e : set_files(&files, output);
		e = e ? e
		      : posix_spawn(ret, spec->arguments[0], &files, &attributes, spec->arguments,
				    spec->environment);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&files);
	return -e;
}

/* The haste that the daemon was given is not for what it runs. What has ended has none. */
static void slow_down(pid_t group)
{
	if (getpriority(PRIO_PROCESS, 0) < 0)
		setpriority(PRIO_PGRP, (id_t)group, 0);
}

static int run(struct program *program, const struct program_spec *spec)
{
	_cleanup_close_ int output = -1;
	int fds[2];

	if (!spec->said)
		return spawn(spec, -1, &program->pid);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	program->output = fds[0];
	output = fds[1];
	if (fcntl(program->output, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return spawn(spec, output, &program->pid);
}

static int watch(struct program *program, sd_event *event, uint64_t limit_us)
{
	int r;

	program->pidfd = pidfd_open(program->pid, 0);
	if (program->pidfd < 0)
		return -errno;
	r = sd_event_add_io(event, &program->over, program->pidfd, EPOLLIN, on_over, program);
	/* What has ended is not killed because we come late. */
	r = r < 0 ? r : sd_event_source_set_priority(program->over, SD_EVENT_PRIORITY_NORMAL - 1);
	if (r >= 0 && program->output >= 0)
		r = sd_event_add_io(event, &program->readable, program->output, EPOLLIN,
				    on_readable, program);
	if (r >= 0 && limit_us)
		r = sd_event_add_time_relative(event, &program->timer, CLOCK_MONOTONIC, limit_us, 0,
					       on_limit, program);
	return r;
}

int program_start(struct programs *programs, const struct program_spec *spec, struct program **ret)
{
	_cleanup_(program_freep) struct program *program = calloc(1, sizeof(*program));
	int r;

	if (!program)
		return -ENOMEM;
	program->pidfd = program->output = -1;
	program->said = spec->said;
	program->ended = spec->ended;
	program->userdata = spec->userdata;
	r = run(program, spec);
	if (r < 0)
		return r;
	slow_down(program->pid);
	r = watch(program, programs->event, spec->limit_us);
	if (r < 0) {
		kill_group(program);
		waitpid(program->pid, NULL, 0);
		return r;
	}
	LIST_INSERT_HEAD(&programs->list, program, entry);
	if (ret)
		*ret = program;
	TAKE_PTR(program);
	return 0;
}

void program_kill(struct program *program)
{
	program->said = NULL;
	program->ended = NULL;
	kill_group(program);
}

void programs_done(struct programs *programs)
{
	struct program *program;

	while ((program = LIST_FIRST(&programs->list))) {
		LIST_REMOVE(program, entry);
		kill_group(program);
		program_free(program);
	}
}

struct program_end_text program_end_text(const struct program_end *end)
{
	struct program_end_text ret;

	if (end->too_long)
		snprintf(ret.text, sizeof(ret.text), "takes too long, killed");
	else if (end->error < 0)
		snprintf(ret.text, sizeof(ret.text), "%s", strerror(-end->error));
	else if (end->signal)
		snprintf(ret.text, sizeof(ret.text), "killed by signal %d", end->signal);
	else
		snprintf(ret.text, sizeof(ret.text), "exit status %d", end->status);
	return ret;
}

/* The last place is kept for the NULL. */
int environment_put(struct environment *environment, char *variable)
{
	int r = variable ? array_push(&environment->v, NULL) : -ENOMEM;

	if (r == 0)
		environment->v.v[environment->v.n - 2] = variable;
	return r;
}

int environment_begin(struct environment *environment)
{
	static const char path[] =
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	int r = array_push(&environment->v, NULL);

	return r < 0 ? r : environment_put(environment, arena_strdup(&environment->arena, path));
}

int environment_add(struct environment *environment, const char *name, const char *format, ...)
{
	_cleanup_free_ char *value = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&value, format, args);
	va_end(args);
	if (length < 0) {
		value = NULL;
		return -ENOMEM;
	}
	for (char *p = value; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	return environment_put(environment,
			       arena_printf(&environment->arena, "%s=%s", name, value));
}

void environment_done(struct environment *environment)
{
	array_done(&environment->v);
	arena_done(&environment->arena);
}
