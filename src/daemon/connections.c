/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracked connections: counted for schedulers and reports, and ended when their way is gone.
 */
#include "daemon/state.h"

#include "base/log.h"
#include "base/time.h"
#include "uplink/learn.h"

#include <errno.h>
#include <string.h>

enum {
	RING_US = 20 * 1000,      /* rings that go by load are rewritten no more often */
	RECOUNT_US = 1000 * 1000, /* after flow events were lost */
};

static void count_flow(const struct flow *flow, void *userdata)
{
	struct daemon *d = userdata;

	flows_count(d->flows, flow);
}

int recount(struct daemon *d)
{
	int r = flows_restart(d->flows, &d->world);

	if (r == 0)
		r = d->kernel->ops->flows_dump(d->kernel, count_flow, d);
	if (r < 0)
		return log_errno(LOG_WARNING, r, "cannot count connections");
	d->recount = false;
	d->counted_us = monotonic_us();
	return 0;
}

static bool goes_by_load(const struct config *config)
{
	array_foreach(&config->services, service)
		if (service->scheduler == SCHEDULER_WLC)
			return true;
	return false;
}

void on_flow(enum flow_event event, const struct flow *flow, void *userdata)
{
	struct daemon *d = userdata;
	uint64_t now = monotonic_us();

	if (event == FLOW_LOST) {
		d->recount = true;
		daemon_later(d, RECOUNT_US);
	} else if (flows_event(d->flows, event, flow) && goes_by_load(d->config)) {
		daemon_later(d, now - d->ring_us < RING_US ? RING_US - (now - d->ring_us) : 0);
	}
}

/* Some line may carry new connections of this family. */
static bool may_carry(const struct daemon *d, enum family_index f)
{
	for (size_t i = 0; i < d->config->uplinks.n; i++)
		if (d->world.lines[i].family[f].usable)
			return true;
	return false;
}

static bool is_ours(const struct daemon *d, const struct ip_address *address)
{
	array_foreach(&d->facts.addresses, have)
		if (ip_equal(&have->prefix.address, address))
			return true;
	return false;
}

/* Ends what goes by way of a family of a line: all of the line's when the line itself is down. */
static int clear_family(struct daemon *d, const struct line *was, const struct line *line,
			enum family_index f)
{
	const struct kernel_ops *kernel = d->kernel->ops;
	const struct ip_address *old = &was->family[f].address;
	bool gone = ip_is_set(old) && !is_ours(d, old);
	bool ended = was->family[f].usable && !line->family[f].usable;
	int r = 0;

	if (!may_carry(d, f) || (!gone && !ended))
		return 0;
	if (line->state != UPLINK_UP)
		r = kernel->flows_delete_mark(d->kernel, line_mark(&d->world, line),
					      d->config->gateway.mark_mask);
	if (r == 0 && ip_is_set(old) && (gone || line->state == UPLINK_UP))
		r = kernel->flows_delete_address(d->kernel, old);
	return r;
}

/* Connections of lines that the configuration no longer has. */
static void clear_ended(struct daemon *d)
{
	if (!may_carry(d, FAMILY_V4) && !may_carry(d, FAMILY_V6))
		return;
	array_foreach(&d->ended, mark) {
		int r = d->kernel->ops->flows_delete_mark(d->kernel, *mark,
							  d->config->gateway.mark_mask);

		if (r < 0)
			log_errno(
				LOG_WARNING, r,
				"cannot delete connections of a line that was taken out, ignoring");
	}
	d->ended.n = 0;
}

void clear_flows(struct daemon *d, const struct before *before)
{
	clear_ended(d);
	for (size_t i = 0; i < d->config->uplinks.n; i++)
		for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
			int r = clear_family(d, &before->lines[i], &d->world.lines[i], f);

			if (r < 0)
				log_errno(LOG_WARNING, r,
					  "uplink %s: cannot delete its connections, ignoring",
					  d->config->uplinks.v[i].name);
		}
}

/* Connections that were rewritten to an address that went while no daemon was looking. */
struct stale {
	struct daemon *d;
	ARRAY(struct ip_address) addresses;
	int error;
};

static void note_stale(const struct flow *flow, void *userdata)
{
	struct stale *stale = userdata;

	if (!(flow->mark & stale->d->config->gateway.mark_mask) ||
	    ip_equal(&flow->seen, &flow->client) || is_ours(stale->d, &flow->seen))
		return;
	array_foreach(&stale->addresses, address)
		if (ip_equal(address, &flow->seen))
			return;
	if (stale->error == 0)
		stale->error = array_push(&stale->addresses, flow->seen);
}

void clear_stale(struct daemon *d)
{
	struct stale stale = { .d = d };
	int r = d->kernel->ops->flows_dump(d->kernel, note_stale, &stale);

	r = r < 0 ? r : stale.error;
	array_foreach(&stale.addresses, address)
		if (r == 0 && may_carry(d, family_index(address->family)))
			r = d->kernel->ops->flows_delete_address(d->kernel, address);
	if (r < 0)
		log_errno(LOG_WARNING, r, "cannot delete connections of lost addresses, ignoring");
	array_done(&stale.addresses);
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
