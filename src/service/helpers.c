/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protocols that open further connections (FTP's data) need a helper of connection tracking that
 * reads along. The kernel gives one to no connection by itself any more, so new connections to a
 * service get it here: behind the hooks where others set firewall marks, before the nat hook. The
 * connections that it expects take the server and the line of the one they belong to; that is
 * connection tracking's own doing.
 */
#include "service/parts.h"

#include "config/text.h"

#include <stdio.h>

#define STAGE "helper_"

/* The kernel holds a helper for each protocol. */
static void want_helper_for(const char *chain, const struct helper *helper, uint8_t protocol,
			    struct objects *objects)
{
	char name[48];

	snprintf(name, sizeof(name), "%s-%s", helper->name, protocol_text(protocol));
	want_helper(objects, name, helper->name, protocol, AF_UNSPEC);
	want_nft(objects, chain, "meta l4proto %s ct helper set \"%s\"", protocol_text(protocol),
		 name);
}

static bool has_protocol(const struct config_service *service, uint8_t protocol)
{
	for (size_t i = 0; i < service->listens.n; i++)
		if (service->listens.v[i].mark || service->listens.v[i].protocol == protocol)
			return true;
	return false;
}

static void want_helped(const struct world *world, size_t index, struct objects *objects)
{
	const struct config_service *service = &world->config->services.v[index];
	const struct helper *helper = helper_find(service->helper);
	struct pool pool = { .world = world,
			     .service = service,
			     .index = index,
			     .objects = objects,
			     .stage = STAGE };
	char chain[128];

	snprintf(chain, sizeof(chain), STAGE "service/%s", service->name);
	want_chain(objects, chain, NULL);
	for (size_t i = 0; i < 2; i++)
		if (helper->protocols[i] && has_protocol(service, helper->protocols[i]) &&
		    !facts_lacks_helper(world->facts, helper->name, helper->protocols[i]))
			want_helper_for(chain, helper, helper->protocols[i], objects);
	for (pool.f = 0; pool.f < FAMILY_INDEX_MAX; pool.f++)
		for (size_t i = 0; i < service->listens.n; i++)
			want_listen(&pool, &service->listens.v[i], chain);
}

static void want_hook(const char *chain, const char *hook, struct objects *objects)
{
	want_chain(objects, chain, hook);
	want_nft(objects, chain, "ct state new goto helped");
}

static bool any_helped(const struct world *world)
{
	array_foreach(&world->config->services, service)
		if (service->helper)
			return true;
	return false;
}

void helpers_intent(const struct world *world, struct objects *objects)
{
	if (!any_helped(world))
		return;
	want_dispatch_maps(world, STAGE, objects);
	want_chain(objects, "helped", NULL);
	want_dispatch(world, "helped", STAGE, objects);
	want_hook("help", "type filter hook prerouting priority -120", objects);
	want_hook("help_out", "type filter hook output priority -120", objects);
	for (size_t i = 0; i < world->config->services.n; i++)
		if (world->config->services.v[i].helper)
			want_helped(world, i, objects);
}
