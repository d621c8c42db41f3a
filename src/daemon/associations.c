/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Associations of IPsec services, which the packet path keeps by itself but for two things, done by
 * a timer that runs only while there are such services. The first is the reserve, see reserves.c.
 * The second is what conntrack remembers of ESP and AH, which have no end that it could see: a
 * client who has no association any more would stay with the server of that entry, whomever its
 * next key exchange chooses.
 */
#include "daemon/reserves.h"
#include "daemon/state.h"

#include "base/hash.h"
#include "base/log.h"
#include "service/pool.h"

#include <errno.h>
#include <netinet/in.h>

enum {
	LOOKS = 4 /* at least, within the idle time of a service */
};

struct associations {
	sd_event_source *timer;
	struct renewals renewals;
	/* Hashes of a server and a client who has, or begins, an association with it. Sorted. */
	ARRAY(uint64_t) clients;
};

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
		r = keep_reserves(d, &d->associations->renewals);
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
	array_done(&associations->renewals.v);
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
