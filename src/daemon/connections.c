/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracked connections: counted for schedulers and reports, and ended when their way is gone.
 */
#include "daemon/state.h"

#include "base/log.h"
#include "base/time.h"
#include "sched/sched.h"
#include "service/schedule.h"
#include "service/traffic.h"
#include "uplink/learn.h"

#include <errno.h>

enum {
	LINES_US = 100 * 1000,   /* picks of lines by load are made anew no more often */
	RECOUNT_US = 1000 * 1000 /* connections are counted again no more often than this */
};

/* A source that the file gives to the line, which may be on no interface. */
static bool leaves_as(const struct config_uplink *uplink, const struct ip_address *address)
{
	if (ip_equal(&uplink->snat_address[family_index(address->family)], address))
		return true;
	for (size_t i = 0; i < uplink->prefixes.n; i++)
		if (ip_contains(&uplink->prefixes.v[i], address))
			return true;
	return false;
}

static bool is_ours(const struct daemon *d, const struct ip_address *address)
{
	array_foreach(&d->facts.addresses, have)
		if (ip_equal(&have->prefix.address, address))
			return true;
	array_foreach(&d->config->uplinks, uplink)
		if (leaves_as(uplink, address))
			return true;
	return false;
}

int note_address(struct daemon *d, const struct ip_address *address)
{
	array_foreach(&d->lost, known)
		if (ip_equal(known, address))
			return 0;
	return array_push(&d->lost, *address);
}

/* An address that went while no daemon was looking, with connections that are still rewritten to
 * it. */
static void note_stale(const struct flow *flow, void *userdata)
{
	struct daemon *d = userdata;

	if (!(flow->mark & d->config->gateway.mark_mask) || ip_equal(&flow->seen, &flow->client) ||
	    is_ours(d, &flow->seen))
		return;
	if (note_address(d, &flow->seen) < 0)
		log_oom();
}

static void count_flow(const struct flow *flow, void *userdata)
{
	struct daemon *d = userdata;

	flows_count(d->flows, flow);
	count_traffic(d, flow);
	if (!d->settled)
		note_stale(flow, d);
}

/* Where events are lost there is load, and counting without a pause would lose more. */
bool recount_is_due(struct daemon *d)
{
	uint64_t age = monotonic_us() - d->counted_us;

	if (!d->settled || (d->recount && d->watch))
		return true;
	if (d->miscounted && age < RECOUNT_US)
		daemon_later(d, RECOUNT_US - age);
	return d->miscounted && age >= RECOUNT_US;
}

int recount(struct daemon *d)
{
	int r = flows_restart(d->flows, &d->world);

	traffic_begin(&d->world);
	if (r == 0)
		r = d->kernel->ops->flows_dump(d->kernel, count_flow, d);
	if (r < 0)
		return log_errno(LOG_WARNING, r, "cannot count connections");
	if (d->miscounted)
		service_lose_rings(&d->world);
	d->recount = d->miscounted = false;
	d->counted_us = monotonic_us();
	traffic_end(&d->world, d->counted_us);
	return 0;
}

bool lines_go_by_load(const struct config *config)
{
	array_foreach(&config->policies, policy) {
		const struct scheduler *scheduler = scheduler_get(policy->scheduler);

		if (policy->scheduler != SCHEDULER_FO && scheduler->pick && !scheduler->cycle)
			return true;
	}
	return false;
}

void on_flow(enum flow_event event, const struct flow *flow, void *userdata)
{
	struct daemon *d = userdata;

	if (event == FLOW_LOST) {
		d->miscounted = true;
		daemon_later(d, RECOUNT_US);
		return;
	}
	flows_event(d->flows, event, flow);
	if (d->world.touched.n)
		touched_soon(d);
	if (event != FLOW_UPDATE && lines_go_by_load(d->config))
		daemon_later(d, LINES_US);
}

