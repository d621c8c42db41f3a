/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Associations of IPsec services, which the packet path keeps by itself but for two things, done
 * here by a timer that runs only while there are such services. The first is the reserve: the
 * associations that outlive their idle time. The kernel is told of them anew, which makes them look
 * used; so it is remembered since when they were not. The second is what conntrack remembers of ESP
 * and AH, which have no end that it could see: a client who has no association any more would stay
 * with the server of that entry, whomever its next key exchange chooses.
 */
#include "daemon/state.h"

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"
#include "service/numbers.h"
#include "service/reserve.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

enum {
	LOOKS = 4,                  /* at least, within the idle time of a service */
	KERNEL_CLOCK_US = 30 * 1000 /* how far its ticks and ours may be apart */
};

/* Told to the kernel anew by us: when, and when its client was heard of before that. */
struct renewed {
	uint64_t id; /* hash of its set and its key */
	uint64_t used_us, renewed_us;
};

struct associations {
	sd_event_source *timer;
	ARRAY(struct renewed) renewed; /* by id */
	/* Hashes of a server and a client who has, or begins, an association with it. Sorted. */
	ARRAY(uint64_t) clients;
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
	const struct associations *associations = look->d->associations;
	uint64_t full_ms = look->service->ipsec.full_ms;
	uint64_t age_us = expires_ms < full_ms ? (full_ms - expires_ms) * 1000 : 0;
	struct renewed seen = { .id = id, .used_us = look->now_us - age_us }, *before = NULL;

	if (associations->renewed.n)
		before = bsearch(&seen, associations->renewed.v, associations->renewed.n,
				 sizeof(seen), by_id);
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

static int remember(const struct look *look, struct associations *next)
{
	uint64_t now_us = monotonic_us();
	int r = 0;

	array_foreach(&look->associations, association) {
		struct renewed memory = look->held.v[association->index].memory;

		if (association->turn == ASSOCIATION_RENEWED)
			memory.renewed_us = now_us;
		if (memory.renewed_us && association->turn != ASSOCIATION_LEAVES)
			r = r < 0 ? r : array_push(&next->renewed, memory);
	}
	return r;
}

static int keep_reserve(struct daemon *d, const struct config_service *service,
			int (*read)(struct look *look), struct associations *next)
{
	struct look look = { .d = d, .service = service, .now_us = monotonic_us() };
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
static int keep_reserves(struct daemon *d)
{
	struct associations next = { 0 };
	int r = 0;

	array_foreach(&d->config->services, service) {
		if (service->kind != SERVICE_IPSEC || !service->ipsec.reserve)
			continue;
		r = r < 0 ? r : keep_reserve(d, service, read_full, &next);
		if (service_is_direct(service))
			r = r < 0 ? r : keep_reserve(d, service, read_guarded, &next);
	}
	if (next.renewed.n)
		qsort(next.renewed.v, next.renewed.n, sizeof(*next.renewed.v), by_id);
	array_done(&d->associations->renewed);
	d->associations->renewed = next.renewed;
	return r;
}

static uint64_t client_id(size_t service, size_t server, const uint8_t *address, size_t size)
{
	uint64_t hash = hash_bytes(HASH_START, &service, sizeof(service));

	hash = hash_bytes(hash, &server, sizeof(server));
	return hash_bytes(hash, address, size);
}

/* The clients of one server, while their set is read. */
struct clients {
	struct associations *associations;
	size_t service, server;
	int error;
};

static void note_client(const uint8_t *key, size_t key_size, const uint8_t *data, size_t data_size,
			uint64_t expires_ms, void *userdata)
{
	struct clients *clients = userdata;
	uint64_t id = client_id(clients->service, clients->server, key, key_size);
	int r = array_push(&clients->associations->clients, id);

	clients->error = clients->error < 0 ? clients->error : r;
}

static int note_clients(struct daemon *d, size_t service, size_t server)
{
	static const char *const sets[] = { "half", "full" };
	const struct pool pool = { .world = &d->world, .service = &d->config->services.v[service] };
	struct clients clients = { .associations = d->associations,
				   .service = service,
				   .server = server };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ELEMENTS_OF(sets); i++) {
		r = d->kernel->ops->members(d->kernel, NFT_INET,
					    pool_server(&pool, sets[i], server).text, note_client,
					    &clients);
		r = r == -ENOENT ? 0 : r;
		r = r < 0 ? r : clients.error;
	}
	return r;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool is_stale(const struct flow *flow, void *userdata)
{
	const struct daemon *d = userdata;
	const struct associations *associations = d->associations;
	size_t service, server;
	uint64_t id;

	if ((flow->protocol != IPPROTO_ESP && flow->protocol != IPPROTO_AH) ||
	    !flows_find(d->flows, flow, &service, &server) ||
	    d->config->services.v[service].kind != SERVICE_IPSEC)
		return false;
	id = client_id(service, server, flow->client.bytes, ip_size(flow->client.family));
	return !associations->clients.n || !bsearch(&id, associations->clients.v,
						    associations->clients.n, sizeof(id), by_value);
}

/* Who gets an association meanwhile begins a flow anew with the next packet, to the same server. */
static int end_stale(struct daemon *d)
{
	struct associations *associations = d->associations;
	int r = 0;

	associations->clients.n = 0;
	for (size_t i = 0; i < d->config->services.n; i++)
		for (size_t j = 0; d->config->services.v[i].kind == SERVICE_IPSEC &&
				   j < d->config->services.v[i].servers.n;
		     j++)
			r = r < 0 ? r : note_clients(d, i, j);
	if (associations->clients.n)
		qsort(associations->clients.v, associations->clients.n, sizeof(uint64_t), by_value);
	return r < 0 ? r : d->kernel->ops->flows_delete(d->kernel, is_stale, d);
}

/* 0: nobody needs it. */
static uint64_t period_us(const struct config *config)
{
	uint64_t least_ms = UINT64_MAX;

	array_foreach(&config->services, service)
		if (service->kind == SERVICE_IPSEC && service->ipsec.full_ms < least_ms)
			least_ms = service->ipsec.full_ms;
	return least_ms == UINT64_MAX ? 0 : least_ms * 1000 / LOOKS;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct daemon *d = userdata;
	int r = 0;

	if (!d->world.flushed) {
		r = keep_reserves(d);
		r = r < 0 ? r : end_stale(d);
	}
	if (r < 0)
		log_errno(LOG_WARNING, r, "cannot look after the associations of IPsec services");
	associations_use(d);
	return 0;
}

int associations_new(struct daemon *d)
{
	int r;

	d->associations = calloc(1, sizeof(*d->associations));
	if (!d->associations)
		return -ENOMEM;
	r = sd_event_add_time(d->event, &d->associations->timer, CLOCK_MONOTONIC, 0, 1, on_timer,
			      d);
	return r < 0 ? r : sd_event_source_set_enabled(d->associations->timer, SD_EVENT_OFF);
}

void associations_free(struct associations *associations)
{
	if (!associations)
		return;
	sd_event_source_unref(associations->timer);
	array_done(&associations->renewed);
	array_done(&associations->clients);
	free(associations);
}

void associations_use(struct daemon *d)
{
	uint64_t period = period_us(d->config);

	if (!period || sd_event_source_get_enabled(d->associations->timer, NULL) > 0)
		return;
	sd_event_source_set_time_relative(d->associations->timer, period);
	sd_event_source_set_enabled(d->associations->timer, SD_EVENT_ONESHOT);
}
