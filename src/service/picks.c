/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a server is picked for a new connection. First those who have one: persistent clients, and
 * destinations that lblc and lblcr have given away. Each server has a set of its own for them, so
 * that a server that may not have them is left out by a rule less, at once and whatever their
 * number; the set goes with the server that goes. Then a ring walked by numgen, or a table entered
 * by the hash of an address. Both lead to the chain of a server.
 */
#include "service/pool.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/time.h"
#include "sched/locality.h"
#include "sched/ring.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define JHASH_SEED "0x75706c6b"

static bool is_local(const struct pool *pool)
{
	return pool->service->scheduler == SCHEDULER_LBLC ||
	       pool->service->scheduler == SCHEDULER_LBLCR;
}

static bool remembers(const struct pool *pool)
{
	return pool->service->persistent_ms || is_local(pool);
}

/* What is remembered of a connection, as a key of nft. */
static struct pool_name memory_key(const struct pool *pool)
{
	struct ip_prefix mask = { .length = pool->service->netmask[pool->f] };
	struct pool_name key;

	if (!pool->service->persistent_ms) {
		snprintf(key.text, sizeof(key.text), "%s daddr", pool_ip(pool));
	} else if (mask.length >= ip_bits(family_of(pool->f))) {
		snprintf(key.text, sizeof(key.text), "%s saddr", pool_ip(pool));
	} else {
		mask.address.family = family_of(pool->f);
		memset(mask.address.bytes, 0xff, ip_size(mask.address.family));
		mask = ip_network(&mask);
		snprintf(key.text, sizeof(key.text), "%s saddr & %s", pool_ip(pool),
			 ip_text(&mask.address).text);
	}
	return key;
}

/*
 * Its clients come back to it; a drained one keeps them, unless that is not wanted, even while the
 * sorry server takes new ones. Without a quorum it takes all.
 */
static bool keeps_clients(const struct pool *pool, const struct target *targets, size_t i, int line)
{
	if (!pool->service->persistent_ms)
		return target_takes(&targets[i]);
	if ((pool->service->sorry >= 0 && pool->state->below_quorum) ||
	    !server_serves(&pool->service->servers.v[i], line))
		return false;
	return targets[i].weight > 0 || !pool->service->expire_quiescent;
}

static bool destination_leaves(const struct pool *pool, const struct target *targets, size_t i)
{
	return is_local(pool) && !pool->service->persistent_ms &&
	       lblc_leaves(targets, pool->service->servers.n, i);
}

/* Who comes back to the server is remembered: it has a set. */
static bool has_memory(const struct pool *pool, size_t i)
{
	bool drained = pool->state->servers[i].share == 0 && pool->service->expire_quiescent;

	return remembers(pool) && pool_has(pool, i) && pool_is_there(pool, i) && !drained &&
	       (int)i != pool->service->sorry;
}

void want_memory(const struct pool *pool)
{
	for (size_t i = 0; i < pool->service->servers.n; i++)
		if (has_memory(pool, i))
			want_set(pool->objects, pool_server(pool, "persist", i).text,
				 pool->f == FAMILY_V6 ? "ipv6_addr" : "ipv4_addr", NULL,
				 NFT_SET_IS_DYNAMIC);
}

void want_remember(const struct pool *pool, const char *chain, size_t server)
{
	uint64_t timeout =
		pool->service->persistent_ms ? pool->service->persistent_ms : LOCALITY_IDLE_MS;

	if (has_memory(pool, server))
		want_nft(pool->objects, chain, "update @%s { %s timeout %s }",
			 pool_server(pool, "persist", server).text, memory_key(pool).text,
			 duration_text(timeout).text);
}

