/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a hosted name shows of itself. */
#include "control/bus.h"

struct domain_view {
	struct bus_view head;
	const char *name, *interface;
	char **addresses, **services;
	uint32_t position;
};

static size_t domain_count(const struct world *world)
{
	return world->config->domains.n;
}

static const char *domain_name(const struct world *world, size_t index)
{
	return world->config->domains.v[index].name;
}

static char **look_addresses(const struct config_domain *domain, struct arena *arena)
{
	char **list = text_list(arena, domain->addresses.n);

	for (size_t i = 0; list && i < domain->addresses.n; i++) {
		list[i] = text_of_prefix(arena, &domain->addresses.v[i]);
		if (!list[i])
			return NULL;
	}
	return list;
}

static bool is_served_by(const struct config_domain *domain, const struct config_service *service)
{
	for (size_t i = 0; i < service->listens.n; i++)
		for (size_t k = 0; k < domain->addresses.n; k++)
			if (ip_equal(&service->listens.v[i].address,
				     &domain->addresses.v[k].address))
				return true;
	return false;
}

/* The services that listen on one of the domain's addresses. */
static char **look_services(const struct config *config, const struct config_domain *domain,
			    struct arena *arena)
{
	char **list = text_list(arena, config->services.n), **next = list;

	for (size_t i = 0; list && i < config->services.n; i++) {
		if (!is_served_by(domain, &config->services.v[i]))
			continue;
		*next = arena_strdup(arena, config->services.v[i].name);
		if (!*next++)
			return NULL;
	}
	return list;
}

static struct bus_view *domain_look(const struct world *world, size_t index, struct arena *arena)
{
	struct domain_view *view = arena_alloc(arena, sizeof(*view));
	const struct config_domain *domain = &world->config->domains.v[index];

	if (!view)
		return NULL;
	view->name = domain->name;
	view->position = (uint32_t)index;
	view->interface = text_for_bus(arena, domain->interface);
	view->addresses = look_addresses(domain, arena);
	view->services = look_services(world->config, domain, arena);
	return view->interface && view->addresses && view->services ? &view->head : NULL;
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	VIEW_CONSTANT("Name", "s", struct domain_view, name),
	VIEW_PROPERTY("Position", "u", struct domain_view, position),
	VIEW_PROPERTY("Interface", "s", struct domain_view, interface),
	VIEW_PROPERTY("Addresses", "as", struct domain_view, addresses),
	VIEW_PROPERTY("Services", "as", struct domain_view, services),
	SD_BUS_VTABLE_END,
};

const struct bus_class domain_class = {
	.path = BUS_ROOT "/domain",
	.interface = BUS_NAME ".Domain",
	.vtable = vtable,
	.count = domain_count,
	.name = domain_name,
	.look = domain_look,
};
