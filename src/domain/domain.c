/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IP aliases: each address of a domain on its interface, labelled INTERFACE:DOMAIN as far as the
 * kernel's 15 characters go, so that ip(8) shows whose it is.
 */
#include "domain/domain.h"

#include <stdio.h>
#include <string.h>

static void alias_label(char (*ret)[IFNAMSIZ], const char *interface, const char *domain)
{
	size_t used = strlen(interface);

	memset(*ret, 0, sizeof(*ret));
	memcpy(*ret, interface, used);
	/* With no room for a single letter of the domain the colon would say nothing. */
	if (used + 2 < sizeof(*ret)) {
		(*ret)[used] = ':';
		strncpy(*ret + used + 1, domain, sizeof(*ret) - used - 2);
	}
}

/* Somebody else's address does as well; it could not be added a second time. */
static bool is_theirs(const struct world *world, const struct alias_object *alias)
{
	array_foreach(&world->facts->addresses, address)
		if (!address->ours && address->link == alias->link &&
		    ip_equal(&address->prefix.address, &alias->prefix.address))
			return true;
	return false;
}

void domain_intent(const struct world *world, struct objects *objects)
{
	array_foreach(&world->config->domains, domain) {
		const struct link *link = facts_link_by_name(world->facts, domain->interface);

		for (size_t i = 0; link && i < domain->addresses.n; i++) {
			struct alias_object alias = { .link = link->index,
						      .prefix = domain->addresses.v[i] };

			if (alias.prefix.address.family == AF_INET)
				alias_label(&alias.label, domain->interface, domain->name);
			if (!is_theirs(world, &alias))
				want_alias(objects, &alias);
		}
	}
}
