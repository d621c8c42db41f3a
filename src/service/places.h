/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/array.h"
#include "intent/flow.h"
#include "intent/world.h"

/* Which real server a connection is of, by what conntrack knows of it. */

enum {
	PLACE_NOBODY = UINT32_MAX
};

/* A real server of a service, as indexes; service PLACE_NOBODY: none of ours. */
struct place {
	uint32_t service, server;
};

struct places {
	const struct config *config;
	ARRAY(struct destination) destinations;
	ARRAY(struct marked) marked;
};

void places_done(struct places *places);
/* Learns anew which destinations are whose; the configuration of `world` must outlive this. */
int places_learn(struct places *places, const struct world *world);
struct place places_find(const struct places *places, const struct flow *flow);
