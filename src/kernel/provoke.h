/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"
#include "intent/flow.h"

/* Segments that make a client speak. See kernel_ops.provoke for what is promised. */

struct provoker {
	int fds[FAMILY_INDEX_MAX]; /* opened when first needed; -1 until then */
};

void provoker_init(struct provoker *provoker);
void provoker_done(struct provoker *provoker);
int provoke(struct provoker *provoker, const struct flow *flow, uint32_t mark);
