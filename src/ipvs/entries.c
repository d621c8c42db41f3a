/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What there is to list: services by mark and by address, those on a line's at what it is now.
 */
#include "ipvs/list.h"

static bool serves_family(const struct config_service *service, uint8_t family)
{
	for (size_t i = 0; i < service->servers.n; i++)
		if (service->servers.v[i].address.family == family)
			return true;
	return false;
}

/* A line's addresses of the families that the service has servers of. */
static int collect_line(const struct world *world, const struct ipvs_entry *entry,
			struct ipvs_entries *entries)
{
	const struct line *line = &world->lines[entry->listen.uplink];
	int r = 0;

	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		struct ipvs_entry here = *entry;

		here.listen.uplink = -1;
		here.listen.address = line->family[f].address;
		if (ip_is_set(&here.listen.address) && serves_family(entry->service, family_of(f)))
			r = r < 0 ? r : array_push(&entries->v, here);
	}
	return r;
}

int ipvs_entries_collect(const struct world *world, struct ipvs_entries *ret)
{
	struct ipvs_entries entries = { 0 };
	int r = 0;

	for (size_t i = 0; i < world->config->services.n; i++) {
		const struct config_service *service = &world->config->services.v[i];
		struct ipvs_entry entry = { .service = service, .state = &world->services[i] };

		for (size_t j = 0; service->kind == SERVICE_PORTS && j < service->listens.n; j++) {
			entry.listen = service->listens.v[j];
			if (r == 0 && entry.listen.uplink >= 0)
				r = collect_line(world, &entry, &entries);
			else
				r = r < 0 ? r : array_push(&entries.v, entry);
		}
	}
	if (r < 0)
		array_done(&entries.v);
	else
		*ret = entries;
	return r;
}

int ipvs_entry_compare(const void *a, const void *b)
{
	const struct ipvs_entry *x = a, *y = b;

	return ipvs_service_compare(&x->listen, &y->listen);
}
