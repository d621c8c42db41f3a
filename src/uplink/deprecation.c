/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The prefix of a dead line: hosts that speak from it would need translation at best, so they are
 * told to prefer another one, if they have it. The same when a line gets another prefix: routers
 * that only fall silent about the old one leave hosts with it for days (RFC 8978).
 *
 * There may be a daemon on this box that advertises the same prefix, and contradicts us; so what is
 * dead is said again from time to time. When it is back that daemon's word counts, and ours has
 * only to last until then.
 *
 * A router advertisement says also for how long we are a default router. As the receivers' last
 * word it must not be 0 while there is a way out; with none, hosts do well to forget us and use
 * IPv4.
 */
#include "uplink/deprecation.h"

#include "uplink/prefixes.h"

#include <stdlib.h>
#include <string.h>

enum {
	HOST_NET = 64,      /* bits of a net in which hosts make themselves addresses */
	TELLINGS = 3,       /* at once, as any of them may be lost */
	TELLING_S = 1,      /* between these */
	REMINDER_S = 30,    /* between others, of what is dead */
	GONE_S = 2 * 3600,  /* no host keeps a deprecated address longer: it is not renewed */
	VALID_S = 2 * 3600, /* the least that hosts believe */
	ROUTER_S = 1800,    /* RFC 4861, section 6.2.1: AdvDefaultLifetime */
	AGAIN_S = 2700,     /* at most, for a prefix that is back: RFC 9096, section 3.4 */
	AGAIN_VALID_S = 5400,
	SECOND_US = 1000 * 1000
};

void deprecation_done(struct deprecation *deprecation)
{
	array_done(&deprecation->v);
}

static const struct line *line_of(const struct world *world, const struct ip_address *address)
{
	for (size_t i = 0; i < world->config->uplinks.n; i++)
		if (line_has_prefix_of(&world->lines[i], address))
			return &world->lines[i];
	return NULL;
}

static struct inside_prefix *find(struct deprecation *deprecation, int link,
				  const struct ip_prefix *net)
{
	array_foreach(&deprecation->v, known)
		if (known->link == link && ip_prefix_compare(&known->net, net) == 0)
			return known;
	return NULL;
}

/* What was never dead in our time needs no word from us. */
static void enter(struct inside_prefix *prefix, bool dead, uint64_t now_us)
{
	if (prefix->dead == dead)
		return;
	prefix->dead = dead;
	prefix->sent = 0;
	prefix->due_us = now_us;
}

static int look_at(struct deprecation *deprecation, const struct world *world,
		   const struct address *address, uint64_t now_us)
{
	struct inside_prefix fresh = {
		.link = address->link,
		.net = { address->prefix.address, HOST_NET },
	};
	const struct line *line = line_of(world, &address->prefix.address);
	struct inside_prefix *prefix;
	int r = 0;

	fresh.net = ip_network(&fresh.net);
	prefix = find(deprecation, fresh.link, &fresh.net);
	if (!prefix && line) {
		r = array_push(&deprecation->v, fresh);
		prefix = r < 0 ? NULL : &deprecation->v.v[deprecation->v.n - 1];
	}
	if (!prefix)
		return r;
	prefix->gone_us = 0;
	prefix->preferred_s = address->preferred_s;
	prefix->valid_s = address->valid_s;
	enter(prefix, !line || !line->family[FAMILY_V6].usable, now_us);
	return 0;
}

static void look_for_gone(struct deprecation *deprecation, uint64_t now_us)
{
	size_t kept = 0;

	array_foreach(&deprecation->v, prefix) {
		if (prefix->gone_us == now_us)
			enter(prefix, true, now_us);
		if (!prefix->gone_us || now_us - prefix->gone_us < (uint64_t)GONE_S * SECOND_US)
			deprecation->v.v[kept++] = *prefix;
	}
	deprecation->v.n = kept;
}

int deprecation_look(struct deprecation *deprecation, const struct world *world, uint64_t now_us)
{
	int r = 0;

	if (world->flushed) {
		deprecation->v.n = 0;
		return 0;
	}
	array_foreach(&deprecation->v, prefix)
		if (!prefix->gone_us)
			prefix->gone_us = now_us;
	array_foreach(&world->facts->addresses, address)
		if (r == 0 && address->prefix.address.family == AF_INET6 && address->usable &&
		    !address->host_scope && world_is_inside(world, address->link))
			r = look_at(deprecation, world, address, now_us);
	look_for_gone(deprecation, now_us);
	return r;
}

static uint16_t router_lifetime(const struct world *world)
{
	for (size_t i = 0; i < world->config->uplinks.n; i++)
		if (world->lines[i].family[FAMILY_V6].usable)
			return ROUTER_S;
	return 0;
}

static uint32_t at_most(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void say(struct inside_prefix *prefix, uint64_t now_us, struct advertisement *advertisement)
{
	struct advertised *said = &advertisement->v[advertisement->n++];

	said->net = prefix->net;
	said->preferred_s = prefix->dead ? 0 : at_most(prefix->preferred_s, AGAIN_S);
	said->valid_s = prefix->dead ? VALID_S : at_most(prefix->valid_s, AGAIN_VALID_S);
	prefix->sent++;
	if (prefix->sent < TELLINGS)
		prefix->due_us = now_us + (uint64_t)TELLING_S * SECOND_US;
	else
		prefix->due_us = prefix->dead ? now_us + (uint64_t)REMINDER_S * SECOND_US : 0;
}

bool deprecation_next(struct deprecation *deprecation, const struct world *world, uint64_t now_us,
		      struct advertisement *ret)
{
	*ret = (struct advertisement){ .router_s = router_lifetime(world) };
	array_foreach(&deprecation->v, prefix) {
		if (!prefix->due_us || prefix->due_us > now_us || ret->n == ADVERTISED_MAX)
			continue;
		if (!ret->n)
			ret->link = prefix->link;
		if (prefix->link == ret->link)
			say(prefix, now_us, ret);
	}
	return ret->n > 0;
}

bool deprecation_covers(const struct deprecation *deprecation, const struct ip_address *address)
{
	array_foreach(&deprecation->v, prefix)
		if (ip_contains(&prefix->net, address))
			return true;
	return false;
}

uint64_t deprecation_due(const struct deprecation *deprecation)
{
	uint64_t due = 0;

	array_foreach(&deprecation->v, prefix)
		if (prefix->due_us && (!due || prefix->due_us < due))
			due = prefix->due_us;
	return due;
}
