/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections when their way ends. The arrangement that gives new ones another line comes first;
 * then the entries of the old one go, but only where a line is left that may carry them, and not
 * those of policies that keep them for the line to come back, as long as the address that they use
 * is there. A packet in flight may still have been given the old line by the old rules, so it is
 * looked for such entries a second time, a moment later.
 *
 * Deleting an entry tells nobody. UDP goes on by another line with its next packet; the ends of TCP
 * connections are told (telling.c).
 */
#include "daemon/state.h"

#include "base/log.h"
#include "base/time.h"
#include "policy/labels.h"
#include "uplink/learn.h"
#include "uplink/prefixes.h"

#include <errno.h>

enum {
	LATE_US = 250 * 1000
};

/* A source that is the line's by the file or by delegation, which may be on no interface. */
static bool leaves_as(const struct line *line, const struct ip_address *address)
{
	return ip_equal(&line->config->snat_address[family_index(address->family)], address) ||
	       line_has_prefix_of(line, address);
}

bool is_ours(const struct daemon *d, const struct ip_address *address)
{
	array_foreach(&d->facts.addresses, have)
		if (ip_equal(&have->prefix.address, address))
			return true;
	for (size_t i = 0; i < d->config->uplinks.n; i++)
		if (leaves_as(&d->world.lines[i], address))
			return true;
	return false;
}

int note_address(struct daemon *d, const struct ip_address *address, int link)
{
	struct lost_address lost = { .address = *address, .link = link };

	array_foreach(&d->lost, known)
		if (ip_equal(&known->address, address))
			return 0;
	return array_push(&d->lost, lost);
}

/* After a flush we have no say in that. */
static bool may_carry(const struct daemon *d, enum family_index f)
{
	return !d->world.flushed && world_may_carry(&d->world, f);
}

/* Marks the connections of a line that goes, until it is back or another line may carry them. */
static void note_stranded(const struct line *was, struct line *line)
{
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		line->stranded[f] =
			!line->family[f].carries && (line->stranded[f] || was->family[f].carries);
}

/* Addresses of lines that are gone join those that went before; what came back is forgotten. */
static int note_lost(struct daemon *d, const struct before *before)
{
	size_t kept = 0;
	int r = 0;

	array_foreach(&d->lost, lost)
		if (!is_ours(d, &lost->address))
			d->lost.v[kept++] = *lost;
	d->lost.n = kept;
	array_foreach(&before->addresses, address)
		for (size_t i = 0; i < d->config->uplinks.n; i++)
			if (address->link == before->lines[i].link &&
			    !ip_is_link_local(&address->prefix.address) &&
			    !is_ours(d, &address->prefix.address))
				r = r < 0 ? r
					  : note_address(d, &address->prefix.address,
							 address->link);
	return r;
}

static bool ends(const struct flow *flow, void *userdata)
{
	tell_ends(userdata, flow);
	return true;
}

static bool ends_with_line(const struct flow *flow, void *userdata)
{
	return !flow_has_label(flow, LABEL_KEEP) && ends(flow, userdata);
}

/* Its family has another line. */
static bool is_to_end(const struct daemon *d, const struct ip_address *address)
{
	return may_carry(d, family_index(address->family));
}

static bool ends_with_address(const struct flow *flow, void *userdata)
{
	struct ending *ending = userdata;

	array_foreach(&ending->d->lost, lost)
		if (flow_is_of(flow, &lost->address) && is_to_end(ending->d, &lost->address))
			return ends(flow, userdata);
	return false;
}

static void told(const struct flow *flow, void *userdata)
{
	ends(flow, userdata);
}

/* To delete all at once takes a fraction of what it takes one by one. */
static int end_all(struct daemon *d, const struct ended *ended)
{
	const struct kernel_ops *ops = d->kernel->ops;
	struct ending ending = { .d = d };
	uint8_t family = family_of(ended->f);
	int r = ops->flows_dump_mark(d->kernel, family, ended->mark, ended->mask, told, &ending);
	int deleted =
		ops->flows_delete_mark(d->kernel, family, ended->mark, ended->mask, NULL, NULL);

	r = r < 0 ? r : deleted;
	return r < 0 ? r : ending.error;
}

/* Those that wait for their line stay. */
static int end_with_line(struct daemon *d, const struct ended *ended)
{
	struct ending ending = { .d = d };
	int r;

	if (!labels_keep_some(d->config))
		return end_all(d, ended);
	r = d->kernel->ops->flows_delete_mark(d->kernel, family_of(ended->f), ended->mark,
					      ended->mask, ends_with_line, &ending);
	return r < 0 ? r : ending.error;
}

