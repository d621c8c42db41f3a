/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reserve of IPsec services: associations that outlive their idle time. The kernel is told of
 * them anew, which makes them look used; so it is remembered since when they were not.
 */
#include "daemon/reserves.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/time.h"
#include "daemon/state.h"
#include "service/numbers.h"
#include "service/reserve.h"

#include <errno.h>
#include <string.h>

enum {
	KERNEL_CLOCK_US = 30 * 1000 /* how far its ticks and ours may be apart */
};

/* An element of a set of associations. */
struct held {
	size_t set; /* of struct look */
	uint8_t key[32], key_size;
	uint32_t data, data_size;
	struct renewed memory; /* renewed_us: 0 when the kernel itself knows */
};

struct look_set {
	enum nft_table_id table;
	struct pool_name name;
};

/* All associations of one service in one table. */
struct look {
	struct daemon *d;
	const struct config_service *service;
	const struct renewals *renewals; /* so far */
	uint64_t now_us;
	ARRAY(struct look_set) sets;
	ARRAY(uint32_t) numbers; /* of the servers; none: every element is of the service */
	ARRAY(struct held) held;
	ARRAY(struct association) associations;
	int error;
};

static void look_done(struct look *look)
{
	array_done(&look->sets);
	array_done(&look->numbers);
	array_done(&look->held);
	array_done(&look->associations);
}

