/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "kernel/kernel.h"

/* What tests of a whole kernel share, be it the real one or the imitation. */

struct fixture {
	struct kernel *kernel;
	unsigned parts; /* that are observed: KERNEL_* */
	struct facts facts;
	struct objects found, wanted;
};

/* For cmocka; frees what it is given. */
int fixture_tear_down(void **state);
void observe(struct fixture *f);
/* Makes the kernel what is wanted. The number of steps that took. */
size_t converge(struct fixture *f, const struct objects *wanted);
/* It becomes so, and stays so. */
void assert_converges(struct fixture *f, struct objects *wanted);
