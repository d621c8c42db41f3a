/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Look-ups in the facts. Gateways have tens of links, so a walk is the right index.
 */
#include "intent/facts.h"

#include <stdlib.h>
#include <string.h>

void facts_done(struct facts *facts)
{
	array_done(&facts->links);
	array_done(&facts->addresses);
	array_done(&facts->routes);
	array_done(&facts->cgroups);
	array_done(&facts->lacks_helpers);
}

const struct link *facts_link(const struct facts *facts, int index)
{
	array_foreach(&facts->links, link)
		if (link->index == index)
			return link;
	return NULL;
}

const struct link *facts_link_by_name(const struct facts *facts, const char *name)
{
	array_foreach(&facts->links, link)
		if (strcmp(link->name, name) == 0)
			return link;
	return NULL;
}

bool facts_lacks_helper(const struct facts *facts, const char *name, uint8_t protocol)
{
	array_foreach(&facts->lacks_helpers, lacking)
		if (lacking->protocol == protocol && strcmp(lacking->name, name) == 0)
			return true;
	return false;
}
