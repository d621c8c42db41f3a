/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people ask for. Each request returns when the kernel is arranged.
 */
#include "daemon/state.h"

#include "base/log.h"
#include "base/time.h"
#include "plan/plan.h"

#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	FRESH_US = 100 * 1000, /* counts made for a report serve the next one this long */
	FRESH_SHARE = 10       /* or this many times as long as they took: anybody may ask */
};

static int message(char **ret, int error, const char *format, ...) _printf_(3, 4);

static int message(char **ret, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (vasprintf(ret, format, args) < 0)
		*ret = NULL;
	va_end(args);
	return error;
}

/* Says what came of an arrangement to someone who waits for it. */
static int told(int r, char **ret_message)
{
	if (r < 0)
		return message(ret_message, r,
			       "the kernel refused a part of the arrangement: %s "
			       "(the log says which); it is tried again",
			       strerror(-r));
	return 0;
}

static int arrange_now(struct daemon *d, char **ret_message)
{
	return told(arrange(d), ret_message);
}

/* What the operator said is to last; that it is in force already (r) is no excuse. */
static int saved(struct daemon *d, int r, char **ret_message)
{
	if (r < 0)
		return r;
	r = runtime_save(&d->runtime);
	if (r < 0)
		return message(
			ret_message, r,
			"in force, but it will not outlive the daemon: cannot write to %s: %s",
			d->runtime.directory, strerror(-r));
	return 0;
}

static const struct world *request_world(void *userdata)
{
	struct daemon *d = userdata;
	uint64_t fresh_us = d->counting_us * FRESH_SHARE;

	if (d->watch != FLOW_WATCH_EVERYTHING &&
	    monotonic_us() - d->counted_us > (fresh_us > FRESH_US ? fresh_us : FRESH_US))
		recount(d);
	if (monotonic_us() - d->census_us > FRESH_US)
		census_now(d);
	return &d->world;
}

static char *printed(const struct config *config)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	config_print(config, out);
	config_print_dynamic(config, out);
	fclose(out);
	return text;
}

/* The printed form says everything that a configuration is. */
static bool is_same(const struct config *a, const struct config *b)
{
	_cleanup_free_ char *x = printed(a), *y = printed(b);

	return x && y && strcmp(x, y) == 0;
}

static int reloaded(struct daemon *d, char **ret_message)
{
	int r;

	d->world.flushed = false;
	tell_daemon(d, EVENT_RELOADED, "configuration %s loaded", d->config_path);
	r = arrange_now(d, ret_message);
	/* For a moment there were two of everything; that much will not be needed soon. */
	malloc_trim(0);
	return r;
}

static int request_reload(void *userdata, char **ret_message)
{
	struct daemon *d = userdata;
	struct config *config = NULL;
	int r = load_config(d, &config, ret_message);

	if (r < 0)
		return r;
	if (is_same(d->config, config)) {
		config_free(config);
		look_anew(d);
		return reloaded(d, ret_message);
	}
	r = use_config(d, config);
	if (r < 0) {
		config_free(config);
		return message(ret_message, r, "cannot take over the configuration: %s",
			       strerror(-r));
	}
	return reloaded(d, ret_message);
}

/*
 * Reads what is there of ours. The facts are left as they are: what is new among them is for
 * arrange() to find, which has to end the connections of addresses that went.
 */
static int observe_found(struct daemon *d)
{
	struct facts facts = { 0 };
	int r = d->kernel->ops->observe(d->kernel, KERNEL_EVERYTHING, &facts, &d->found);

	facts_done(&facts);
	return r;
}

static int request_plan(void *userdata, char **ret_message)
{
	struct daemon *d = userdata;
	struct objects wanted = { 0 };
	struct plan plan = { 0 };
	size_t size;
	FILE *out = open_memstream(ret_message, &size);
	int r;

	if (!out)
		return -ENOMEM;
	look_anew(d);
	r = observe_found(d);
	if (r == 0)
		r = make_plan(d, &wanted, &plan);
	if (r == 0 && !plan.steps.n)
		fputs("nothing to do\n", out);
	else if (r == 0)
		plan_print(&plan, &d->found, &wanted, out);
	else
		fprintf(out, "cannot make a plan: %s", strerror(-r));
	plan_done(&plan);
	array_done(&d->found.sysctls);
	objects_done(&wanted);
	fclose(out);
	daemon_soon(d);
	return r;
}

