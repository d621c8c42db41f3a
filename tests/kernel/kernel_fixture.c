/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel, what was found in it last, and the way from there to what is wanted.
 */
#include "kernel_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int fixture_tear_down(void **state)
{
	struct fixture *f = *state;

	facts_done(&f->facts);
	objects_done(&f->found);
	objects_done(&f->wanted);
	kernel_close(f->kernel);
	free(f);
	return 0;
}

void observe(struct fixture *f)
{
	assert_int_equal(f->kernel->ops->observe(f->kernel, f->parts, &f->facts, &f->found), 0);
}

size_t converge(struct fixture *f, const struct objects *wanted)
{
	struct plan plan = { 0 };
	size_t n;

	observe(f);
	assert_int_equal(f->kernel->ops->observe_sysctls(f->kernel, wanted, &f->found), 0);
	assert_int_equal(plan_diff(&f->found, wanted, &plan), 0);
	n = plan.steps.n;
	if (f->kernel->ops->apply(f->kernel, &plan) < 0)
		array_foreach(&plan.steps, step)
			if (step->error) {
				step_print(step, &f->found, wanted, stdout);
				fail_msg("refused: %s", strerror(-step->error));
			}
	plan_done(&plan);
	return n;
}

void assert_converges(struct fixture *f, struct objects *wanted)
{
	assert_int_equal(objects_seal(wanted), 0);
	converge(f, wanted);
	assert_int_equal(converge(f, wanted), 0);
}
