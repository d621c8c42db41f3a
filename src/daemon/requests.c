/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people ask for. Each request returns when the kernel is arranged.
 */
#include "daemon/state.h"

#include "base/log.h"
#include "base/time.h"
#include "plan/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	FRESH_US = 100 * 1000 /* counts made for a report serve the next one this long */
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

/* Arranges at once, on behalf of someone who waits for it. */
static int arrange_now(struct daemon *d, char **ret_message)
{
	int r = arrange(d);

	if (r < 0)
		return message(ret_message, r,
			       "the kernel refused a part of the arrangement: %s "
			       "(the log says which); it is tried again",
			       strerror(-r));
	return 0;
}

/* What the operator said is to last; that it is in force already is no excuse. */
static int arrange_and_save(struct daemon *d, char **ret_message)
{
	int r = arrange_now(d, ret_message);

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

	if (!d->watching && monotonic_us() - d->counted_us > FRESH_US)
		recount(d);
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
	d->world.flushed = false;
	if (d->control)
		control_event(d->control, "daemon", "uplinkd", "reloaded");
	log_info("configuration %s loaded", d->config_path);
	return arrange_now(d, ret_message);
}

static int request_reload(void *userdata, char **ret_message)
{
	struct daemon *d = userdata;
	struct config *config = NULL;
	int r = config_load(d->config_path, &config, ret_message);

	if (r < 0)
		return r;
	if (is_same(d->config, config)) {
		config_free(config);
		d->dirty = KERNEL_EVERYTHING;
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
	d->dirty = KERNEL_EVERYTHING;
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
	d->dirty = KERNEL_EVERYTHING;
	r = arrange_now(d, ret_message);
	if (r < 0)
		return r;
	r = runtime_restore(&d->runtime);
	if (r < 0)
		return message(ret_message, r, "cannot restore a kernel parameter: %s",
			       strerror(-r));
	runtime_save(&d->runtime);
	log_notice("flushed; at rest until a reload");
	if (d->control)
		control_event(d->control, "daemon", "uplinkd", "flushed");
	return 0;
}

static int request_enable(void *userdata, const char *uplink, bool enabled, char **ret_message)
{
	struct daemon *d = userdata;
	int r;

	if (config_find_uplink(d->config, uplink) < 0)
		return message(ret_message, -ENOENT, "no uplink is named %s", uplink);
	r = overrides_set_disabled(&d->runtime.overrides, uplink, !enabled);
	return r < 0 ? r : arrange_and_save(d, ret_message);
}

static const struct config_server *find_server(const struct config *config, const char *service,
					       const char *server)
{
	array_foreach(&config->services, s)
		for (size_t i = 0; strcmp(s->name, service) == 0 && i < s->servers.n; i++)
			if (strcmp(s->servers.v[i].text, server) == 0)
				return &s->servers.v[i];
	return NULL;
}

static int request_weight(void *userdata, const char *service, const char *server, uint32_t weight,
			  char **ret_message)
{
	struct daemon *d = userdata;
	const struct config_server *found = find_server(d->config, service, server);
	int r;

	if (!found)
		return message(ret_message, -ENOENT, "no service %s with a server %s", service,
			       server);
	r = overrides_set_weight(&d->runtime.overrides, service, found, weight);
	if (r < 0)
		return r;
	overrides_apply(&d->runtime.overrides, &d->world);
	r = arrange_and_save(d, ret_message);
	if (d->control)
		control_service_changed(d->control, service);
	return r;
}

/* The netlink events say all that matters; a hook's word only makes sure that they were heard. */
static int request_ppp_event(void *userdata, const char *event, const char *interface,
			     char **ret_message)
{
	struct daemon *d = userdata;

	if (d->control)
		control_event(d->control, "ppp", interface, event);
	d->dirty |= KERNEL_LINKS | KERNEL_ADDRESSES | KERNEL_ROUTES;
	return arrange_now(d, ret_message);
}

const struct control_requests daemon_requests = {
	.world = request_world,
	.reload = request_reload,
	.plan = request_plan,
	.flush = request_flush,
	.enable = request_enable,
	.weight = request_weight,
	.ppp_event = request_ppp_event,
};
