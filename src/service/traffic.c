/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPVS estimates every 2 s: a quarter of the new rate and three of the old one, in fractions of
 * 2^-10, or of 2^-5 for bytes. Here the steps are taken when somebody looks, all that have become
 * due, so that nothing wakes up for the sake of rates that nobody asks for; after some twenty of
 * them nothing is left of the old rate. A sum never goes back: a connection may have ended that is
 * not among those that live, and whose end has not been heard of.
 */
#include "service/traffic.h"

#include <string.h>

enum {
	STEP_US = 2 * 1000 * 1000,
	STEPS_MAX = 100, /* more change nothing */
	COUNT_SCALE = 10,
	BYTES_SCALE = 5
};

static unsigned scale_of(enum traffic_kind kind)
{
	return kind == TRAFFIC_BYTES_IN || kind == TRAFFIC_BYTES_OUT ? BYTES_SCALE : COUNT_SCALE;
}

static void for_each(struct world *world,
		     void (*each)(struct server_state *server, uint64_t now_us), uint64_t now_us)
{
	for (size_t i = 0; i < world->config->services.n; i++)
		for (size_t j = 0; j < world->config->services.v[i].servers.n; j++)
			each(&world->services[i].servers[j], now_us);
}

static void forget_live(struct server_state *server, uint64_t now_us)
{
	memset(server->traffic.live, 0, sizeof(server->traffic.live));
}

void traffic_begin(struct world *world)
{
	for_each(world, forget_live, 0);
}

static void add(uint64_t *v, const uint64_t *packets, const uint64_t *bytes)
{
	v[TRAFFIC_PACKETS_IN] += packets[FLOW_ORIGINAL];
	v[TRAFFIC_PACKETS_OUT] += packets[FLOW_REPLY];
	v[TRAFFIC_BYTES_IN] += bytes[FLOW_ORIGINAL];
	v[TRAFFIC_BYTES_OUT] += bytes[FLOW_REPLY];
}

void traffic_count(struct server_state *server, const struct flow *flow)
{
	add(server->traffic.live, flow->packets, flow->bytes);
}

static void sum_up(struct server_state *server)
{
	struct traffic *traffic = &server->traffic;
	uint64_t now[TRAFFIC_MAX];

	memcpy(now, traffic->live, sizeof(now));
	add(now, server->packets, server->bytes);
	now[TRAFFIC_CONNECTIONS] = server->total;
	for (enum traffic_kind kind = 0; kind < TRAFFIC_MAX; kind++) {
		uint64_t counted = now[kind] - traffic->zero[kind];

		if (now[kind] > traffic->zero[kind] && counted > traffic->sum[kind])
			traffic->sum[kind] = counted;
	}
}

/* `steps` times 2 s in which `delta` came evenly within `age_us`. */
static uint64_t estimate(uint64_t rate, uint64_t delta, uint64_t age_us, uint64_t steps,
			 unsigned scale)
{
	double a_second = (double)delta * 1e6 / (double)age_us;
	int64_t new = (int64_t)(a_second * (double)(1 << scale)), old = (int64_t)rate;

	for (uint64_t i = 0; i < steps; i++)
		old += (new - old) >> 2;
	return (uint64_t)old;
}

static void rate(struct server_state *server, uint64_t now_us)
{
	struct traffic *traffic = &server->traffic;
	uint64_t age_us = now_us - traffic->rated_us, steps = (age_us + STEP_US / 2) / STEP_US;

	steps = steps < STEPS_MAX ? steps : STEPS_MAX;
	if (traffic->rated_us && !steps)
		return;
	for (enum traffic_kind kind = 0; kind < TRAFFIC_MAX; kind++) {
		uint64_t delta = traffic->sum[kind] - traffic->seen[kind];

		if (traffic->rated_us)
			traffic->rate[kind] =
				estimate(traffic->rate[kind], delta, age_us, steps, scale_of(kind));
		traffic->seen[kind] = traffic->sum[kind];
	}
	traffic->rated_us = now_us;
}

static void end_one(struct server_state *server, uint64_t now_us)
{
	sum_up(server);
	rate(server, now_us);
}

void traffic_end(struct world *world, uint64_t now_us)
{
	for_each(world, end_one, now_us);
}

void traffic_zero(struct server_state *server)
{
	struct traffic *traffic = &server->traffic;

	server->total = 0;
	memset(server->packets, 0, sizeof(server->packets));
	memset(server->bytes, 0, sizeof(server->bytes));
	memcpy(traffic->zero, traffic->live, sizeof(traffic->zero));
	memset(traffic->sum, 0, sizeof(traffic->sum));
	memset(traffic->seen, 0, sizeof(traffic->seen));
	memset(traffic->rate, 0, sizeof(traffic->rate));
}

/* Rounded as ip_vs_read_estimator() rounds. */
uint64_t traffic_a_second(enum traffic_kind kind, uint64_t rate_of)
{
	unsigned scale = scale_of(kind);

	return (rate_of + (1U << (scale - 1)) - 1) >> scale;
}
