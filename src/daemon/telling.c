/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ends of TCP connections that are gone are told so, each twice: one that has just answered
 * something unexpected stays silent for half a second (Linux: tcp_invalid_ratelimit). There may be
 * a hundred thousand of them, and the daemon has other things to do, so it speaks to a few at a
 * time.
 */
#include "daemon/state.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/time.h"

#include <errno.h>
#include <netinet/in.h>

enum {
	AT_ONCE = 256,
	PAUSE_US = 2000,
	AGAIN_US = 1000 * 1000
};

/* What kernel_ops.provoke needs of a flow. */
struct telling_end {
	struct ip_address to, from;
	uint16_t to_port, from_port;
	uint32_t id, mark;
	bool own;        /* a socket of this box that no packet reaches */
	int link;        /* that it may be bound to */
	uint64_t due_us; /* monotonic */
};

/* In order of their time; those before `next` have been told. */
struct telling_round {
	ARRAY(struct telling_end) ends;
	size_t next;
};

struct telling {
	struct daemon *d;
	sd_event_source *source;
	struct telling_round first, second;
	int error; /* of this run, reported once */
};

DEFINE_CLEANUP(struct telling *, telling_free)

static struct telling_end *round_due(struct telling_round *round, uint64_t now_us)
{
	if (round->next == round->ends.n || round->ends.v[round->next].due_us > now_us)
		return NULL;
	return &round->ends.v[round->next];
}

static void round_step(struct telling_round *round)
{
	if (++round->next < round->ends.n)
		return;
	array_done(&round->ends);
	round->next = 0;
}

static int tell(const struct telling *telling, const struct telling_end *end)
{
	struct kernel *kernel = telling->d->kernel;
	struct flow flow = { .id = end->id,
			     .protocol = IPPROTO_TCP,
			     .client = end->to,
			     .client_port = end->to_port,
			     .destination = end->from,
			     .destination_port = end->from_port };

	if (end->own && kernel->ops->end_socket(kernel, &flow, end->link) == 0)
		return 0;
	return kernel->ops->provoke(kernel, &flow, end->mark);
}

/* False when it is nobody's turn, or what was said has not left yet. */
static bool tell_next(struct telling *telling, uint64_t now_us)
{
	struct telling_end *end = round_due(&telling->first, now_us);
	bool first = end != NULL;
	int r;

	if (!end)
		end = round_due(&telling->second, now_us);
	if (!end)
		return false;
	r = tell(telling, end);
	if (r == -EAGAIN)
		return false;
	telling->error = telling->error < 0 ? telling->error : r;
	if (first) {
		end->due_us = now_us + AGAIN_US;
		if (array_push(&telling->second.ends, *end) < 0)
			log_oom();
	}
	round_step(first ? &telling->first : &telling->second);
	return true;
}

/* When the next one is due; UINT64_MAX: nobody is left. */
static uint64_t next_us(const struct telling *telling)
{
	const struct telling_round *round =
		telling->first.ends.n ? &telling->first : &telling->second;

	return round->ends.n ? round->ends.v[round->next].due_us : UINT64_MAX;
}

static int wake(struct telling *telling, uint64_t at_us)
{
	int r = sd_event_source_set_time(telling->source, at_us);

	return r < 0 ? r : sd_event_source_set_enabled(telling->source, SD_EVENT_ONESHOT);
}

static int on_turn(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct telling *telling = userdata;
	uint64_t now_us = monotonic_us(), next;
	int had = telling->error;

	for (size_t i = 0; i < AT_ONCE && tell_next(telling, now_us); i++)
		continue;
	if (telling->error < 0 && had == 0)
		log_errno(LOG_WARNING, telling->error,
			  "cannot tell clients that their connection is gone, ignoring");
	next = next_us(telling);
	if (next == UINT64_MAX) {
		telling->error = 0;
		return 0;
	}
	now_us = monotonic_us() + PAUSE_US;
	return wake(telling, next > now_us ? next : now_us);
}

int telling_new(struct daemon *d, struct telling **ret)
{
	_cleanup_(telling_freep) struct telling *telling = calloc(1, sizeof(*telling));
	int r;

	if (!telling)
		return -ENOMEM;
	telling->d = d;
	r = sd_event_add_time(d->event, &telling->source, CLOCK_MONOTONIC, 0, 1, on_turn, telling);
	r = r < 0 ? r : sd_event_source_set_enabled(telling->source, SD_EVENT_OFF);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(telling);
	return 0;
}

void telling_free(struct telling *telling)
{
	if (!telling)
		return;
	sd_event_source_unref(telling->source);
	array_done(&telling->first.ends);
	array_done(&telling->second.ends);
	free(telling);
}

static int add(struct telling *telling, struct telling_end end)
{
	bool idle = telling->first.ends.n == 0;
	int r;

	end.due_us = monotonic_us();
	r = array_push(&telling->first.ends, end);
	return r == 0 && idle ? wake(telling, end.due_us) : r;
}

static struct telling_end client_of(const struct flow *flow)
{
	return (struct telling_end){ .to = flow->client,
				     .to_port = flow->client_port,
				     .from = flow->destination,
				     .from_port = flow->destination_port,
				     .id = flow->id };
}

static struct telling_end server_of(const struct flow *flow)
{
	return (struct telling_end){ .to = flow->server,
				     .to_port = flow->server_port,
				     .from = flow->seen,
				     .from_port = flow->seen_port,
				     .id = flow->id };
}

int tell_client(struct daemon *d, const struct flow *flow, uint32_t mark)
{
	struct telling_end end = client_of(flow);

	end.mark = mark;
	return add(d->telling, end);
}

/*
 * What the main table reaches by a route that is not a default one, and not over a line; or did
 * lately (policy/routes.c).
 */
static bool is_inside(const struct daemon *d, const struct ip_address *address)
{
	const struct route *best = NULL;

	if (deprecation_covers(&d->deprecation, address))
		return true;
	array_foreach(&d->facts.routes, route)
		if (route->destination.length && ip_contains(&route->destination, address) &&
		    (!best || route->destination.length > best->destination.length))
			best = route;
	return best && !world_line_of_link(&d->world, best->link);
}

static const struct address *find_own(const struct daemon *d, const struct ip_address *address)
{
	array_foreach(&d->facts.addresses, have)
		if (ip_equal(&have->prefix.address, address))
			return have;
	return NULL;
}

static const struct lost_address *find_lost(const struct daemon *d,
					    const struct ip_address *address)
{
	array_foreach(&d->lost, lost)
		if (ip_equal(&lost->address, address))
			return lost;
	return NULL;
}

/* The rules answer by a reset to an address whose line is dead (policy/marks.c), to no other. */
static bool rules_answer(const struct daemon *d, const struct address *own)
{
	const struct line *line = world_line_of_link(&d->world, own->link);

	return line && !line->family[family_index(own->prefix.address.family)].carries;
}

static int tell_end(struct daemon *d, struct telling_end end)
{
	const struct address *own = find_own(d, &end.to);
	const struct lost_address *lost = find_lost(d, &end.to);

	end.own = own ? !rules_answer(d, own) : lost != NULL;
	end.link = own ? own->link : lost ? lost->link : 0;
	return own || end.own || is_inside(d, &end.to) ? add(d->telling, end) : 0;
}

void tell_ends(struct ending *ending, const struct flow *flow)
{
	int r;

	/* Who still waits for an answer to a SYN repeats it by itself. */
	if (!flow->open)
		return;
	r = tell_end(ending->d, client_of(flow));
	r = r < 0 ? r : tell_end(ending->d, server_of(flow));
	ending->error = ending->error < 0 ? ending->error : r;
}
