/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon: owns the loop, and this folder is the one place that sees every part.
 *
 * Whatever happens (an event of the kernel, a request, a signal) only records what may have
 * changed. One deferred source then runs arrange(), so that every kind of trouble is the same
 * case, and a thing done once is done for all of them.
 */
#include "daemon/daemon.h"

#include "base/log.h"
#include "base/time.h"
#include "daemon/claim.h"
#include "daemon/state.h"
#include "plan/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

enum {
	STORM_US = 5 * 1000 /* arrange() runs this soon even while events keep coming */
};

void daemon_soon(struct daemon *d)
{
	sd_event_source_set_enabled(d->soon, SD_EVENT_ONESHOT);
	if (sd_event_source_get_enabled(d->storm, NULL) <= 0) {
		sd_event_source_set_time_relative(d->storm, STORM_US);
		sd_event_source_set_enabled(d->storm, SD_EVENT_ONESHOT);
	}
}

void daemon_later(struct daemon *d, uint64_t delay_us)
{
	uint64_t at = monotonic_us() + delay_us, planned;

	if (sd_event_source_get_enabled(d->later, NULL) > 0 &&
	    sd_event_source_get_time(d->later, &planned) >= 0 && planned <= at)
		return;
	sd_event_source_set_time(d->later, at);
	sd_event_source_set_enabled(d->later, SD_EVENT_ONESHOT);
}

static int on_soon(sd_event_source *source, void *userdata)
{
	arrange(userdata);
	return 0;
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
	arrange(userdata);
	return 0;
}

static int on_rings(sd_event_source *source, uint64_t usec, void *userdata)
{
	touched_now(userdata);
	return 0;
}

static void on_changed(unsigned parts, void *userdata)
{
	struct daemon *d = userdata;

	d->dirty |= parts;
	daemon_soon(d);
}

/* The journal takes each line for a message, and there may be many. NULL: out of memory. */
static void log_lines(char *text)
{
	char *line;

	if (!text)
		log_oom();
	while ((line = strsep(&text, "\n")))
		if (*line)
			log_error("%s", line);
}

static int on_reload_signal(sd_event_source *source, const struct signalfd_siginfo *info,
			    void *userdata)
{
	struct daemon *d = userdata;
	_cleanup_free_ char *errors = NULL;

	sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, monotonic_us());
	if (daemon_requests.reload(d, &errors) < 0) {
		log_error("reload failed:");
		log_lines(errors);
	}
	sd_notify(false, "READY=1");
	return 0;
}

static int block_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	return sigprocmask(SIG_BLOCK, &signals, NULL) < 0 ? -errno : 0;
}

static int add_sources(struct daemon *d)
{
	int r = block_signals();

	r = r < 0 ? r : sd_event_add_signal(d->event, NULL, SIGTERM, NULL, NULL);
	r = r < 0 ? r : sd_event_add_signal(d->event, NULL, SIGINT, NULL, NULL);
	r = r < 0 ? r : sd_event_add_signal(d->event, NULL, SIGHUP, on_reload_signal, d);
	r = r < 0 ? r : sd_event_add_defer(d->event, &d->soon, on_soon, d);
	r = r < 0 ? r : sd_event_source_set_priority(d->soon, SD_EVENT_PRIORITY_IDLE);
	r = r < 0 ? r : sd_event_source_set_enabled(d->soon, SD_EVENT_OFF);
	r = r < 0 ? r : sd_event_add_time(d->event, &d->storm, CLOCK_MONOTONIC, 0, 1, on_time, d);
	r = r < 0 ? r : sd_event_source_set_priority(d->storm, SD_EVENT_PRIORITY_IMPORTANT);
	r = r < 0 ? r : sd_event_source_set_enabled(d->storm, SD_EVENT_OFF);
	r = r < 0 ? r : sd_event_add_time(d->event, &d->later, CLOCK_MONOTONIC, 0, 1, on_time, d);
	r = r < 0 ? r : sd_event_source_set_enabled(d->later, SD_EVENT_OFF);
	r = r < 0 ? r : sd_event_add_time(d->event, &d->rings, CLOCK_MONOTONIC, 0, 1, on_rings, d);
	return r < 0 ? r : sd_event_source_set_enabled(d->rings, SD_EVENT_OFF);
}

static int load_first_config(struct daemon *d)
{
	_cleanup_free_ char *errors = NULL;
	_cleanup_(config_freep) struct config *config = NULL;
	int r = load_config_at_start(d, &config, &errors);

	if (r < 0) {
		log_lines(errors);
		return r;
	}
	r = use_config(d, config);
	if (r < 0)
		return log_errno(LOG_ERR, r, "cannot take over the configuration");
	TAKE_PTR(config);
	d->world.timeouts = d->ipvs.timeouts;
	line_memories_recall(&d->runtime.memories, d->world.lines, d->config->uplinks.n,
			     monotonic_us());
	return 0;
}

static int say_no_kernel(int r)
{
	return log_errno(LOG_ERR, r, "cannot speak to the kernel%s",
			 r == -EPERM ? " (that takes root, or CAP_NET_ADMIN)" : "");
}

/* Hundreds of checks want a descriptor each, and nobody here uses select(2). */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_errno(LOG_WARNING, -errno, "cannot raise the limit of descriptors, ignoring");
}

