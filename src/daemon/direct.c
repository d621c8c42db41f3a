/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ends the connections of dead servers that conntrack knows nothing of: their elements are taken
 * out of the maps of the ingress hook, whose chain then answers the client's next segment by a
 * reset.
 */
#include "daemon/state.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "service/numbers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

struct member_key {
	uint8_t bytes[64];
	uint8_t size;
};

/* The members of one map that go. */
struct leaving {
	struct daemon *d;
	const uint32_t *numbers; /* of dead servers */
	size_t numbers_n;
	bool tcp;
	ARRAY(struct member_key) keys;
	int error;
};

/* A key is client, port, service, port, each padded to four bytes. */
enum {
	KEY_SIZE_V4 = 16,
	KEY_SIZE_V6 = 40
};

bool read_direct(const uint8_t *key, size_t size, struct flow *ret)
{
	uint8_t family = size == KEY_SIZE_V6 ? AF_INET6 : AF_INET;
	size_t length = ip_size(family);
	uint16_t port;

	if (size != KEY_SIZE_V4 && size != KEY_SIZE_V6)
		return false;
	*ret = (struct flow){ .client = ip_make(family, key),
			      .destination = ip_make(family, key + length + 4) };
	memcpy(&port, key + length, sizeof(port));
	ret->client_port = ntohs(port);
	memcpy(&port, key + 2 * length + 4, sizeof(port));
	ret->destination_port = ntohs(port);
	return true;
}

/* Its client is to be told, by its line. */
static int bereave(struct daemon *d, struct flow *flow, uint32_t value)
{
	flow->protocol = IPPROTO_TCP;
	flow->active = true;
	for (size_t i = 0; i < d->config->uplinks.n; i++)
		if (d->world.lines[i].number == value >> DIRECT_LINE_SHIFT)
			flow->mark = line_mark(&d->world, &d->world.lines[i]);
	return tell_client(d, flow, flow->mark);
}

static bool is_dead(const struct leaving *leaving, uint32_t number)
{
	for (size_t i = 0; i < leaving->numbers_n; i++)
		if (leaving->numbers[i] == number)
			return true;
	return false;
}

static void look_at_member(const uint8_t *key, size_t key_size, const uint8_t *data,
			   size_t data_size, uint64_t expires_ms, void *userdata)
{
	struct leaving *leaving = userdata;
	struct member_key copy = { .size = (uint8_t)key_size };
	struct flow flow;
	uint32_t value;
	int r;

	if (data_size != sizeof(value) || key_size > sizeof(copy.bytes))
		return;
	memcpy(&value, data, sizeof(value));
	if (!is_dead(leaving, value & DIRECT_SERVER_MASK))
		return;
	memcpy(copy.bytes, key, key_size);
	r = array_push(&leaving->keys, copy);
	if (r == 0 && leaving->tcp && read_direct(key, key_size, &flow))
		r = bereave(leaving->d, &flow, value);
	leaving->error = leaving->error < 0 ? leaving->error : r;
}

static int delete_members(struct leaving *leaving, const char *map)
{
	_cleanup_free_ struct nft_member *members = calloc(leaving->keys.n + 1, sizeof(*members));

	if (!members)
		return -ENOMEM;
	for (size_t i = 0; i < leaving->keys.n; i++)
		members[i] = (struct nft_member){ .key = leaving->keys.v[i].bytes,
						  .key_size = leaving->keys.v[i].size };
	if (!leaving->keys.n)
		return 0;
	return leaving->d->kernel->ops->members_change(leaving->d->kernel, NFT_NETDEV, map, NULL, 0,
						       members, leaving->keys.n);
}

static int clear_map(struct leaving *leaving, const struct census_map *map)
{
	struct daemon *d = leaving->d;
	int r;

	leaving->keys.n = 0;
	leaving->tcp = strncmp(map->name, "flows", strlen("flows")) == 0;
	r = d->kernel->ops->members(d->kernel, NFT_NETDEV, map->name, look_at_member, leaving);
	r = r < 0 ? r : leaving->error;
	r = r < 0 ? r : delete_members(leaving, map->name);
	return r == -ENOENT ? 0 : r;
}

/* The numbers of those of the dead that have one. */
static size_t dead_numbers(struct daemon *d, uint32_t *numbers)
{
	size_t n = 0;

	array_foreach(&d->dead, dead) {
		const struct config_service *service = &d->config->services.v[dead->service];
		struct pool pool = { .world = &d->world,
				     .service = service,
				     .slots = &d->runtime.slots };

		if (service_is_direct(service))
			numbers[n] = number_find(&pool, dead->server);
		n += service_is_direct(service) && numbers[n];
	}
	return n;
}

void end_direct(struct daemon *d)
{
	_cleanup_free_ uint32_t *numbers = calloc(d->dead.n + 1, sizeof(*numbers));
	struct leaving leaving = { .d = d, .numbers = numbers };
	int r = numbers ? 0 : -ENOMEM;

	if (numbers)
		leaving.numbers_n = dead_numbers(d, numbers);
	for (size_t i = 0; r == 0 && leaving.numbers_n && i < census_maps_n; i++)
		r = clear_map(&leaving, &census_maps[i]);
	array_done(&leaving.keys);
	if (r < 0)
		log_errno(LOG_WARNING, r, "cannot end the connections of a server that is gone");
}
