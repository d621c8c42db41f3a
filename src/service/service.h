/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/objects.h"
#include "intent/world.h"
#include "sched/slots.h"

/*
 * Virtual services by NAT: chains `serve` (prerouting) and `serve_out` (the box as client) find
 * the service of a destination; its chain takes the next pick of its ring from the slot maps.
 * Failures are left in objects->error.
 */
void service_intent(const struct world *world, struct slots *slots, struct objects *objects);
