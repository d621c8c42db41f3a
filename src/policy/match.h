/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/objects.h"
#include "intent/world.h"

/*
 * Leads what a policy matches to its chain policy/NAME: from `forwarded` unless it looks at
 * processes, from `local` unless it looks at interfaces, from nowhere while its cgroup does not
 * exist. Failures are left in objects->error.
 */
void match_intent(const struct world *world, const struct config_policy *policy,
		  struct objects *objects);
