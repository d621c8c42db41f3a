/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the configuration wants of a line's monitor, a monitor made from that, and what can be told
 * of it without asking anybody. Two that are made from the same are told by a hash, so that a
 * reload leaves those alone that stay what they were.
 */
#include "daemon/watch.h"
#include "daemon/state.h"

#include "base/hash.h"
#include "base/time.h"
#include "uplink/learn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void question_free(struct question *question)
{
	TAILQ_REMOVE(&question->watch->questions, question, entry);
	probe_remove(question->probe);
	free(question);
}

void drop_questions(struct watch *watch)
{
	while (!TAILQ_EMPTY(&watch->questions))
		question_free(TAILQ_FIRST(&watch->questions));
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	drop_questions(watch);
	monitor_free(watch->monitor);
	arena_done(&watch->arena);
	free(watch);
}

enum family_index target_family(const struct target *target)
{
	if (target->gateway)
		return target->spec.kind == PROBE_ND ? FAMILY_V6 : FAMILY_V4;
	return family_index(target->spec.target.family);
}

static const enum probe_kind kinds[LINE_PROBE_MAX] = {
	[LINE_PROBE_ICMP] = PROBE_ICMP,   [LINE_PROBE_ARP] = PROBE_ARP,
	[LINE_PROBE_ND] = PROBE_ND,       [LINE_PROBE_TCP] = PROBE_TCP,
	[LINE_PROBE_DNS] = PROBE_DNS,     [LINE_PROBE_HTTP] = PROBE_HTTP,
	[LINE_PROBE_HTTPS] = PROBE_HTTPS, [LINE_PROBE_SCRIPT] = PROBE_SCRIPT,
};

static struct probe_spec spec_of(const struct config_uplink *uplink,
				 const struct config_probe *probe)
{
	bool script = probe->kind == LINE_PROBE_SCRIPT;

	return (struct probe_spec){ .kind = kinds[probe->kind],
				    .device = uplink->interface,
				    .interval_us = probe->interval_ms * 1000,
				    .timeout_us = probe->timeout_ms * 1000,
				    .host = probe->host,
				    .path = script ? NULL : probe->path,
				    .script = script ? probe->path : NULL,
				    .status = probe->status,
				    .regex = probe->match,
				    .dns_name = probe->name,
				    .dns_type = probe->type,
				    .dns_any = true,
				    .verify = probe->verify };
}

static void add_target(struct watch *watch, const struct target *target)
{
	if (watch->n < MONITOR_TARGETS_MAX)
		watch->targets[watch->n++] = *target;
}

static void want_targets(struct watch *watch, const struct config_uplink *uplink,
			 const struct config_probe *probe)
{
	struct target target = { .spec = spec_of(uplink, probe),
				 .neighbour = probe->kind == LINE_PROBE_ARP ||
					      probe->kind == LINE_PROBE_ND };

	if (probe->targets.n == 0) {
		target.gateway = target.neighbour;
		target.text = target.gateway ? "gateway" : probe->path;
		add_target(watch, &target);
	}
	for (size_t i = 0; i < probe->targets.n; i++) {
		target.spec.target = probe->targets.v[i].address;
		target.spec.port = probe->targets.v[i].port;
		target.text = probe->targets.v[i].text;
		add_target(watch, &target);
	}
}

static uint64_t hash_marks(uint64_t hash, const struct config_marks *marks)
{
	return hash_number(hash_number(hash, marks->low), marks->high);
}

static uint64_t hash_watch(const struct watch *watch, const struct config_uplink *uplink)
{
	uint64_t hash = hash_number(HASH_START, uplink->quorum);

	hash = hash_number(hash_number(hash, uplink->fail), uplink->pass);
	hash = hash_marks(hash, &uplink->loss);
	hash = hash_marks(hash, &uplink->latency);
	hash = hash_marks(hash, &uplink->jitter);
	for (size_t i = 0; i < watch->n; i++)
		hash = probe_spec_hash(hash, &watch->targets[i].spec);
	return hash;
}

static int own_strings(struct watch *watch)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < watch->n; i++) {
		struct target *target = &watch->targets[i];

		r = probe_spec_own(&watch->arena, &target->spec);
		target->text = arena_strdup(&watch->arena, target->text);
		if (r == 0 && !target->text)
			r = -ENOMEM;
	}
	return r;
}

