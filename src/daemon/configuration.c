/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing over to a configuration: everything that can fail happens before anything changes.
 */
#include "daemon/state.h"

#include "base/log.h"
#include "base/time.h"
#include "config/text.h"
#include "policy/labels.h"
#include "service/pool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The numbers that tracked connections carry; read when somebody asks, which is hardly ever. */
struct used_marks {
	struct kernel *kernel;
	const struct config_gateway *gateway;
	bool known;
	bool used[LINE_NUMBER_MAX + 1];
};

static void note_mark(const struct flow *flow, void *userdata)
{
	struct used_marks *marks = userdata;
	uint32_t mask = marks->gateway->mark_mask;
	uint32_t number = (flow->mark & mask) >> __builtin_ctz(mask);

	if (number <= LINE_NUMBER_MAX)
		marks->used[number] = true;
}

/* What cannot be read counts as used. */
static bool is_mark_used(unsigned number, void *userdata)
{
	struct used_marks *marks = userdata;

	if (!marks->known)
		marks->known = marks->kernel->ops->flows_dump(marks->kernel, note_mark, marks) == 0;
	return !marks->known || marks->used[number];
}

static int number_lines(struct daemon *d, const struct config *config, struct world *world)
{
	struct used_marks marks = { .kernel = d->kernel, .gateway = &config->gateway };
	int r = line_numbers_assign(&d->runtime.numbers, config, is_mark_used, &marks);

	for (size_t i = 0; r == 0 && i < config->uplinks.n; i++)
		world->lines[i].number =
			line_numbers_find(&d->runtime.numbers, config->uplinks.v[i].name);
	return r;
}

static int watch_cgroups(struct daemon *d, const struct config *config)
{
	ARRAY(const char *) names = { 0 };
	int r = 0;

	array_foreach(&config->policies, policy) {
		if (policy->unit)
			r = r < 0 ? r : array_push(&names, policy->unit);
		if (policy->cgroup)
			r = r < 0 ? r : array_push(&names, policy->cgroup);
	}
	if (r == 0)
		r = d->kernel->ops->watch_cgroups(d->kernel, names.v, names.n);
	array_done(&names);
	return r;
}

/*
 * Hearing of connections costs something for each of them: what becomes of one matters where
 * servers are chosen by their load, else only that it begins and ends.
 */
static enum flow_watch wanted_watch(const struct config *config)
{
	array_foreach(&config->services, service)
		if (service_looks_at_load(service))
			return FLOW_WATCH_EVERYTHING;
	return config->services.n || lines_go_by_load(config) ? FLOW_WATCH_ENDS
							      : FLOW_WATCH_NOTHING;
}

static int watch_flows(struct daemon *d, const struct config *config)
{
	enum flow_watch wanted = wanted_watch(config);
	int r = wanted == d->watch ? 0 : d->kernel->ops->flows_watch(d->kernel, wanted);

	if (r == 0)
		d->watch = wanted;
	return r;
}

/* Connections keep their line by its name, but not on another interface or with another mark. */
static bool goes_on(const struct line *line, const struct world *was, const struct world *world)
{
	int at = config_find_uplink(world->config, line->config->name);

	return at >= 0 &&
	       strcmp(line->config->interface, world->config->uplinks.v[at].interface) == 0 &&
	       was->config->gateway.mark_mask == world->config->gateway.mark_mask &&
	       line->number == world->lines[at].number;
}

static bool is_ending(const struct daemon *d, const struct ended *ended)
{
	array_foreach(&d->ended, known)
		if (known->f == ended->f && known->mark == ended->mark &&
		    known->mask == ended->mask)
			return true;
	return false;
}

static int end_line(struct daemon *d, const struct line *line)
{
	struct ended ended = { .mark = line_mark(&d->world, line),
			       .mask = d->config->gateway.mark_mask };
	int r = 0;

	for (ended.f = 0; ended.f < FAMILY_INDEX_MAX; ended.f++)
		if (!is_ending(d, &ended))
			r = r < 0 ? r : array_push(&d->ended, ended);
	return r;
}

/* Remembers the connections whose line or source `world` does not have any more. */
static int note_ended(struct daemon *d, const struct world *world)
{
	size_t n = d->ended.n;
	int r = 0;

	for (size_t i = 0; d->config && i < d->config->uplinks.n; i++) {
		const struct line *line = &d->world.lines[i];

		for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
			if (ip_is_set(&line->config->snat_address[f]))
				r = r < 0 ? r : note_address(d, &line->config->snat_address[f], 0);
		if (!goes_on(line, &d->world, world))
			r = r < 0 ? r : end_line(d, line);
	}
	if (r < 0)
		d->ended.n = n;
	return r;
}