static int request_flush(void *userdata, char **ret_message)
{
	struct daemon *d = userdata;
	int r;

	d->world.flushed = true;
	look_anew(d);
	r = arrange_now(d, ret_message);
	if (r < 0)
		return r;
	r = runtime_restore(&d->runtime);
	if (r < 0)
		return message(ret_message, r, "cannot restore a kernel parameter: %s",
			       strerror(-r));
	runtime_save(&d->runtime);
	tell_daemon(d, EVENT_FLUSHED, "flushed, at rest until a reload");
	return 0;
}

static int request_enable(void *userdata, const char *uplink, bool enabled, char **ret_message)
{
	struct daemon *d = userdata;
	int r;

	if (config_find_uplink(d->config, uplink) < 0)
		return message(ret_message, -ENOENT, "no uplink is named %s", uplink);
	r = overrides_set_disabled(&d->runtime.overrides, uplink, !enabled);
	return r < 0 ? r : saved(d, arrange_now(d, ret_message), ret_message);
}

static int request_failback(void *userdata, const char *uplink, char **ret_message)
{
	struct daemon *d = userdata;
	int line = config_find_uplink(d->config, uplink), r;

	if (line < 0)
		return message(ret_message, -ENOENT, "no uplink is named %s", uplink);
	r = failback(d, (size_t)line);
	if (r == -EALREADY)
		return message(ret_message, -EINVAL, "uplink %s is not held back", uplink);
	return r < 0 ? r : arrange_now(d, ret_message);
}

static size_t request_probes(void *userdata, size_t uplink, struct control_probe *ret)
{
	const struct daemon *d = userdata;
	size_t n = 0;

	while (n < CONFIG_TARGETS_MAX && monitors_target(d, &d->world.lines[uplink], n, &ret[n]))
		n++;
	return n;
}

static int request_weight(void *userdata, const char *service, const char *server, uint32_t weight,
			  char **ret_message)
{
	struct daemon *d = userdata;
	size_t i, j;
	int r;

	if (!world_find_server(d->config, service, server, &i, &j))
		return message(ret_message, -ENOENT, "no service %s with a server %s", service,
			       server);
	r = overrides_set_weight(&d->runtime.overrides, service,
				 &d->config->services.v[i].servers.v[j], weight);
	if (r < 0)
		return r;
	overrides_apply(&d->runtime.overrides, &d->world);
	drop_deadline(d, service, server);
	world_touch(&d->world, i);
	r = saved(d, told(touched_now(d), ret_message), ret_message);
	if (d->control)
		control_service_changed(d->control, service);
	return r;
}

static int request_drain(void *userdata, const char *service, const char *server,
			 uint64_t deadline_ms, char **ret_message)
{
	struct daemon *d = userdata;
	int r = request_weight(d, service, server, 0, ret_message);

	return r < 0 ? r : set_deadline(d, service, server, deadline_ms);
}

static int request_ppp_event(void *userdata, const char *event, const char *interface,
			     char *const *details, char **ret_message)
{
	struct daemon *d = userdata;
	int r = *interface ? ppp_hook(d, event, interface, details) : -EINVAL;

	if (r == -EINVAL)
		return message(ret_message, r,
			       "not a PPP event, an interface, or a detail of the form KEY=VALUE, "
			       "see uplinkd-pppd(8)");
	if (r < 0)
		return r;
	d->dirty |= KERNEL_LINKS | KERNEL_ADDRESSES | KERNEL_ROUTES;
	return arrange_now(d, ret_message);
}

const struct control_requests daemon_requests = {
	.world = request_world,
	.reload = request_reload,
	.plan = request_plan,
	.flush = request_flush,
	.enable = request_enable,
	.failback = request_failback,
	.probes = request_probes,
	.weight = request_weight,
	.drain = request_drain,
	.ipvs = request_ipvs,
	.delegate = request_delegate,
	.ppp_event = request_ppp_event,
};
