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

/* The slot's value is another: of a verdict map its chain, of others its data. -ENOENT: it does not
 * exist, or not like that. */
static int turns(const struct objects *found, const struct nft_element *old,
		 const struct nft_element *element)
{
	if (!old || !old->chain != !element->chain || old->data_size != element->data_size)
		return -ENOENT;
	if (!element->chain)
		return memcmp(old->data, element->data, element->data_size) != 0;
	return find_chain(found, element) ? strcmp(old->chain, element->chain) != 0 : -ENOENT;
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

		r = turns(found, old, element);
		if (r > 0)
			r = array_push(&plan.steps, step);
		if (r < 0) {
			plan_done(&plan);
			return r;
		}
	}
	*ret = plan;
	return 0;
}

/* The bytes are of what was found, whose memory nobody else has. */
static void overwrite(const struct nft_element *element, const struct nft_element *wanted)
{
	union {
		const uint8_t *read;
		uint8_t *write;
	} bytes = { .read = element->data };

	memcpy(bytes.write, wanted->data, element->data_size);
}

void turn_adopt(struct objects *found, const struct plan *plan)
{
	array_foreach(&plan->steps, step) {
		const struct nft_element *wanted = step->wanted;
		size_t at =
			(size_t)((const struct nft_element *)step->found - found->nft_elements.v);
		struct nft_element *element = &found->nft_elements.v[at];

		if (wanted->chain)
			element->chain = find_chain(found, wanted)->name;
		else
			overwrite(element, wanted);
	}
}
