/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/objects.h"
#include "plan/plan.h"

/*
 * The short way for what changes with every few connections: elements of maps that exist and
 * get another value. Both sides sealed; `wanted` has nothing but such elements. 0, -ENOMEM,
 * or -ENOENT when one is not in `found`: then a whole plan is due.
 */
int plan_turn(const struct objects *found, const struct objects *wanted, struct plan *ret);
/* Says that the steps are done: `found` has the elements of `wanted`. */
void turn_adopt(struct objects *found, const struct plan *plan);
