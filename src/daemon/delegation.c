/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prefixes that a DHCPv6 client was given for a line. The client says so and they are kept for the
 * daemon after us. What spoke from a prefix that went can get no answers: its connections end, and
 * their ends are told.
 */
#include "daemon/state.h"

#include "base/log.h"
#include "base/time.h"
#include "uplink/prefixes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Of that prefix, and of none that is some line's now: it may only have become smaller. */
static bool has_lost(const struct daemon *d, const struct ip_prefix *prefix,
		     const struct ip_address *address)
{
	if (!ip_contains(prefix, address))
		return false;
	for (size_t i = 0; i < d->config->uplinks.n; i++)
		if (line_has_prefix_of(&d->world.lines[i], address))
			return false;
	return true;
}

static bool is_of(const struct daemon *d, const struct flow *flow, const struct ip_prefix *prefix)
{
	return has_lost(d, prefix, &flow->client) || has_lost(d, prefix, &flow->server) ||
	       has_lost(d, prefix, &flow->destination) || has_lost(d, prefix, &flow->seen);
}

/* A connection over some line that uses a prefix that is gone. */
static bool is_lost(const struct flow *flow, void *userdata)
{
	struct ending *ending = userdata;
	struct daemon *d = ending->d;

	if (!(flow->mark & d->config->gateway.mark_mask))
		return false;
	array_foreach(&d->lost_prefixes, prefix)
		if (is_of(d, flow, prefix)) {
			tell_ends(ending, flow);
			return true;
		}
	return false;
}

void clear_delegated(struct daemon *d)
{
	struct ending ending = { .d = d };
	int r;

	if (!d->lost_prefixes.n || d->world.flushed)
		return;
	r = d->kernel->ops->flows_delete(d->kernel, is_lost, &ending);
	r = r < 0 ? r : ending.error;
	if (r < 0) {
		log_errno(LOG_WARNING, r, "cannot end the connections of a prefix, trying again");
		daemon_later(d, RETRY_US);
		return;
	}
	array_done(&d->lost_prefixes);
}

/* Those of `before` that are not there as they were. */
static int note_lost_prefixes(struct daemon *d, const struct line *before, const struct line *line)
{
	int r = 0;

	for (size_t i = 0; i < before->delegated.n; i++) {
		bool there = false;

		for (size_t j = 0; j < line->delegated.n; j++)
			there = there || ip_prefix_compare(&line->delegated.v[j],
							   &before->delegated.v[i]) == 0;
		if (!there)
			r = r < 0 ? r : array_push(&d->lost_prefixes, before->delegated.v[i]);
	}
	return r;
}

static int refuse(char **ret_message, int error, const char *what, const char *why)
{
	if (asprintf(ret_message, "%s %s", what, why) < 0)
		*ret_message = NULL;
	return error;
}

static int read_prefixes(char *const *texts, struct ip_prefix *ret, size_t *ret_n,
			 char **ret_message)
{
	size_t n = 0;

	for (; texts[n]; n++) {
		if (n == LINE_DELEGATED_MAX)
			return refuse(ret_message, -EINVAL, texts[n],
				      "is one prefix more than a line can have");
		if (!strchr(texts[n], '/') || ip_prefix_parse(texts[n], &ret[n]) < 0)
			return refuse(ret_message, -EINVAL, texts[n],
				      "is no IPv6 prefix like 2001:db8:1::/56");
	}
	*ret_n = n;
	return 0;
}

int request_delegate(void *userdata, const char *uplink, char **prefixes, char **ret_message)
{
	struct daemon *d = userdata;
	int at = config_find_uplink(d->config, uplink);
	struct ip_prefix v[LINE_DELEGATED_MAX];
	struct line before;
	size_t n = 0;
	int r;

	if (at < 0)
		return refuse(ret_message, at, uplink, "is no uplink");
	r = read_prefixes(prefixes, v, &n, ret_message);
	if (r < 0)
		return r;
	before = d->world.lines[at];
	r = delegations_set(&d->runtime.delegations, uplink, v, n);
	if (r == -EINVAL)
		return refuse(ret_message, r, "a delegated prefix",
			      "is of IPv6, and at most a /64");
	if (r < 0)
		return r;
	delegations_apply(&d->runtime.delegations, &d->world);
	r = note_lost_prefixes(d, &before, &d->world.lines[at]);
	if (r < 0)
		return r;
	/* The client's addresses came or went with it. */
	d->dirty |= KERNEL_ADDRESSES | KERNEL_ROUTES;
	r = arrange(d);
	return r < 0 ? r : runtime_save(&d->runtime);
}

void look_inside(struct daemon *d)
{
	if (deprecation_look(&d->deprecation, &d->world, monotonic_us()) < 0)
		log_oom();
}

/* Hosts inside are told of prefixes whose line is dead, in time. */
void deprecate(struct daemon *d)
{
	uint64_t now_us = monotonic_us(), due_us;
	struct advertisement advertisement;

	while (d->config->gateway.forwarding &&
	       deprecation_next(&d->deprecation, &d->world, now_us, &advertisement)) {
		int r = d->kernel->ops->advertise(d->kernel, &advertisement);
		const struct link *link = facts_link(&d->facts, advertisement.link);

		if (r < 0 && link && link->carrier)
			log_errno(LOG_WARNING, r, "cannot advertise prefixes on %s, ignoring",
				  link->name);
	}
	due_us = deprecation_due(&d->deprecation);
	if (due_us && d->config->gateway.forwarding)
		daemon_later(d, due_us > now_us ? due_us - now_us : 0);
}
