/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a destination leaves the target that lblc and lblcr know for it.
 */
#include "test_sched.h"

#include "sched/locality.h"

#include <errno.h>

static void lblc_stays_while_it_can_be_borne(void **state)
{
	struct target targets[TARGETS_MAX];
	size_t n = targets_of("4,4,4", &targets);

	assert_false(lblc_leaves(targets, n, 0));
	targets[0].active = 4;
	assert_false(lblc_leaves(targets, n, 0));
	targets[0].active = 5;
	assert_true(lblc_leaves(targets, n, 0)); /* 1 and 2 are idle */
	targets[1].active = targets[2].active = 2;
	assert_false(lblc_leaves(targets, n, 0)); /* exactly half is not less */
	targets[2].active = 1;
	assert_true(lblc_leaves(targets, n, 0));
	targets[2].usable = false;
	assert_false(lblc_leaves(targets, n, 0));
	targets[0].overloaded = true;
	assert_false(lblc_leaves(targets, n, 0));
	targets[0].weight = 0;
	assert_true(lblc_leaves(targets, n, 0));
	targets[0].weight = 4;
	targets[0].usable = false;
	assert_true(lblc_leaves(targets, n, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lblc_stays_while_it_can_be_borne),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