/* Some line may carry new connections of this family. After a flush we have no say in that. */
static bool may_carry(const struct daemon *d, enum family_index f)
{
	for (size_t i = 0; !d->world.flushed && i < d->config->uplinks.n; i++)
		if (d->world.lines[i].family[f].usable)
			return true;
	return false;
}

/* Marks the connections of a line that goes, until it is back or another line may carry them. */
static void note_stranded(const struct line *was, struct line *line)
{
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		line->stranded[f] =
			!line->family[f].usable && (line->stranded[f] || was->family[f].usable);
}

/* Addresses of lines that are gone join those that went before; what came back is forgotten. */
static int note_lost(struct daemon *d, const struct before *before)
{
	size_t kept = 0;
	int r = 0;

	array_foreach(&d->lost, address)
		if (!is_ours(d, address))
			d->lost.v[kept++] = *address;
	d->lost.n = kept;
	array_foreach(&before->addresses, address)
		for (size_t i = 0; i < d->config->uplinks.n; i++)
			if (address->link == before->lines[i].link &&
			    !ip_is_link_local(&address->prefix.address) &&
			    !is_ours(d, &address->prefix.address))
				r = r < 0 ? r : note_address(d, &address->prefix.address);
	return r;
}

static int delete_mark(struct daemon *d, enum family_index f, uint32_t mark, uint32_t mask)
{
	return d->kernel->ops->flows_delete_mark(d->kernel, family_of(f), mark, mask);
}

static int clear_lines(struct daemon *d, enum family_index f)
{
	uint32_t mask = d->config->gateway.mark_mask;
	int r = 0;

	for (size_t i = 0; i < d->config->uplinks.n; i++) {
		struct line *line = &d->world.lines[i];

		if (line->stranded[f])
			r = r < 0 ? r : delete_mark(d, f, line_mark(&d->world, line), mask);
		line->stranded[f] = false;
	}
	return r;
}

static int clear_ended(struct daemon *d, enum family_index f)
{
	size_t kept = 0;
	int r = 0;

	array_foreach(&d->ended, ended) {
		if (ended->f != f)
			d->ended.v[kept++] = *ended;
		else
			r = r < 0 ? r : delete_mark(d, f, ended->mark, ended->mask);
	}
	d->ended.n = kept;
	return r;
}

static int clear_lost(struct daemon *d, enum family_index f)
{
	size_t kept = 0;
	int r = 0;

	array_foreach(&d->lost, address) {
		if (family_index(address->family) != f)
			d->lost.v[kept++] = *address;
		else
			r = r < 0 ? r : d->kernel->ops->flows_delete_address(d->kernel, address);
	}
	d->lost.n = kept;
	return r;
}

void clear_flows(struct daemon *d, const struct before *before)
{
	int r;

	for (size_t i = 0; i < d->config->uplinks.n; i++)
		note_stranded(&before->lines[i], &d->world.lines[i]);
	r = note_lost(d, before);
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		if (!may_carry(d, f))
			continue;
		r = r < 0 ? r : clear_lines(d, f);
		r = r < 0 ? r : clear_ended(d, f);
		r = r < 0 ? r : clear_lost(d, f);
	}
	if (r < 0)
		log_errno(LOG_WARNING, r, "cannot end the connections of a lost line, ignoring");
}

/* Existing connections join the line whose address they use, before anything asks for their mark.
 */
void adopt_flows(struct daemon *d)
{
	ARRAY(struct flow_owner) owners = { 0 };
	int r = 0;

	array_foreach(&d->facts.addresses, address) {
		const struct line *line = world_line_of_link(&d->world, address->link);
		struct flow_owner owner = { .address = address->prefix.address };

		if (!line || !uplink_owns(line, address))
			continue;
		owner.mark = line_mark(&d->world, line);
		r = r < 0 ? r : array_push(&owners, owner);
	}
	if (r == 0 && owners.n)
		r = d->kernel->ops->flows_adopt(d->kernel, owners.v, owners.n,
						d->config->gateway.mark_mask);
	if (r < 0)
		log_errno(LOG_WARNING, r, "cannot mark existing connections, ignoring");
	array_done(&owners);
}