/* Servers in the order in which the sets are asked: for lblcr the least loaded first. */
static void order_by_load(const struct pool *pool, const struct target *targets, size_t *order)
{
	size_t n = pool->service->servers.n;

	for (size_t i = 0; i < n; i++) {
		size_t at = i;

		for (; is_local(pool) && at > 0 &&
		       target_is_lighter(&targets[i], &targets[order[at - 1]]);
		     at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

static int want_known(const struct pool *pool, const char *chain, int line,
		      const struct target *targets)
{
	size_t n = pool->service->servers.n;
	_cleanup_free_ size_t *order = calloc(n + 1, sizeof(*order));

	if (!order)
		return -ENOMEM;
	order_by_load(pool, targets, order);
	for (size_t i = 0; i < n; i++)
		if (has_memory(pool, order[i]) && keeps_clients(pool, targets, order[i], line) &&
		    !destination_leaves(pool, targets, order[i]))
			want_nft(pool->objects, chain, "%s @%s goto %s", memory_key(pool).text,
				 pool_server(pool, "persist", order[i]).text,
				 pool_target(pool, order[i]).text);
	/* A destination that has left is not found there again; lblcr's set of servers grows. */
	for (size_t i = 0; pool->service->scheduler == SCHEDULER_LBLC && i < n; i++)
		if (has_memory(pool, i) && destination_leaves(pool, targets, i))
			want_nft(pool->objects, chain, "delete @%s { %s }",
				 pool_server(pool, "persist", i).text, memory_key(pool).text);
	return 0;
}

/* The kernel checks every chain that a map leads to against every hook that looks into it. */
static char slots_kind(const struct pool *pool)
{
	return pool->stage ? 'p' : 'v';
}

/* Picks as elements of the map that holds the slots from `first` on; SLOT_NONE leaves a gap. */
static void want_slots(const struct pool *pool, const uint16_t *picks, size_t n, uint32_t first)
{
	struct slots_map map = slots_map(slots_kind(pool), first);

	want_set(pool->objects, map.text, "numgen", "verdict", 0);
	for (size_t i = 0; i < n; i++) {
		struct nft_key key = { 0 };

		if (picks[i] == SLOT_NONE)
			continue;
		nft_key_u32(&key, first + (uint32_t)i);
		want_verdict(pool->objects, map.text, &key, "%s", pool_target(pool, picks[i]).text);
	}
}

/* What the slots of a chain's picks are kept under. */
static void slots_name(const struct pool *pool, const char *chain, char *name, size_t size)
{
	snprintf(name, size, "%s%s", pool->direct ? "direct/" : "", chain);
}

static int take_slots(const struct pool *pool, const char *chain, size_t n, uint32_t *ret_first)
{
	char name[176];

	slots_name(pool, chain, name, sizeof(name));
	return slots_take(pool->slots, name, (uint32_t)n, ret_first);
}

/* `restart` is anything that, when it changes, makes the kernel begin at the first slot again. */
static int want_walk(const struct pool *pool, const char *chain, const uint16_t *picks, size_t n,
		     uint64_t restart)
{
	uint32_t first;
	int r = take_slots(pool, chain, n, &first);

	if (r < 0)
		return r;
	want_slots(pool, picks, n, first);
	want_nft_salted(pool->objects, chain, restart,
			"numgen inc mod %zu offset %" PRIu32 " vmap @%s", n, first,
			slots_map(slots_kind(pool), first).text);
	return 0;
}

static int want_ring(const struct pool *pool, const char *chain, const struct target *targets)
{
	struct ring ring = { 0 };
	int r = ring_make(pool->service->scheduler, targets, pool->service->servers.n, &ring);

	if (r < 0)
		return r;
	if (ring.picks.n == 1)
		want_nft(pool->objects, chain, "goto %s", pool_target(pool, ring.picks.v[0]).text);
	else if (ring.picks.n)
		r = want_walk(
			pool, chain, ring.picks.v, ring.picks.n,
			hash_bytes(HASH_START, ring.picks.v, ring.picks.n * sizeof(*ring.picks.v)));
	ring_done(&ring);
	return r;
}

static const char *hash_key(const struct pool *pool, const struct scheduler *scheduler)
{
	bool v6 = pool->f == FAMILY_V6;

	switch (scheduler_key(scheduler, pool->service->scheduler_flags)) {
	case SCHED_KEY_SOURCE_PORT:
		return v6 ? "ip6 saddr . th sport" : "ip saddr . th sport";
	case SCHED_KEY_DESTINATION:
		return v6 ? "ip6 daddr" : "ip daddr";
	case SCHED_KEY_SOURCE:
	case SCHED_KEY_NONE:
		break;
	}
	return v6 ? "ip6 saddr" : "ip saddr";
}

static int want_hash(const struct pool *pool, const char *chain, const struct scheduler *scheduler,
		     const struct target *targets)
{
	size_t n = pool->service->servers.n, size = scheduler->table_size(targets, n);
	_cleanup_free_ uint16_t *picks = calloc(size + 1, sizeof(*picks));
	uint32_t first;
	int r;

	if (!picks)
		return -ENOMEM;
	r = scheduler->table(targets, n, pool->service->scheduler_flags, picks, size);
	r = r < 0 ? r : take_slots(pool, chain, size, &first);
	if (r < 0)
		return r;
	want_slots(pool, picks, size, first);
	want_nft(pool->objects, chain,
		 "jhash %s mod %zu seed " JHASH_SEED " offset %" PRIu32 " vmap @%s",
		 hash_key(pool, scheduler), size, first, slots_map(slots_kind(pool), first).text);
	return 0;
}

int want_turns(const struct pool *pool, int line)
{
	const struct roll *roll = pool_roll(pool, line);
	char name[176];
	uint32_t first;

	if (!roll || !roll->filled || roll->scarce)
		return -ENOENT;
	slots_name(pool, pool_chain(pool, line).text, name, sizeof(name));
	if (slots_find(pool->slots, name, &first) < 0)
		return -ENOENT;
	want_slots(pool, roll->picks, roll_slots(roll), first);
	return 0;
}

static bool any_takes(const struct pool *pool, const struct target *targets)
{
	for (size_t i = 0; i < pool->service->servers.n; i++)
		if (target_takes(&targets[i]))
			return true;
	return false;
}

static int want_choice(const struct pool *pool, const char *chain, int line,
		       const struct target *targets)
{
	const struct scheduler *scheduler = scheduler_get(pool->service->scheduler);
	const struct roll *roll = pool_roll(pool, line);

	if (!any_takes(pool, targets))
		return 0;
	if (scheduler->table)
		return want_hash(pool, chain, scheduler, targets);
	if (roll && roll->filled)
		return want_walk(pool, chain, roll->picks, roll_slots(roll), roll->restart);
	return want_ring(pool, chain, targets);
}

/*
 * Says at once that there is no server to take a connection, as IPVS does; to TCP by a reset, whose
 * source is the service. An ICMP error for IPv4 has an address of the best line and may be lost.
 */
void want_refusal(const struct pool *pool, const char *chain)
{
	if (pool->service->bypass) {
		want_nft(pool->objects, chain, "accept");
		return;
	}
	if (pool->direct) {
		want_nft(pool->objects, chain, "goto refuse");
		return;
	}
	want_nft(pool->objects, chain, "reject with tcp reset");
	want_nft(pool->objects, chain, "reject with icmpx port-unreachable");
}

int want_picks(const struct pool *pool, const char *chain, int line)
{
	_cleanup_free_ struct target *targets = NULL;
	int r = pool_targets(pool, line, &targets);

	if (r == 0 && remembers(pool))
		r = want_known(pool, chain, line, targets);
	if (r == 0 && !pool->direct)
		want_associates(pool, chain, targets);
	r = r < 0 ? r : want_choice(pool, chain, line, targets);
	if (r == 0)
		want_refusal(pool, chain);
	return r;
}