static int make_monitor(struct watch *watch, const struct config_uplink *uplink)
{
	struct monitor_limits limits = { .n = watch->n,
					 .quorum = uplink->quorum,
					 .fail = uplink->fail,
					 .pass = uplink->pass,
					 .loss = uplink->loss,
					 .latency = uplink->latency,
					 .jitter = uplink->jitter };

	for (size_t i = 0; i < watch->n; i++) {
		const struct probe_spec *spec = &watch->targets[i].spec;

		limits.targets[i] = (struct monitor_target){
			.interval_us = spec->interval_us,
			.timeout_us = spec->timeout_us,
			.name = watch->targets[i].text,
			.exacting = spec->kind == PROBE_HTTP || spec->kind == PROBE_HTTPS ||
				    spec->kind == PROBE_SCRIPT,
		};
	}
	return monitor_new(&limits, monotonic_us(), &watch->monitor);
}

struct watch watch_want(struct daemon *d, const struct config_uplink *uplink)
{
	struct watch watch = { .daemon = d, .kept = true };

	snprintf(watch.name, sizeof(watch.name), "%s", uplink->name);
	for (size_t i = 0; i < uplink->probes.n; i++)
		want_targets(&watch, uplink, &uplink->probes.v[i]);
	watch.spec = hash_watch(&watch, uplink);
	return watch;
}

int watch_start(const struct watch *wanted, const struct config_uplink *uplink, struct watch **ret)
{
	_cleanup_(watch_freep) struct watch *watch = malloc(sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	*watch = *wanted;
	TAILQ_INIT(&watch->questions);
	r = own_strings(watch);
	r = r < 0 ? r : make_monitor(watch, uplink);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(watch);
	return 0;
}

/* The kernel takes a host without a route for a neighbour when the socket is bound to a device,
 * hence the last one. */
const char *watch_complete(const struct watch *watch, const struct line *line,
			   const struct target *target, struct probe_spec *spec)
{
	static const char *const reasons[][FAMILY_INDEX_MAX] = {
		{ "no IPv4 address", "no IPv6 address" },
		{ "no IPv4 gateway", "no IPv6 gateway" },
		{ "no IPv4 way out", "no IPv6 way out" },
	};
	enum family_index f = target_family(target);
	const struct line_family *family = &line->family[f];

	spec->mark = line_mark(&watch->daemon->world, line);
	if (!target->gateway && !ip_is_set(&spec->target))
		return NULL;
	if (target->gateway)
		spec->target = family->gateway;
	spec->source = family->address;
	if (!ip_is_set(&spec->source))
		return reasons[0][f];
	if (!ip_is_set(&spec->target))
		return reasons[1][f];
	if (!target->neighbour && !family->routed &&
	    !uplink_reaches(line, &watch->daemon->facts, &spec->target))
		return reasons[2][f];
	if (ip_is_link_local(&spec->target) && spec->kind != PROBE_ND)
		spec->source = (struct ip_address){ 0 };
	return NULL;
}

void watch_addresses(const struct watch *watch, const struct line *line,
		     struct ip_address ret[FAMILY_INDEX_MAX])
{
	memset(ret, 0, FAMILY_INDEX_MAX * sizeof(*ret));
	for (size_t i = 0; i < watch->n; i++) {
		const struct target *target = &watch->targets[i];
		enum family_index f = target_family(target);

		if (target->gateway || ip_is_set(&target->spec.target))
			ret[f] = line->family[f].address;
		else
			for (f = 0; f < FAMILY_INDEX_MAX; f++)
				ret[f] = line->family[f].address;
	}
}

bool watch_is_asking(const struct watch *watch, unsigned target)
{
	const struct question *question;

	TAILQ_FOREACH(question, &watch->questions, entry)
	if (question->target == target)
		return true;
	return false;
}

bool watch_asks(const struct watch *watch, const struct flow *flow)
{
	const struct ip_address *from = &watch->address[family_index(flow->client.family)];

	if (!watch->asking || !ip_equal(from, &flow->client))
		return false;
	for (size_t i = 0; i < watch->n; i++)
		if (ip_equal(&watch->targets[i].spec.target, &flow->destination) &&
		    watch->targets[i].spec.port == flow->destination_port)
			return true;
	return false;
}

bool watch_has_conversations(const struct watch *watch)
{
	for (unsigned i = 0; i < watch->n; i++)
		if (watch->targets[i].spec.kind == PROBE_HTTP ||
		    watch->targets[i].spec.kind == PROBE_HTTPS ||
		    watch->targets[i].spec.kind == PROBE_SCRIPT)
			return true;
	return false;
}
