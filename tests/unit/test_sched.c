/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Schedulers by load against their formulas: the picks of a few targets written out, and random
 * targets against an oracle that compares all pairs. A pick counts as one more active connection.
 */
#include "test_sched.h"

#include "base/array.h"

static const enum scheduler_id picking[] = { SCHEDULER_RR,   SCHEDULER_WRR,  SCHEDULER_LC,
					     SCHEDULER_WLC,  SCHEDULER_SED,  SCHEDULER_NQ,
					     SCHEDULER_FO,   SCHEDULER_OVF,  SCHEDULER_TWOS,
					     SCHEDULER_LBLC, SCHEDULER_LBLCR };

/* Targets called A, B, C in order of configuration; '-' when there was none to pick. */
static void assert_picks(enum scheduler_id id, const char *weights, const char *wanted)
{
	struct target targets[TARGETS_MAX];
	size_t n = targets_of(weights, &targets);
	struct sched_run run = sched_run_start(targets, n);
	char got[64] = "";

	for (size_t i = 0; i < strlen(wanted); i++) {
		int pick = scheduler_get(id)->pick(&run);

		got[i] = pick < 0 ? '-' : (char)('A' + pick);
		if (pick >= 0)
			targets[pick].active++;
	}
	if (strcmp(got, wanted) != 0)
		fail_msg("%s %s: %s instead of %s", scheduler_id_text(id), weights, got, wanted);
}

static void picks_are_those_of_ipvs(void **state)
{
	assert_picks(SCHEDULER_LC, "3,1,5", "CBACBA");
	assert_picks(SCHEDULER_WLC, "3,1", "BAAABAAABA");
	assert_picks(SCHEDULER_WLC, "1,1,1", "CBACBA");
	assert_picks(SCHEDULER_SED, "3,1", "AABAAABA");
	assert_picks(SCHEDULER_SED, "1,2,1", "BCBABC");
	assert_picks(SCHEDULER_NQ, "3,1", "BAAAAABA");
	assert_picks(SCHEDULER_NQ, "1,0,9", "CACCCCCCCC");
	assert_picks(SCHEDULER_FO, "3,9,1", "BBBB");
	assert_picks(SCHEDULER_FO, "9,3,9", "CCCC");
	assert_picks(SCHEDULER_OVF, "2,1", "AAABB--");
	assert_picks(SCHEDULER_OVF, "1,2,2,0", "CCCBBBAA-");
	assert_picks(SCHEDULER_LBLC, "3,1", "BAAABAAABA");
	assert_picks(SCHEDULER_LBLCR, "3,1", "BAAABAAABA");
}

static void none_to_take_is_none(void **state)
{
	for (size_t k = 0; k < ELEMENTS_OF(picking); k++) {
		assert_picks(picking[k], "", "--");
		assert_picks(picking[k], "0,0", "--");
	}
}

static void picks_take_connections(void **state)
{
	uint64_t seed = 1;

	for (size_t round = 0; round < ROUNDS * ELEMENTS_OF(picking); round++) {
		const struct scheduler *scheduler =
			scheduler_get(picking[round % ELEMENTS_OF(picking)]);
		struct target targets[TARGETS_MAX];
		size_t n = 1 + round % TARGETS_MAX;
		struct sched_run run;
		bool any = false, room = false;

		targets_random(&seed, n, &targets);
		for (size_t i = 0; i < n; i++) {
			any = any || target_takes(&targets[i]);
			room = room || (target_takes(&targets[i]) &&
					targets[i].active <= targets[i].weight);
		}
		run = sched_run_start(targets, n);
		for (size_t i = 0; i < 20; i++) {
			int pick = scheduler->pick(&run);

			assert_int_equal(pick >= 0, scheduler == &scheduler_ovf ? room : any);
			assert_true(pick < 0 || target_takes(&targets[pick]));
		}
	}
}

/* In the words of facts.md, a ratio each: the lower, the better. */
static double cost(enum scheduler_id id, const struct target *target)
{
	double overhead = 256.0 * target->active + target->active + target->inactive;

	if (id == SCHEDULER_LC)
		return overhead;
	if (id == SCHEDULER_SED)
		return (target->active + 1.0) / target->weight;
	if (id == SCHEDULER_NQ)
		return target->active == 0 ? 0 : (target->active + 1.0) / target->weight;
	if (id == SCHEDULER_FO)
		return -(double)target->weight;
	if (id == SCHEDULER_OVF)
		return target->active > target->weight ? 1 : -(double)target->weight;
	return overhead / target->weight;
}

