/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "kernel/kernel.h"

/* A kernel in memory: apply() changes `objects`, observe() copies them and the facts out. For
 * tests. */
struct fake_kernel {
	struct kernel kernel;
	struct facts facts;
	struct objects objects;
	uint64_t changes;
};

int fake_open(struct fake_kernel **ret);
