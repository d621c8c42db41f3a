/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The box itself as a client of a service with servers that get packets unchanged. Its requests go
 * by NAT, and would have the address of the service as their source, which such a server takes for
 * its own: they get the address of the interface they leave by.
 */
#include "service/parts.h"

static const char *const own_set[] = { "requests4", "requests6" };

static void want_requests(const struct world *world, const struct config_service *service,
			  const struct config_listen *listen, struct objects *objects)
{
	for (size_t i = 0; i < service->servers.n; i++) {
		const struct config_server *server = &service->servers.v[i];
		enum family_index f = family_index(server->address.family);
		const struct ip_address *address = listen_address(world, listen, f);
		struct nft_key key = { 0 };

		if (!ip_is_set(address) || family_index(address->family) != f)
			continue;
		nft_key_address(&key, address);
		nft_key_address(&key, &server->address);
		want_member(objects, own_set[f], &key);
	}
}

void own_intent(const struct world *world, struct objects *objects)
{
	if (!any_direct(world))
		return;
	want_set(objects, "requests4", "ipv4_addr . ipv4_addr", NULL, 0);
	want_set(objects, "requests6", "ipv6_addr . ipv6_addr", NULL, 0);
	want_chain(objects, "requests", "type nat hook postrouting priority 99");
	want_nft(objects, "requests", "ip saddr . ip daddr @requests4 masquerade");
	want_nft(objects, "requests", "ip6 saddr . ip6 daddr @requests6 masquerade");
	array_foreach(&world->config->services, service)
		for (size_t i = 0; service_is_direct(service) && i < service->listens.n; i++)
			if (!service->listens.v[i].mark)
				want_requests(world, service, &service->listens.v[i], objects);
}