/* The last of those with the least cost; ratios of numbers this small are equal when they should.
 */
static int oracle(enum scheduler_id id, const struct target *targets, size_t n)
{
	int best = -1;

	for (size_t i = 0; i < n; i++)
		if (target_takes(&targets[i]) &&
		    (best < 0 || cost(id, &targets[i]) <= cost(id, &targets[best])))
			best = (int)i;
	return best >= 0 && id == SCHEDULER_OVF && cost(id, &targets[best]) > 0 ? -1 : best;
}

static void least_is_least(void **state)
{
	static const enum scheduler_id ids[] = { SCHEDULER_LC,   SCHEDULER_WLC,  SCHEDULER_SED,
						 SCHEDULER_NQ,   SCHEDULER_FO,   SCHEDULER_OVF,
						 SCHEDULER_LBLC, SCHEDULER_LBLCR };
	uint64_t seed = 2;

	for (size_t round = 0; round < ROUNDS * ELEMENTS_OF(ids); round++) {
		enum scheduler_id id = ids[round % ELEMENTS_OF(ids)];
		struct target targets[TARGETS_MAX];
		size_t n = 1 + random_below(&seed, TARGETS_MAX);
		struct sched_run run = sched_run_start(targets, n);

		targets_random(&seed, n, &targets);
		for (size_t i = 0; i < 50; i++) {
			int wanted = oracle(id, targets, n);

			assert_int_equal(scheduler_get(id)->pick(&run), wanted);
			if (wanted >= 0)
				targets[wanted].active++;
		}
	}
}

/* Before 6.1.183 and 6.12.104 an active connection was 256, and the two were equal. */
static void overhead_is_the_newer_one(void **state)
{
	struct target targets[] = { { .weight = 1, .active = 1, .usable = true },
				    { .weight = 1, .inactive = 257, .usable = true } };
	struct sched_run run = sched_run_start(targets, ELEMENTS_OF(targets));

	assert_int_equal(target_overhead(&targets[0]), 257);
	assert_int_equal(scheduler_wlc.pick(&run), 1);
	targets[1].inactive = 258;
	assert_int_equal(scheduler_wlc.pick(&run), 0);
	targets[0] = (struct target){ .weight = 65535, .active = UINT32_MAX, .usable = true };
	targets[1] = (struct target){ .weight = 65534, .active = UINT32_MAX, .usable = true };
	assert_int_equal(scheduler_wlc.pick(&run), 0);
	assert_int_equal(scheduler_sed.pick(&run), 0);
}

static void twos_follows_its_seed(void **state)
{
	struct target targets[TARGETS_MAX], again[TARGETS_MAX];
	size_t n = targets_of("1,2,3,4,5,6", &targets), same = 0;
	struct sched_run run = sched_run_start(targets, n), twin, other;

	memcpy(again, targets, sizeof(again));
	twin = sched_run_start(again, n);
	other = sched_run_start(again, n);
	run.random = twin.random = 5;
	other.random = 6;
	for (size_t i = 0; i < 1000; i++) {
		int pick = scheduler_twos.pick(&run);

		assert_int_equal(scheduler_twos.pick(&twin), pick);
		same += scheduler_twos.pick(&other) == pick;
	}
	assert_true(same < 500);
}

/* With equal loads the first draw counts, and a draw goes by weight: a chi-square would pass at 20
 * with five degrees of freedom once in 800 seeds, and this is one seed. */
static void twos_draws_by_weight(void **state)
{
	struct target targets[TARGETS_MAX];
	size_t n = targets_of("1000,2000,3000,4000,5000,6000", &targets);
	struct sched_run run = sched_run_start(targets, n);
	double picks[TARGETS_MAX] = { 0 }, chi = 0;
	const double draws = 42000;

	for (size_t i = 0; i < (size_t)draws; i++)
		picks[scheduler_twos.pick(&run)]++;
	for (size_t i = 0; i < n; i++) {
		double wanted = draws * targets[i].weight / 21000;

		chi += (picks[i] - wanted) * (picks[i] - wanted) / wanted;
	}
	assert_true(chi < 20);
}

