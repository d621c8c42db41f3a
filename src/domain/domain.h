/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/objects.h"
#include "intent/world.h"

/* The IP aliases of hosted domains, on interfaces that exist. Failures are left in objects->error.
 */
void domain_intent(const struct world *world, struct objects *objects);
