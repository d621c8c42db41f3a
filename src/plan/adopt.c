/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * After a transaction what was wanted is what is there: the nft part of `wanted` moves over to
 * `found`, so that thousands of elements need not be read back. Rules get their handles from the
 * steps that made them, or from the rules that stayed.
 */
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

static void take_handles(struct objects *found, struct objects *wanted, const struct plan *plan)
{
	const struct nft_rule *old = found->nft_rules.v;
	size_t i = 0, n = found->nft_rules.n;

	array_foreach(&wanted->nft_rules, rule) {
		while (i < n && nft_rule_compare(&old[i], rule) < 0)
			i++;
		if (i < n && nft_rule_compare(&old[i], rule) == 0)
			rule->handle = old[i].handle;
	}
	array_foreach(&plan->steps, step)
		if (step->kind == OBJECT_NFT_RULE && step->wanted) {
			size_t at = (size_t)((const struct nft_rule *)step->wanted -
					     wanted->nft_rules.v);

			wanted->nft_rules.v[at].handle = step->handle;
		}
}

void plan_adopt_nft(struct objects *found, struct objects *wanted, const struct plan *plan)
{
	take_handles(found, wanted, plan);
	objects_move_nft(found, wanted);
	/* Their paths were in the arena that has just moved or gone. */
	array_done(&found->sysctls);
	array_done(&wanted->sysctls);
}
