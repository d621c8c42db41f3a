/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "kernel/kernel.h"
#include "kernel/rtnl/rtnl.h"

/* What this kernel can. See kernel_ops.can for what is promised. */

struct abilities {
	bool known[ABILITY_MAX], can[ABILITY_MAX];
};

/* See kernel_ops.can_help. */
int ability_helper(const char *type, uint8_t protocol);
int abilities_ask(struct abilities *abilities, struct rtnl *rtnl, enum kernel_ability ability);
