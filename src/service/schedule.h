/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/world.h"

enum schedule_change {
	SCHEDULE_SAME,
	SCHEDULE_TURNED,   /* other picks in slots that exist */
	SCHEDULE_RESTARTED /* the kernel has to begin a ring again */
};

/*
 * Brings the rolls (sched/roll.h) of a service that goes by load up to its counts as they are now.
 * Returns enum schedule_change, or -ENOMEM.
 */
int service_schedule(struct world *world, size_t service);
/* A new connection from `line` (config.uplinks, or -1) went to a real server. */
void service_taken(struct world *world, size_t service, size_t server, int line);
/* Events were lost: nobody knows where the kernel is in its rings. */
void service_lose_rings(struct world *world);