/* Of two choices the lighter: a loaded target among idle ones is picked only when drawn twice. */
static void twos_takes_the_lighter(void **state)
{
	struct target targets[TARGETS_MAX];
	size_t n = targets_of("1000,1000,1000,1000", &targets), picks = 0;
	struct sched_run run = sched_run_start(targets, n);

	targets[2].active = 1;
	for (size_t i = 0; i < 16000; i++)
		picks += scheduler_twos.pick(&run) == 2;
	assert_in_range(picks, 800, 1200);
}

/* The level goes by all weights, and the share of the overloaded is passed over. */
static void the_overloaded_are_passed_over(void **state)
{
	struct target targets[TARGETS_MAX];
	size_t n = targets_of("4,2,1", &targets);
	struct sched_run run = sched_run_start(targets, n);
	char got[16] = "";

	targets[2].overloaded = true;
	assert_int_equal(scheduler_wrr.cycle(targets, n), 6);
	for (size_t i = 0; i < 12; i++)
		got[i] = (char)('A' + scheduler_wrr.pick(&run));
	assert_string_equal(got, "AABABAAABABA");
	targets[0].overloaded = targets[1].overloaded = true;
	assert_int_equal(scheduler_wrr.pick(&run), -1);
	assert_int_equal(scheduler_rr.pick(&run), -1);
	targets[2].overloaded = false;
	assert_int_equal(scheduler_wrr.pick(&run), 2);
	assert_int_equal(scheduler_rr.pick(&run), 2);
}

static bool judged(struct target *target, uint32_t active, uint32_t inactive)
{
	target->active = active;
	target->inactive = inactive;
	target_judge(target);
	return target->overloaded;
}

static void thresholds_have_hysteresis(void **state)
{
	struct target target = { .weight = 1, .upper = 10, .usable = true };

	assert_false(judged(&target, 4, 5));
	assert_true(judged(&target, 4, 6));
	assert_false(target_takes(&target));
	assert_true(judged(&target, 8, 0)); /* 8 < 10 - 10 / 4 does not hold */
	assert_false(judged(&target, 7, 0));
	assert_false(judged(&target, 9, 0));
	assert_true(judged(&target, UINT32_MAX, UINT32_MAX));
	target.lower = 2;
	assert_true(judged(&target, 0, 2));
	assert_false(judged(&target, 1, 0));
	target.upper = 1;
	target.lower = 0;
	assert_true(judged(&target, 1, 0));
	assert_false(judged(&target, 0, 0));
	target.overloaded = true;
	target.upper = 0;
	assert_false(judged(&target, 5, 5));
}

static void every_scheduler_has_a_nature(void **state)
{
	for (enum scheduler_id id = 0; id < SCHEDULER_ID_MAX; id++) {
		const struct scheduler *scheduler = scheduler_get(id);

		assert_non_null(scheduler);
		assert_string_not_equal(scheduler_id_text(id), "?");
		assert_true(!scheduler->pick != !scheduler->table);
		assert_true(!scheduler->table == !scheduler->table_size);
	}
	assert_int_equal(scheduler_key(&scheduler_sh, 0), SCHED_KEY_SOURCE);
	assert_int_equal(scheduler_key(&scheduler_mh, SCHEDULER_HASH_PORT), SCHED_KEY_SOURCE_PORT);
	assert_int_equal(scheduler_key(&scheduler_dh, SCHEDULER_HASH_PORT), SCHED_KEY_DESTINATION);
	assert_int_equal(scheduler_key(&scheduler_wlc, SCHEDULER_HASH_PORT), SCHED_KEY_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(picks_are_those_of_ipvs),
		cmocka_unit_test(none_to_take_is_none),
		cmocka_unit_test(picks_take_connections),
		cmocka_unit_test(least_is_least),
		cmocka_unit_test(overhead_is_the_newer_one),
		cmocka_unit_test(twos_follows_its_seed),
		cmocka_unit_test(twos_draws_by_weight),
		cmocka_unit_test(twos_takes_the_lighter),
		cmocka_unit_test(the_overloaded_are_passed_over),
		cmocka_unit_test(thresholds_have_hysteresis),
		cmocka_unit_test(every_scheduler_has_a_nature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
