/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nets with both servers and clients: replies must pass through us, so clients hide behind us.
 */
#include "service/parts.h"

static const char *const hairpin_set[] = { "hairpin4", "hairpin6" };

static void want_hairpin(const struct ip_prefix *net, struct objects *objects)
{
	struct ip_address end = ip_last(net);
	struct nft_key first = { 0 }, last = { 0 };

	nft_key_address(&first, &net->address);
	nft_key_address(&first, &net->address);
	nft_key_address(&last, &end);
	nft_key_address(&last, &end);
	want_range(objects, hairpin_set[family_index(net->address.family)], &first, &last);
}

void hairpin_intent(const struct world *world, struct objects *objects)
{
	ARRAY(struct ip_prefix) nets = { 0 };

	array_foreach(&world->facts->addresses, address) {
		struct ip_prefix net = ip_network(&address->prefix);

		if (address->usable && !address->host_scope && world_has_server(world, &net))
			objects_fail(objects, array_push(&nets, net));
	}
	for (size_t i = 0; i < nets.n; i++)
		if (!ip_is_covered(nets.v, nets.n, i))
			want_hairpin(&nets.v[i], objects);
	array_done(&nets);
}
