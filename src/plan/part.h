/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/objects.h"
#include "plan/plan.h"
#include "sched/slots.h"

/*
 * The short way when one service alone has changed: what is wanted for it against what was found
 * of it, which is what has its name, and what is in its slots.
 */

/*
 * Of `found` (sealed) the nft objects of a service in the table inet, borrowed and sealed; of the
 * elements of shared maps those that `wanted` names or that are in the service's slots. 0 or
 * -ENOMEM; *ret is to be done either way.
 */
int part_of(const struct objects *found, const struct slots *slots, const char *service,
	    const struct objects *wanted, struct objects *ret);
/*
 * Says that the steps, made from part_of() and `wanted`, are done. 0, or -ENOMEM: then `found` is
 * to be read again.
 */
int part_adopt(struct objects *found, const struct plan *plan);
