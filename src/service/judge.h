/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/world.h"

/*
 * Judges every real server of a service from what is known: whether it may have new connections,
 * why not, and what it weighs; and whether the sorry server takes over. `now_us` is monotonic.
 * Returns true when anything changed.
 */
bool service_judge(struct world *world, size_t service, uint64_t now_us);

/* The line over which a real server is reached, or NULL: over none. */
const struct line *server_line(const struct world *world, const struct config_server *server);
/* The link on whose net a real server is; 0: on none. */
int server_link(const struct world *world, const struct config_server *server);

/* Microseconds until the weight of a returning server grows by the next step; UINT64_MAX: never. */
uint64_t service_next_step(const struct world *world, size_t service, uint64_t now_us);
