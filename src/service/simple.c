/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The quick shape of a service that asks for nothing but turns and NAT: its chain looks the next
 * server's address up in a slot map and rewrites to it, all in one rule, and thousands of such
 * services share a few maps.
 *
 * A chain serves the listens of one port, or of all ports when every server has one of its own:
 * the ring names the servers' ports, so listens that lead to different ones cannot share it.
 */
#include "service/parts.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "sched/ring.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>

/* One ring: for listens on `port` (0: for all of them). */
struct turn {
	const struct pool *pool;
	uint16_t port;
	char chain[176];
	bool tcp, udp;
};

static void want_slots(const struct turn *turn, const uint16_t *picks, size_t n, uint32_t first)
{
	const struct pool *pool = turn->pool;
	struct slots_map map = slots_map(pool_digit(pool), first);

	want_set(pool->objects, map.text, "numgen",
		 pool->f == FAMILY_V6 ? "ipv6_addr . inet_service" : "ipv4_addr . inet_service", 0);
	for (size_t i = 0; i < n; i++) {
		const struct config_server *server = &pool->service->servers.v[picks[i]];
		struct nft_key key = { 0 }, data = { 0 };

		nft_key_u32(&key, first + (uint32_t)i);
		nft_key_address(&data, &server->address);
		nft_key_port(&data, server->port ? server->port : turn->port);
		want_mapped(pool->objects, map.text, &key, &data);
	}
}

/* `restart` is anything that, when it changes, makes the kernel begin at the first slot again. */
static void want_dnat(const struct turn *turn, size_t n, uint32_t first, uint64_t restart,
		      const char *protocol)
{
	const struct pool *pool = turn->pool;

	want_nft_salted(pool->objects, turn->chain, restart,
			"meta l4proto %s dnat %s to numgen inc mod %zu offset %" PRIu32 " map @%s",
			protocol, pool_ip(pool), n, first, slots_map(pool_digit(pool), first).text);
}

static int want_walk(const struct turn *turn, const uint16_t *picks, size_t n, uint64_t restart)
{
	uint32_t first = 0;
	int r = slots_take(turn->pool->slots, turn->chain, (uint32_t)n, &first);

	if (r < 0)
		return r;
	want_slots(turn, picks, n, first);
	if (turn->tcp)
		want_dnat(turn, n, first, restart, "tcp");
	if (turn->udp)
		want_dnat(turn, n, first, restart, "udp");
	return 0;
}

static int want_cycle(const struct turn *turn, const struct ring *ring)
{
	uint64_t picks =
		hash_bytes(HASH_START, ring->picks.v, ring->picks.n * sizeof(*ring->picks.v));

	return want_walk(turn, ring->picks.v, ring->picks.n, picks);
}

static int want_turns_or_refusal(const struct turn *turn)
{
	_cleanup_free_ struct target *targets = NULL;
	const struct roll *roll = pool_roll(turn->pool, NO_LINE);
	struct ring ring = { 0 };
	int r;

	if (roll && roll->filled && !roll->scarce)
		return want_walk(turn, roll->picks, roll_slots(roll), roll->restart);
	r = pool_targets(turn->pool, NO_LINE, &targets);

	r = r < 0 ? r
		  : ring_make(turn->pool->service->scheduler, targets,
			      turn->pool->service->servers.n, &ring);
	if (r == 0 && ring.picks.n)
		r = want_cycle(turn, &ring);
	else if (r == 0)
		want_refusal(turn->pool, turn->chain);
	ring_done(&ring);
	return r;
}

/* The chain of one ring with all that leads there; nothing when no listen has an address now. */
static int want_turn(struct turn *turn)
{
	const struct config_service *service = turn->pool->service;

	for (size_t i = 0; i < service->listens.n; i++) {
		const struct config_listen *listen = &service->listens.v[i];

		if ((turn->port && listen->port != turn->port) ||
		    !want_listen(turn->pool, listen, turn->chain))
			continue;
		turn->tcp = turn->tcp || listen->protocol == IPPROTO_TCP;
		turn->udp = turn->udp || listen->protocol == IPPROTO_UDP;
	}
	if (!turn->tcp && !turn->udp)
		return 0;
	want_chain(turn->pool->objects, turn->chain, NULL);
	if (turn->tcp)
		want_nft(turn->pool->objects, turn->chain, MID_STREAM " reject with tcp reset");
	return want_turns_or_refusal(turn);
}

static bool servers_have_ports(const struct config_service *service)
{
	for (size_t i = 0; i < service->servers.n; i++)
		if (!service->servers.v[i].port)
			return false;
	return true;
}

/* True for the first listen of its port, so that every port gets one chain. */
static bool is_first_of_port(const struct config_service *service, size_t listen)
{
	for (size_t i = 0; i < listen; i++)
		if (service->listens.v[i].port == service->listens.v[listen].port)
			return false;
	return true;
}

int simple_turns(const struct pool *pool)
{
	const struct roll *roll = pool_roll(pool, NO_LINE);
	struct turn turn = { .pool = pool };
	uint32_t first;

	if (!roll || !roll->filled || roll->scarce ||
	    slots_find(pool->slots, pool_chain(pool, NO_LINE).text, &first) < 0)
		return -ENOENT;
	want_slots(&turn, roll->picks, roll_slots(roll), first);
	return 0;
}

void simple_intent(const struct pool *pool)
{
	const struct config_service *service = pool->service;
	struct turn turn = { .pool = pool };

	if (servers_have_ports(service)) {
		snprintf(turn.chain, sizeof(turn.chain), "%s", pool_chain(pool, NO_LINE).text);
		objects_fail(pool->objects, want_turn(&turn));
		return;
	}
	for (size_t i = 0; i < service->listens.n; i++) {
		if (!is_first_of_port(service, i))
			continue;
		turn.port = service->listens.v[i].port;
		turn.tcp = turn.udp = false;
		snprintf(turn.chain, sizeof(turn.chain), "%s/%u", pool_chain(pool, NO_LINE).text,
			 turn.port);
		objects_fail(pool->objects, want_turn(&turn));
	}
}