/* A service works without its helper, as far as it goes. Said when it was not so `before`. */
static void lack_helper(struct daemon *d, const struct facts *before, const char *service,
			const char *name, uint8_t protocol)
{
	struct lacking lacking = { .protocol = protocol };

	snprintf(lacking.name, sizeof(lacking.name), "%s", name);
	if (array_push(&d->facts.lacks_helpers, lacking) < 0) {
		log_oom();
		return;
	}
	if (facts_lacks_helper(before, name, protocol))
		return;
	log_warning("service %s: this kernel has no connection tracking helper \"%s\" for %s, "
		    "ignoring",
		    service, name, protocol_text(protocol));
}

static void ask_helper(struct daemon *d, const struct facts *before, const char *service,
		       const struct helper *helper)
{
	for (size_t i = 0; i < ELEMENTS_OF(helper->protocols); i++)
		if (helper->protocols[i] &&
		    d->kernel->ops->can_help(d->kernel, helper->name, helper->protocols[i]) == 0)
			lack_helper(d, before, service, helper->name, helper->protocols[i]);
}

/* Each is asked for once, however many services have it, and again with every configuration: it
 * may have been loaded by now. */
static void ask_helpers(struct daemon *d)
{
	struct facts before = { .lacks_helpers = d->facts.lacks_helpers };
	ARRAY(const struct helper *) asked = { 0 };

	d->facts.lacks_helpers = (__typeof__(before.lacks_helpers)){ 0 };
	array_foreach(&d->config->services, service) {
		const struct helper *helper = service->helper ? helper_find(service->helper) : NULL;
		bool known = !helper;

		array_foreach(&asked, other)
			known = known || *other == helper;
		if (known)
			continue;
		ask_helper(d, &before, service->name, helper);
		if (array_push(&asked, helper) < 0)
			log_oom();
	}
	array_done(&asked);
	array_done(&before.lacks_helpers);
}

/* Without them connections of a lost line end, and those of a metered one stay. */
static void ask_labels(struct daemon *d)
{
	bool lacked = d->facts.lacks_labels;

	if (!labels_are_wanted(d->config))
		return;
	d->facts.lacks_labels = d->kernel->ops->can(d->kernel, ABILITY_LABELS) == 0;
	if (d->facts.lacks_labels && !lacked)
		log_warning("this kernel has no labels of connections: \"on_failover\" and "
			    "\"metered\" are without effect");
}

/* What this kernel cannot carry makes servers unusable; it is asked only if it is wanted. */
static void ask_abilities(struct daemon *d)
{
	static const enum kernel_ability abilities[FAMILY_INDEX_MAX][TUNNEL_MAX] = {
		{ ABILITY_IPIP, ABILITY_GRE, ABILITY_GUE },
		{ ABILITY_IP6TNL, ABILITY_IP6GRE, ABILITY_IP6GUE },
	};

	ask_helpers(d);
	ask_labels(d);
	array_foreach(&d->config->services, service)
		for (size_t i = 0; i < service->servers.n; i++) {
			const struct config_server *server = &service->servers.v[i];
			enum family_index f = family_index(server->address.family);

			if (server->method != METHOD_ROUTE && server->method != METHOD_TUNNEL)
				continue;
			d->facts.lacks_fwd = d->kernel->ops->can(d->kernel, ABILITY_FWD) == 0;
			if (server->method == METHOD_TUNNEL)
				d->facts.lacks_tunnel[f][server->tunnel] =
					d->kernel->ops->can(d->kernel,
							    abilities[f][server->tunnel]) == 0;
		}
}

/* Takes a checked configuration over; it belongs to the daemon afterwards. On failure nothing
 * changed. */
int use_config(struct daemon *d, struct config *config)
{
	struct world world = { 0 };
	int r = world_init(&world, config, &d->facts, d->config ? &d->world : NULL);

	/* No ring is where a daemon before us may have left one of the same name. */
	if (!d->config)
		world.generation = (uint32_t)(realtime_us() / 1000000);
	if (r == 0)
		r = number_lines(d, config, &world);
	if (r == 0)
		r = watch_cgroups(d, config);
	if (r == 0)
		r = watch_flows(d, config);
	if (r == 0)
		r = note_ended(d, &world);
	if (r < 0) {
		world_done(&world);
		return r;
	}
	if (d->control)
		control_objects_leave(d->control);
	world_done(&d->world);
	config_free(d->config);
	d->config = config;
	d->world = world;
	d->world.deprecation = &d->deprecation;
	ask_abilities(d);
	overrides_apply(&d->runtime.overrides, &d->world);
	delegations_apply(&d->runtime.delegations, &d->world);
	/* What was counted points into the world that is gone. */
	if (flows_restart(d->flows, &d->world) < 0)
		log_oom();
	look_anew(d);
	d->recount = true;
	d->recheck = true;
	usage_use(d);
	associations_use(d);
	d->dead.n = 0; /* their indexes meant the configuration that is gone */
	if (d->control)
		control_objects_arrive(d->control);
	return 0;
}
