/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lblc and lblcr do with a destination they know.
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

static int pick(struct lblcr_set *set, struct target *targets, size_t n, uint64_t now_ms)
{
	return lblcr_pick(set, targets, n, now_ms, 1000);
}

static void lblcr_grows_under_load(void **state)
{
	struct target targets[TARGETS_MAX];
	size_t n = targets_of("2,2,2", &targets);
	struct lblcr_set set = { 0 };

	assert_int_equal(pick(&set, targets, n, 10), 2);
	assert_int_equal(set.targets.n, 1);
	assert_int_equal(set.changed_ms, 10);
	targets[2].active = 2;
	assert_int_equal(pick(&set, targets, n, 20), 2);
	targets[2].active = 3;
	assert_int_equal(pick(&set, targets, n, 30), 1); /* 1 and 0 are idle */
	assert_int_equal(set.targets.n, 2);
	assert_int_equal(set.changed_ms, 30);
	targets[1].active = 1;
	assert_int_equal(pick(&set, targets, n, 40), 1);
	targets[1].overloaded = true;
	assert_int_equal(pick(&set, targets, n, 50), 0);
	assert_int_equal(set.targets.n, 3);
	lblcr_set_done(&set);
}

static void lblcr_shrinks_when_left_alone(void **state)
{
	struct target targets[TARGETS_MAX];
	size_t n = targets_of("2,2,2", &targets);
	struct lblcr_set set = { 0 };

	for (uint16_t i = 0; i < 3; i++)
		assert_int_equal(array_push(&set.targets, i), 0);
	set.changed_ms = 500;
	targets[0].active = 1;
	targets[1].active = 2;
	assert_int_equal(pick(&set, targets, n, 1500), 2);
	assert_int_equal(set.targets.n, 3);
	assert_int_equal(pick(&set, targets, n, 1501), 2);
	assert_int_equal(set.targets.n, 2);
	assert_int_equal(set.targets.v[0], 0);
	assert_int_equal(set.targets.v[1], 2);
	assert_int_equal(set.changed_ms, 1501);
	assert_int_equal(pick(&set, targets, n, 2502), 2);
	assert_int_equal(pick(&set, targets, n, 9999), 2);
	assert_int_equal(set.targets.n, 1); /* the last one stays */
	lblcr_set_done(&set);
}

/* The one that is used may be the one that leaves. */
static void lblcr_uses_what_just_left(void **state)
{
	struct target targets[TARGETS_MAX];
	size_t n = targets_of("2,2", &targets);
	struct lblcr_set set = { 0 };

	for (uint16_t i = 0; i < 2; i++)
		assert_int_equal(array_push(&set.targets, i), 0);
	assert_int_equal(pick(&set, targets, n, 1001), 1);
	assert_int_equal(set.targets.n, 1);
	assert_int_equal(set.targets.v[0], 0);
	assert_int_equal(pick(&set, targets, n, 1002), 0);
	lblcr_set_done(&set);
}

static void lblcr_says_when_there_is_none(void **state)
{
	struct target targets[TARGETS_MAX];
	size_t n = targets_of("1,0", &targets);
	struct lblcr_set set = { 0 };

	assert_int_equal(pick(&set, targets, 0, 0), -ENOENT);
	assert_int_equal(pick(&set, targets, n, 0), 0);
	targets[0].usable = false;
	assert_int_equal(pick(&set, targets, n, 0), -ENOENT);
	assert_int_equal(set.targets.n, 1);
	targets[0].usable = true;
	assert_int_equal(pick(&set, targets, n, 0), 0);
	assert_int_equal(set.targets.n, 1);
	lblcr_set_done(&set);
}

/* Whatever happens, a pick takes connections, and no target is in a set twice. */
static void lblcr_sets_stay_sound(void **state)
{
	uint64_t seed = 1;

	for (size_t round = 0; round < ROUNDS; round++) {
		struct target targets[TARGETS_MAX];
		size_t n = 1 + random_below(&seed, TARGETS_MAX);
		struct lblcr_set set = { 0 };

		for (uint64_t now_ms = 0; now_ms < 20000; now_ms += random_below(&seed, 2000)) {
			bool seen[TARGETS_MAX] = { 0 };
			int got;

			targets_random(&seed, n, &targets);
			got = pick(&set, targets, n, now_ms);
			assert_true(got == -ENOENT || target_takes(&targets[got]));
			array_foreach(&set.targets, member) {
				assert_true(*member < n && !seen[*member]);
				seen[*member] = true;
			}
		}
		lblcr_set_done(&set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lblc_stays_while_it_can_be_borne),
		cmocka_unit_test(lblcr_grows_under_load),
		cmocka_unit_test(lblcr_shrinks_when_left_alone),
		cmocka_unit_test(lblcr_uses_what_just_left),
		cmocka_unit_test(lblcr_says_when_there_is_none),
		cmocka_unit_test(lblcr_sets_stay_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