static struct ended all_of(const struct daemon *d, const struct line *line, enum family_index f)
{
	return (struct ended){ .f = f,
			       .mark = line_mark(&d->world, line),
			       .mask = d->config->gateway.mark_mask };
}

static int clear_line(struct daemon *d, struct line *line, enum family_index f)
{
	struct ended ended = all_of(d, line, f);
	int r = end_with_line(d, &ended);

	if (r < 0)
		return r;
	line->stranded[f] = false;
	d->late_us = monotonic_us() + LATE_US;
	daemon_later(d, LATE_US);
	return array_push(&d->late, ended);
}

/* It may be well: its probes have neither answered nor failed since they began. */
static bool is_unknown(const struct line *line)
{
	return line->state == UPLINK_PROBING && line->config->probes.n &&
	       line->quality.health == HEALTH_UNKNOWN;
}

static bool is_to_clear(const struct daemon *d, const struct line *line, enum family_index f)
{
	return line->stranded[f] && may_carry(d, f) && !is_unknown(line);
}

/* Nobody is told that these end, so they need not wait until all the others are read. */
static int clear_datagrams(struct daemon *d, const struct line *line, enum family_index f)
{
	struct ended ended = all_of(d, line, f);
	int r;

	if (labels_keep_some(d->config) || !is_to_clear(d, line, f))
		return 0;
	r = d->kernel->ops->flows_delete_datagrams(d->kernel, family_of(f), ended.mark, ended.mask);
	return r == -EOPNOTSUPP ? 0 : r;
}

static int clear_lines(struct daemon *d)
{
	int r = 0;

	for (size_t i = 0; i < d->config->uplinks.n; i++)
		for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
			r = r < 0 ? r : clear_datagrams(d, &d->world.lines[i], f);
	for (size_t i = 0; i < d->config->uplinks.n; i++)
		for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
			if (is_to_clear(d, &d->world.lines[i], f))
				r = r < 0 ? r : clear_line(d, &d->world.lines[i], f);
	return r;
}

/* The line is gone, or still cannot carry anything. */
static bool is_still_dead(const struct daemon *d, const struct ended *ended)
{
	for (size_t i = 0; i < d->config->uplinks.n; i++)
		if (line_mark(&d->world, &d->world.lines[i]) == ended->mark)
			return !d->world.lines[i].family[ended->f].carries;
	return true;
}

/* Once, and not until none is left: probes of the line go on, and what comes in over it. */
static int clear_late(struct daemon *d)
{
	uint64_t now_us = monotonic_us();
	int r = 0;

	if (!d->late.n)
		return 0;
	if (now_us < d->late_us) {
		daemon_later(d, d->late_us - now_us);
		return 0;
	}
	array_foreach(&d->late, ended)
		if (is_still_dead(d, ended) && may_carry(d, ended->f))
			r = r < 0 ? r : end_with_line(d, ended);
	array_done(&d->late);
	return r;
}

static int clear_ended(struct daemon *d, enum family_index f)
{
	size_t kept = 0;
	int r = 0;

	array_foreach(&d->ended, ended) {
		if (ended->f == f && r == 0)
			r = end_all(d, ended);
		if (ended->f != f || r < 0)
			d->ended.v[kept++] = *ended;
	}
	d->ended.n = kept;
	return r;
}

/* Connections that wait for their line's return have lost what they wait for. */
static int clear_lost(struct daemon *d)
{
	struct ending ending = { .d = d };
	size_t kept = 0;
	int r;

	array_foreach(&d->lost, lost)
		kept += !is_to_end(d, &lost->address);
	if (kept == d->lost.n)
		return 0;
	r = d->kernel->ops->flows_delete(d->kernel, ends_with_address, &ending);
	if (r < 0)
		return r;
	kept = 0;
	array_foreach(&d->lost, lost)
		if (!is_to_end(d, &lost->address))
			d->lost.v[kept++] = *lost;
	d->lost.n = kept;
	return ending.error;
}

void clear_flows(struct daemon *d, const struct before *before)
{
	int r;

	for (size_t i = 0; i < d->config->uplinks.n; i++)
		note_stranded(&before->lines[i], &d->world.lines[i]);
	r = note_lost(d, before);
	r = r < 0 ? r : clear_late(d);
	r = r < 0 ? r : clear_lines(d);
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		if (may_carry(d, f))
			r = r < 0 ? r : clear_ended(d, f);
	r = r < 0 ? r : clear_lost(d);
	r = r < 0 ? r : sweep_metered(d);
	if (r < 0) {
		log_errno(LOG_WARNING, r,
			  "cannot end the connections of a lost line, trying again");
		daemon_later(d, RETRY_US);
	}
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
