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

/*
 * The part of it that turns with the rolls of one service: the elements of its rings, all of which
 * exist. 0, or -ENOENT when more than that has to change: then everything is to be made anew.
 */
int service_turns(const struct world *world, const struct slots *slots, size_t service,
		  struct objects *objects);

/*
 * All that is wanted for one service alone, but for what it shares with others. 0, -ENOMEM, or
 * -ENOENT when it cannot be told apart: then everything is to be made anew.
 */
int service_part(const struct world *world, const struct slots *slots, size_t service,
		 struct objects *objects);