static int by_id(const void *a, const void *b)
{
	const struct renewed *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* When the kernel saw it last is when the client did something, unless it was us. */
static struct renewed recall(const struct look *look, uint64_t id, uint64_t expires_ms)
{
	uint64_t full_ms = look->service->ipsec.full_ms;
	uint64_t age_us = expires_ms < full_ms ? (full_ms - expires_ms) * 1000 : 0;
	struct renewed seen = { .id = id, .used_us = look->now_us - age_us }, *before = NULL;

	if (look->renewals->v.n)
		before = bsearch(&seen, look->renewals->v.v, look->renewals->v.n, sizeof(seen),
				 by_id);
	return before && seen.used_us <= before->renewed_us + KERNEL_CLOCK_US ? *before : seen;
}

static bool is_of_service(const struct look *look, uint32_t number)
{
	for (size_t i = 0; i < look->numbers.n; i++)
		if (look->numbers.v[i] == number)
			return true;
	return !look->numbers.n;
}

static void look_at(const uint8_t *key, size_t key_size, const uint8_t *data, size_t data_size,
		    uint64_t expires_ms, void *userdata)
{
	struct look *look = userdata;
	struct held held = { .set = look->sets.n - 1,
			     .key_size = (uint8_t)key_size,
			     .data_size = (uint32_t)data_size };
	const char *name = look->sets.v[held.set].name.text;
	struct association association = { .left_ms = expires_ms, .index = look->held.n };
	int r;

	if (key_size > sizeof(held.key) || data_size > sizeof(held.data))
		return;
	memcpy(held.key, key, key_size);
	if (data_size)
		memcpy(&held.data, data, data_size);
	if (!is_of_service(look, held.data & DIRECT_SERVER_MASK))
		return;
	held.memory =
		recall(look, hash_bytes(hash_bytes(HASH_START, name, strlen(name)), key, key_size),
		       expires_ms);
	association.idle_ms = (look->now_us - held.memory.used_us) / 1000;
	r = array_push(&look->held, held);
	r = r < 0 ? r : array_push(&look->associations, association);
	look->error = look->error < 0 ? look->error : r;
}

static int read_set(struct look *look, enum nft_table_id table, const char *name)
{
	struct look_set set = { .table = table };
	int r;

	snprintf(set.name.text, sizeof(set.name.text), "%s", name);
	r = array_push(&look->sets, set);
	if (r == 0)
		r = look->d->kernel->ops->members(look->d->kernel, table, name, look_at, look);
	/* Servers that are gone have none. */
	r = r == -ENOENT ? 0 : r;
	return r < 0 ? r : look->error;
}

/* Of servers by NAT, which each have a set. */
static int read_full(struct look *look)
{
	const struct pool pool = { .world = &look->d->world, .service = look->service };
	int r = 0;

	for (size_t i = 0; r == 0 && i < look->service->servers.n; i++)
		if (look->service->servers.v[i].method == METHOD_NAT)
			r = read_set(look, NFT_INET, pool_server(&pool, "full", i).text);
	return r;
}

/* Of a service in the ingress hook: its servers' elements of the sets that are for all. */
static int read_guarded(struct look *look)
{
	const struct pool pool = { .world = &look->d->world,
				   .service = look->service,
				   .slots = &look->d->runtime.slots };
	int r = 0;

	for (size_t i = 0; r == 0 && i < look->service->servers.n; i++) {
		uint32_t number = number_find(&pool, i);

		if (number)
			r = array_push(&look->numbers, number);
	}
	if (!look->numbers.n)
		return r;
	r = r < 0 ? r : read_set(look, NFT_NETDEV, "guarded4");
	return r < 0 ? r : read_set(look, NFT_NETDEV, "guarded6");
}

static struct nft_member member_of(const struct held *held, uint64_t timeout_ms)
{
	return (struct nft_member){ .key = held->key,
				    .key_size = held->key_size,
				    .data = timeout_ms && held->data_size
						    ? (const uint8_t *)&held->data
						    : NULL,
				    .data_size = timeout_ms ? (uint8_t)held->data_size : 0,
				    .timeout_ms = timeout_ms };
}

static int change_set(struct look *look, size_t set)
{
	_cleanup_free_ struct nft_member *adds = calloc(look->held.n + 1, sizeof(*adds)),
					 *deletes = calloc(look->held.n + 1, sizeof(*deletes));
	struct kernel *kernel = look->d->kernel;
	size_t adds_n = 0, deletes_n = 0;
	int r;

	if (!adds || !deletes)
		return -ENOMEM;
	array_foreach(&look->associations, association) {
		const struct held *held = &look->held.v[association->index];

		if (held->set != set || association->turn == ASSOCIATION_STAYS)
			continue;
		deletes[deletes_n++] = member_of(held, 0);
		if (association->turn == ASSOCIATION_RENEWED)
			adds[adds_n++] = member_of(held, look->service->ipsec.full_ms);
	}
	if (!deletes_n)
		return 0;
	r = kernel->ops->members_change(kernel, look->sets.v[set].table,
					look->sets.v[set].name.text, adds, adds_n, deletes,
					deletes_n);
	return r == -ENOENT ? 0 : r;
}

static int remember(const struct look *look, struct renewals *next)
{
	uint64_t now_us = monotonic_us();
	int r = 0;

	array_foreach(&look->associations, association) {
		struct renewed memory = look->held.v[association->index].memory;

		if (association->turn == ASSOCIATION_RENEWED)
			memory.renewed_us = now_us;
		if (memory.renewed_us && association->turn != ASSOCIATION_LEAVES)
			r = r < 0 ? r : array_push(&next->v, memory);
	}
	return r;
}

static int keep_reserve(struct daemon *d, const struct config_service *service,
			int (*read)(struct look *look), const struct renewals *renewals,
			struct renewals *next)
{
	struct look look = {
		.d = d, .service = service, .renewals = renewals, .now_us = monotonic_us()
	};
	int r = read(&look);

	if (r == 0)
		reserve_choose(look.associations.v, look.associations.n, service->ipsec.full_ms,
			       service->ipsec.reserve);
	for (size_t i = 0; r == 0 && i < look.sets.n; i++)
		r = change_set(&look, i);
	r = r < 0 ? r : remember(&look, next);
	look_done(&look);
	return r;
}

/* The memory of what was renewed is made anew each time. */
int keep_reserves(struct daemon *d, struct renewals *renewals)
{
	struct renewals next = { 0 };
	int r = 0;

	array_foreach(&d->config->services, service) {
		if (service->kind != SERVICE_IPSEC || !service->ipsec.reserve)
			continue;
		r = r < 0 ? r : keep_reserve(d, service, read_full, renewals, &next);
		if (service_is_direct(service))
			r = r < 0 ? r : keep_reserve(d, service, read_guarded, renewals, &next);
	}
	if (next.v.n)
		qsort(next.v.v, next.v.n, sizeof(*next.v.v), by_id);
	array_done(&renewals->v);
	*renewals = next;
	return r;
}
