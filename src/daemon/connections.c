/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracked connections, counted for schedulers and reports. What becomes of them when lines come and
 * go is in moving.c.
 */
#include "daemon/state.h"

#include "base/log.h"
#include "base/time.h"
#include "sched/sched.h"
#include "service/schedule.h"
#include "service/traffic.h"

#include <errno.h>

enum {
	LINES_US = 100 * 1000,   /* picks of lines by load are made anew no more often */
	RECOUNT_US = 1000 * 1000 /* connections are counted again no more often than this */
};

/* An address that went while no daemon was looking, with connections that are still rewritten to
 * it. */
static void note_stale(const struct flow *flow, void *userdata)
{
	struct daemon *d = userdata;

	if (!(flow->mark & d->config->gateway.mark_mask) || ip_equal(&flow->seen, &flow->client) ||
	    is_ours(d, &flow->seen))
		return;
	if (note_address(d, &flow->seen, 0) < 0)
		log_oom();
}

static void count_flow(const struct flow *flow, void *userdata)
{
	struct daemon *d = userdata;

	if (monitors_ask(d, flow))
		return;
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

/*
 * Where events were lost, those before them still wait to be heard, and tell of connections whose
 * ends are among the lost ones: counted after the dump they would stay for ever.
 */
int recount(struct daemon *d)
{
	uint64_t began_us = monotonic_us();
	int r = d->miscounted ? d->kernel->ops->flows_hear(d->kernel) : 0;

	r = r < 0 ? r : flows_restart(d->flows, &d->world);
	traffic_begin(&d->world);
	if (r == 0)
		r = d->kernel->ops->flows_dump(d->kernel, count_flow, d);
	if (r < 0)
		return log_errno(LOG_WARNING, r, "cannot count connections");
	if (d->miscounted)
		service_lose_rings(&d->world);
	d->recount = d->miscounted = false;
	d->counted_us = monotonic_us();
	d->counting_us = d->counted_us - began_us;
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
	if (event != FLOW_END && monitors_ask(d, flow))
		return;
	flows_event(d->flows, event, flow);
	if (d->world.touched.n)
		touched_soon(d);
	if (event != FLOW_UPDATE && lines_go_by_load(d->config))
		daemon_later(d, LINES_US);
}
