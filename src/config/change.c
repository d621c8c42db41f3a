/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one change of a configuration that is not a new one: `uplinkctl ipvs -e` changes a weight
 * among thousands of services, and often. Nothing points to these numbers or is derived from them;
 * whether there is an upper threshold at all is another matter, as others look at that.
 */
#include "config/config.h"

#include <errno.h>

int config_change_server(struct config *config, size_t service, size_t server, uint32_t weight,
			 uint32_t upper, uint32_t lower)
{
	struct config_service *in = &config->services.v[service];
	struct config_server *changed = &in->servers.v[server];

	if (!in->dynamic || weight > UINT16_MAX || !changed->upper != !upper || lower > upper)
		return -ENOTSUP;
	changed->weight = weight;
	changed->upper = upper;
	changed->lower = lower;
	return 0;
}
