/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program of the user's decides: 0 is up, anything else is not. It gets the target as arguments
 * and in its environment, nothing on stdin, and a process group of its own, which is killed when
 * time is over. It is started by posix_spawn(3), which costs the same however large the daemon is,
 * and waited for through a pidfd, so nobody needs to have SIGCHLD blocked or be told of the child.
 *
 * A process that was killed may take its time to end. It is waited for in a list of the engine's,
 * so that neither the loop nor the probe's removal has to.
 */
#include "probe/script.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

struct script_run {
	LIST_ENTRY(script_run) entry; /* of the abandoned, when probe is NULL */
	struct probe *probe;
	pid_t pid;
	int pidfd;
	sd_event_source *ended;
};

struct script_state {
	struct script_run *run;
};

struct environment {
	char text[8][128];
	char *v[9];
	size_t n;
};

static void run_free(struct script_run *run)
{
	sd_event_source_disable_unref(run->ended);
	closep(&run->pidfd);
	free(run);
}

DEFINE_CLEANUP(struct script_run *, run_free)

static void report(struct probe *probe, const siginfo_t *info)
{
	if (info->si_code == CLD_EXITED && info->si_status == 0)
		probe_end(probe, EVIDENCE_GOOD, "exit status 0");
	else if (info->si_code == CLD_EXITED)
		probe_end(probe, EVIDENCE_BAD, "exit status %d", info->si_status);
	else
		probe_end(probe, EVIDENCE_BAD, "killed by signal %d", info->si_status);
}

static int on_ended(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	_cleanup_(run_freep) struct script_run *run = userdata;
	struct probe *probe = run->probe;
	struct script_state *script;
	siginfo_t info = { 0 };
	int r = waitid(P_PIDFD, (id_t)fd, &info, WEXITED) < 0 ? -errno : 0;

	if (!probe) {
		LIST_REMOVE(run, entry);
		return 0;
	}
	script = probe->state;
	script->run = NULL;
	if (r < 0)
		probe_end_error(probe, r);
	else
		report(probe, &info);
	return 0;
}

_printf_(2, 3) static void add_variable(struct environment *environment, const char *format, ...)
{
	char *text = environment->text[environment->n];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(environment->text[0]), format, args);
	va_end(args);
	environment->v[environment->n++] = text;
}

static void make_environment(const struct probe *probe, struct environment *environment)
{
	const struct probe_spec *spec = &probe->spec;

	add_variable(environment,
		     "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	add_variable(environment, "UPLINKD_ADDRESS=%s", ip_text(&spec->target).text);
	add_variable(environment, "UPLINKD_PORT=%u", spec->port);
	add_variable(environment, "UPLINKD_STATE=%s", probe->result.up ? "up" : "down");
	add_variable(environment, "UPLINKD_TIMEOUT_MS=%" PRIu64, spec->timeout_us / 1000);
	if (spec->device)
		add_variable(environment, "UPLINKD_INTERFACE=%s", spec->device);
	if (spec->mark)
		add_variable(environment, "UPLINKD_MARK=0x%x", spec->mark);
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

static int set_files(posix_spawn_file_actions_t *files)
{
	int e = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDWR, 0);

	e = e ? e : posix_spawn_file_actions_adddup2(files, 0, 1);
	return e ? e : posix_spawn_file_actions_adddup2(files, 0, 2);
}

/* posix_spawn(3) with all that; 0 or negative errno. */
static int spawn(const char *path, char **arguments, char **environment, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int e = posix_spawn_file_actions_init(&files);

	if (e)
		return -e;
	e = posix_spawnattr_init(&attributes);
	if (e == 0) {
		e = set_attributes(&attributes);
		e = e ? e : set_files(&files);
		e = e ? e : posix_spawn(ret, path, &files, &attributes, arguments, environment);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&files);
	return -e;
}

static int run_program(const struct probe *probe, pid_t *ret)
{
	struct environment environment = { 0 };
	struct ip_text address = ip_text(&probe->spec.target);
	char *path = strdup(probe->spec.script), port[8];
	char *arguments[] = { path, address.text, port, NULL };
	int r;

	if (!path)
		return -ENOMEM;
	snprintf(port, sizeof(port), "%u", probe->spec.port);
	make_environment(probe, &environment);
	r = spawn(path, arguments, environment.v, ret);
	free(path);
	return r;
}

static void kill_group(const struct script_run *run)
{
	kill(-run->pid, SIGKILL);
}

static int watch(struct script_run *run)
{
	run->pidfd = pidfd_open(run->pid, 0);
	if (run->pidfd < 0)
		return -errno;
	return sd_event_add_io(run->probe->probes->event, &run->ended, run->pidfd, EPOLLIN,
			       on_ended, run);
}

static int script_start(struct probe *probe)
{
	struct script_state *script = probe->state;
	_cleanup_(run_freep) struct script_run *run = calloc(1, sizeof(*run));
	int r;

	if (!run)
		return -ENOMEM;
	run->probe = probe;
	run->pidfd = -1;
	r = run_program(probe, &run->pid);
	if (r < 0)
		return r;
	r = watch(run);
	if (r < 0) {
		kill_group(run);
		waitpid(run->pid, NULL, 0);
		return r;
	}
	script->run = TAKE_PTR(run);
	return 0;
}

static void script_stop(struct probe *probe)
{
	struct script_state *script = probe->state;
	struct script_run *run = TAKE_PTR(script->run);

	if (!run)
		return;
	kill_group(run);
	run->probe = NULL;
	LIST_INSERT_HEAD(&probe->probes->abandoned, run, entry);
}

void scripts_forget(struct probes *probes)
{
	struct script_run *run, *next;

	for (run = LIST_FIRST(&probes->abandoned); run; run = next) {
		next = LIST_NEXT(run, entry);
		run_free(run);
	}
	LIST_INIT(&probes->abandoned);
}

static const char *script_error(const struct probe_spec *spec)
{
	return spec->script && spec->script[0] == '/' ? NULL : "the script needs an absolute path";
}

const struct probe_method probe_script = {
	.name = "script",
	.state_size = sizeof(struct script_state),
	.no_port = true,
	.error = script_error,
	.start = script_start,
	.stop = script_stop,
};
