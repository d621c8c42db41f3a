/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets and bytes of services: conntrack tells them of a connection when it ends, and of those
 * that live when it is asked for all.
 */
#include "daemon/state.h"

#include "base/time.h"
#include "service/traffic.h"

void count_traffic(struct daemon *d, const struct flow *flow)
{
	size_t service, server;

	if (flows_find(d->flows, flow, &service, &server))
		traffic_count(&d->world.services[service].servers[server], flow);
}

static void count_flow(const struct flow *flow, void *userdata)
{
	count_traffic(userdata, flow);
}

int look_at_traffic(struct daemon *d)
{
	int r;

	traffic_begin(&d->world);
	r = d->kernel->ops->flows_dump(d->kernel, count_flow, d);
	if (r == 0)
		traffic_end(&d->world, monotonic_us());
	return r;
}