static int daemon_start(struct daemon *d, const struct daemon_options *options)
{
	const struct kernel_callbacks callbacks = { .changed = on_changed,
						    .flow = on_flow,
						    .userdata = d };
	int r = claim_namespace(&d->claim);

	if (r == 0)
		r = runtime_load(&d->runtime, options->runtime_dir);
	if (r == 0)
		r = ipvs_load(d);
	if (r < 0)
		return r;
	raise_descriptors();
	r = sd_event_default(&d->event);
	r = r < 0 ? r : add_sources(d);
	r = r < 0 ? r : flows_new(&d->flows);
	r = r < 0 ? r : checks_new(d->event, &d->checks);
	r = r < 0 ? r : monitors_new(d->event, &d->monitors);
	r = r < 0 ? r : census_new(&d->census);
	r = r < 0 ? r : census_timer(d);
	r = r < 0 ? r : associations_new(d);
	r = r < 0 ? r : resolver_new(d);
	r = r < 0 ? r : usage_new(d, options->state_dir);
	r = r < 0 ? r : failback_new(d);
	r = r < 0 ? r : telling_new(d, &d->telling);
	r = r < 0 ? r : redials_new(d);
	r = r < 0 ? r : hooks_new(d->event, &options->hooks, &d->hooks);
	if (r < 0)
		return log_errno(LOG_ERR, r, "cannot start");
	r = kernel_open(&d->kernel);
	r = r < 0 ? r : d->kernel->ops->attach(d->kernel, d->event, &callbacks);
	if (r < 0)
		return say_no_kernel(r);
	r = load_first_config(d);
	if (r < 0)
		return r;
	/* Before anything is changed: this refuses a second daemon. Who asks waits for the loop. */
	r = control_new(d->event, options->runtime_dir, &daemon_requests, d, &d->control);
	r = r < 0 ? r : ppp_new(d, options->runtime_dir);
	if (r < 0)
		return r;
	/* What the kernel refuses is logged and tried again; it is no reason not to run. */
	arrange(d);
	return 0;
}

static void daemon_stop(struct daemon *d)
{
	redials_free(d->redials); /* calls of its own on the bus */
	ppp_free(d->ppp);
	control_free(d->control);
	hooks_free(d->hooks);
	checks_free(d->checks);
	monitors_free(d->monitors);
	census_free(d->census);
	associations_free(d->associations);
	resolver_free(d->dns);
	usage_free(d->usage);
	sd_event_source_unref(d->schedule);
	sd_event_source_unref(d->clock);
	telling_free(d->telling);
	kernel_close(d->kernel);
	flows_free(d->flows);
	world_done(&d->world);
	config_free(d->config);
	facts_done(&d->facts);
	objects_done(&d->found);
	array_done(&d->ended);
	array_done(&d->lost);
	array_done(&d->lost_prefixes);
	deprecation_done(&d->deprecation);
	array_done(&d->dead);
	array_done(&d->late);
	array_done(&d->sweeps);
	array_done(&d->deadlines);
	ipvs_table_done(&d->ipvs);
	runtime_done(&d->runtime);
	closep(&d->claim);
	sd_event_source_unref(d->soon);
	sd_event_source_unref(d->storm);
	sd_event_source_unref(d->later);
	sd_event_source_unref(d->rings);
	sd_event_source_unref(d->census_due);
	sd_event_unref(d->event);
}

int daemon_run(const struct daemon_options *options)
{
	struct daemon d = { .config_path = options->config_path, .claim = -1 };
	int r = daemon_start(&d, options);

	if (r >= 0) {
		sd_notify(false, "READY=1");
		log_info("uplinkd " UPLINKD_VERSION " runs");
		r = sd_event_loop(d.event);
		sd_notify(false, "STOPPING=1");
		usage_leave(&d);
		if (r < 0)
			log_errno(LOG_ERR, r, "the event loop failed");
	}
	daemon_stop(&d);
	return r;
}

static int flush_kernel(struct kernel *kernel)
{
	struct facts facts = { 0 };
	struct objects found = { 0 };
	const struct objects nothing = { 0 };
	struct plan plan = { 0 };
	int r = kernel->ops->observe(kernel, KERNEL_EVERYTHING, &facts, &found);

	if (r == 0)
		r = plan_diff(&found, &nothing, &plan);
	if (r == 0)
		r = kernel->ops->apply(kernel, &plan);
	plan_done(&plan);
	objects_done(&found);
	facts_done(&facts);
	return r;
}

int daemon_flush(const char *runtime_dir)
{
	_cleanup_(kernel_closep) struct kernel *kernel = NULL;
	_cleanup_close_ int claim = -1, lock = -1;
	struct runtime runtime = { 0 };
	int r = claim_namespace(&claim);

	if (r < 0)
		return r;
	lock = control_lock(runtime_dir);
	if (lock < 0)
		return lock;
	r = kernel_open(&kernel);
	if (r < 0)
		return say_no_kernel(r);
	r = flush_kernel(kernel);
	if (r < 0)
		return log_errno(LOG_ERR, r, "cannot take everything out of the kernel");
	r = runtime_load(&runtime, runtime_dir);
	if (r == 0)
		r = runtime_restore(&runtime);
	if (r == 0)
		r = runtime_save(&runtime);
	runtime_done(&runtime);
	return r < 0 ? log_errno(LOG_ERR, r, "cannot restore the kernel's parameters") : 0;
}
