/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/objects.h"
#include "plan/plan.h"

/* The steps of `plan`, in any order, in the one that plan_diff() promises. 0 or -ENOMEM. */
int plan_sequence(const struct plan *plan, const struct objects *found, struct plan *ret);
