/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A few look-ups among what was found, instead of an intent of everything and its comparison. The
 * names of chains are taken from the chains that were found, whose memory lasts as long.
 */
#include "plan/turn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct nft_element *find_element(const struct objects *found,
					      const struct nft_element *key)
{
	if (!found->nft_elements.n)
		return NULL;
	return bsearch(key, found->nft_elements.v, found->nft_elements.n, sizeof(*key),
		       nft_element_compare);
}

static const struct nft_chain *find_chain(const struct objects *found,
					  const struct nft_element *element)
{
	struct nft_chain key = { .table = element->table, .name = element->chain };

	if (!found->nft_chains.n)
		return NULL;
	return bsearch(&key, found->nft_chains.v, found->nft_chains.n, sizeof(key),
		       nft_chain_compare);
}

int plan_turn(const struct objects *found, const struct objects *wanted, struct plan *ret)
{
	struct plan plan = { 0 };
	int r = 0;

	array_foreach(&wanted->nft_elements, element) {
		const struct nft_element *old = find_element(found, element);
		struct step step = { .kind = OBJECT_NFT_ELEMENT,
				     .action = STEP_CHANGE,
				     .wanted = element,
				     .found = old };

		if (!old || !old->chain || !find_chain(found, element))
			r = -ENOENT;
		else if (strcmp(old->chain, element->chain) != 0)
			r = array_push(&plan.steps, step);
		if (r < 0) {
			plan_done(&plan);
			return r;
		}
	}
	*ret = plan;
	return 0;
}

void turn_adopt(struct objects *found, const struct plan *plan)
{
	array_foreach(&plan->steps, step) {
		size_t at =
			(size_t)((const struct nft_element *)step->found - found->nft_elements.v);

		found->nft_elements.v[at].chain = find_chain(found, step->wanted)->name;
	}
}
