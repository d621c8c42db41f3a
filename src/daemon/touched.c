/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Services of which something has changed while everything else stays: a connection that came or
 * went turns a ring that goes by load, a check or an operator's word changes what belongs to one
 * service. Only that is planned and applied; where it turns out that more has to change, everything
 * is arranged. Rings turn no more often than every RING_US.
 */
#include "daemon/state.h"

#include "base/log.h"
#include "base/time.h"
#include "plan/part.h"
#include "plan/turn.h"
#include "service/service.h"

#include <errno.h>

enum {
	PARTS_MAX = 1000,
	RING_US = 20 * 1000,
	REST_US = 10 * 1000 /* at least, from the end of one turn to the next */
};

void touched_soon(struct daemon *d)
{
	uint64_t age = monotonic_us() - d->ring_us;

	if (sd_event_source_get_enabled(d->rings, NULL) > 0)
		return;
	sd_event_source_set_time_relative(d->rings, age < RING_US ? RING_US - age : 0);
	sd_event_source_set_enabled(d->rings, SD_EVENT_ONESHOT);
}

static int apply(struct daemon *d, struct plan *plan)
{
	int r = plan->steps.n ? d->kernel->ops->apply(d->kernel, plan) : 0;

	if (r < 0)
		d->dirty |= KERNEL_NFT;
	return r;
}

/* Slots that exist lead to other servers. */
static int turn(struct daemon *d, size_t service)
{
	struct objects wanted = { 0 };
	struct plan plan = { 0 };
	int r;

	want_table(&wanted, NFT_INET);
	r = service_turns(&d->world, &d->runtime.slots, service, &wanted);
	r = r < 0 ? r : objects_seal(&wanted);
	r = r < 0 ? r : plan_turn(&d->found, &wanted, &plan);
	r = r < 0 ? r : apply(d, &plan);
	if (r == 0)
		turn_adopt(&d->found, &plan);
	plan_done(&plan);
	objects_done(&wanted);
	return r;
}

static int plan_part(struct daemon *d, size_t service, struct objects *wanted,
		     struct objects *found, struct plan *plan)
{
	int r;

	want_table(wanted, NFT_INET);
	r = service_part(&d->world, &d->runtime.slots, service, wanted);
	r = r < 0 ? r : objects_seal(wanted);
	r = r < 0 ? r
		  : part_of(&d->found, &d->runtime.slots, d->config->services.v[service].name,
			    wanted, found);
	return r < 0 ? r : plan_diff(found, wanted, plan);
}

/* Anything of a service changes that it does not share with others. */
static int change(struct daemon *d, size_t service)
{
	struct objects wanted = { 0 }, found = { 0 };
	struct plan plan = { 0 };
	int r = plan_part(d, service, &wanted, &found, &plan);

	r = r < 0 ? r : apply(d, &plan);
	if (r == 0)
		r = part_adopt(&d->found, &plan);
	if (r < 0 && r != -ENOENT)
		d->dirty |= KERNEL_NFT;
	/* What was replaced leaves its memory behind, until everything is read again. */
	if (++d->parts == PARTS_MAX) {
		d->parts = 0;
		d->dirty |= KERNEL_NFT;
	}
	plan_done(&plan);
	objects_done(&found);
	objects_done(&wanted);
	return r;
}

static int catch_up(struct daemon *d, size_t service)
{
	switch (judge_service(d, service, monotonic_us())) {
	case SERVICE_SAME:
		return 0;
	case SERVICE_TURNED:
		return turn(d, service);
	case SERVICE_CHANGED:
		return change(d, service);
	default:
		return -ENOMEM;
	}
}

int touched_now(struct daemon *d)
{
	uint64_t start_us = monotonic_us(), rest_us;
	int r = !d->settled || d->dirty || d->recheck ? -ENOENT : 0;

	/* At rest there is nothing to catch up with. */
	if (d->world.flushed) {
		world_untouch(&d->world);
		return 0;
	}
	for (size_t i = 0; r == 0 && i < d->world.touched.n; i++)
		r = catch_up(d, d->world.touched.v[i]);
	world_untouch(&d->world);
	rest_us = monotonic_us() - (RING_US - REST_US);
	d->ring_us = start_us > rest_us ? start_us : rest_us;
	if (r < 0 && r != -ENOENT)
		log_errno(LOG_WARNING, r, "cannot change a service alone, arranging all");
	if (r < 0)
		return arrange(d);
	bury(d);
	return 0;
}
