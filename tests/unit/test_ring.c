/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rings: a cycle gives every target its exact share, in IPVS's order; rings by load follow the
 * formula; what may not be picked never is. Random weights come from a fixed seed.
 */
#include "lab.h"

#include "sched/ring.h"

#include <errno.h>
#include <string.h>

enum {
	TARGETS_MAX = 32,
	ROUNDS = 200
};

static uint32_t random_below(uint64_t *seed, uint32_t limit)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33) % limit;
}

static struct ring make(enum scheduler_id id, const struct target *targets, size_t n)
{
	struct ring ring;

	assert_int_equal(ring_make(id, targets, n, &ring), 0);
	return ring;
}

static void count_picks(const struct ring *ring, uint32_t (*ret)[TARGETS_MAX])
{
	memset(*ret, 0, sizeof(*ret));
	array_foreach(&ring->picks, pick) {
		assert_true(*pick < TARGETS_MAX);
		(*ret)[*pick]++;
	}
}

/* Targets called A, B, C in order of configuration; picks as a word, to be turned like a wheel. */
static void assert_cycle(enum scheduler_id id, const char *weights, const char *wanted)
{
	struct target targets[TARGETS_MAX] = { 0 };
	char got[64] = "", twice[64];
	struct ring ring;
	size_t n = 0;

	for (const char *p = weights; *p; p += strcspn(p, ","), p += *p == ',')
		targets[n++] = (struct target){ .weight = (uint32_t)atoi(p), .usable = true };
	ring = make(id, targets, n);
	for (size_t i = 0; i < ring.picks.n; i++)
		got[i] = (char)('A' + ring.picks.v[i]);
	snprintf(twice, sizeof(twice), "%s%s", wanted, wanted);
	if (strlen(got) != strlen(wanted) || !strstr(twice, got))
		fail_msg("%s: %s is not a turn of %s", weights, got, wanted);
	ring_done(&ring);
}

static void cycles_are_those_of_ipvs(void **state)
{
	assert_cycle(SCHEDULER_WRR, "3,1", "AABA");
	assert_cycle(SCHEDULER_WRR, "4,3,2", "ABACBACBA");
	assert_cycle(SCHEDULER_WRR, "10,5", "ABA");
	assert_cycle(SCHEDULER_WRR, "5,1,1", "AAAACBA");
	assert_cycle(SCHEDULER_WRR, "7,7,7", "CBA");
	assert_cycle(SCHEDULER_RR, "5,1,1", "CBA");
	assert_cycle(SCHEDULER_RR, "1,0,1", "CA");
}

static void shares_are_exact_over_a_cycle(void **state)
{
	uint64_t seed = 1;

	for (size_t n = 1; n <= TARGETS_MAX; n++)
		for (size_t round = 0; round < ROUNDS; round++) {
			struct target targets[TARGETS_MAX];
			uint32_t picks[TARGETS_MAX], step;
			struct ring ring;

			for (size_t i = 0; i < n; i++)
				targets[i] =
					(struct target){ .weight = 1 + random_below(&seed, 100),
							 .usable = true };
			ring = make(SCHEDULER_WRR, targets, n);
			step = sched_weight_gcd(targets, n);
			count_picks(&ring, &picks);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(picks[i] * step, targets[i].weight);
			ring_done(&ring);
		}
}

static void the_unusable_and_weightless_are_left_out(void **state)
{
	static const enum scheduler_id ids[] = { SCHEDULER_RR, SCHEDULER_WRR, SCHEDULER_WLC };
	uint64_t seed = 2;

	for (size_t round = 0; round < ROUNDS * 3; round++) {
		struct target targets[TARGETS_MAX];
		size_t n = random_below(&seed, TARGETS_MAX + 1);
		uint32_t picks[TARGETS_MAX];
		struct ring ring;
		bool any = false;

		for (size_t i = 0; i < n; i++) {
			targets[i] = (struct target){ .weight = random_below(&seed, 4),
						      .active = random_below(&seed, 3),
						      .usable = random_below(&seed, 2) };
			any = any || target_takes(&targets[i]);
		}
		ring = make(ids[round % ELEMENTS_OF(ids)], targets, n);
		count_picks(&ring, &picks);
		for (size_t i = 0; i < n; i++)
			assert_true(target_takes(&targets[i]) || picks[i] == 0);
		assert_int_equal(ring.picks.n > 0, any);
		ring_done(&ring);
	}
}

static void equal_picks_are_one(void **state)
{
	struct target targets[] = { { .weight = 40, .usable = true },
				    { .weight = 7 },
				    { .usable = true } };
	struct ring ring;

	for (enum scheduler_id id = 0; id < SCHEDULER_ID_MAX; id++) {
		if (!scheduler_get(id)->pick)
			continue;
		ring = make(id, targets, ELEMENTS_OF(targets));
		assert_int_equal(ring.picks.n, 1);
		assert_int_equal(ring.picks.v[0], 0);
		ring_done(&ring);
	}
}

/* Every pick is the least loaded for its weight at that moment, the last one among equals. */
static void assert_least_loaded(struct target *targets, size_t n, size_t pick)
{
	uint64_t least = 256 * (uint64_t)targets[pick].active + targets[pick].active +
			 targets[pick].inactive;

	for (size_t i = 0; i < n; i++) {
		uint64_t load =
			256 * (uint64_t)targets[i].active + targets[i].active + targets[i].inactive;

		if (!target_takes(&targets[i]))
			continue;
		if (i > pick)
			assert_true(least * targets[i].weight < load * targets[pick].weight);
		else
			assert_true(least * targets[i].weight <= load * targets[pick].weight);
	}
	targets[pick].active++;
}

static void wlc_follows_its_formula(void **state)
{
	uint64_t seed = 3;

	for (size_t round = 0; round < ROUNDS; round++) {
		struct target targets[TARGETS_MAX];
		size_t n = 2 + random_below(&seed, TARGETS_MAX - 2);
		struct ring ring;

		for (size_t i = 0; i < n; i++)
			targets[i] = (struct target){ .weight = random_below(&seed, 20),
						      .active = random_below(&seed, 50),
						      .inactive = random_below(&seed, 5000),
						      .usable = random_below(&seed, 5) };
		targets[0].weight = targets[n - 1].weight = 1;
		targets[0].usable = targets[n - 1].usable = true;
		ring = make(SCHEDULER_WLC, targets, n);
		assert_true(ring.picks.n == RING_BY_LOAD || ring.picks.n == 1);
		array_foreach(&ring.picks, pick)
			assert_least_loaded(targets, n, *pick);
		ring_done(&ring);
	}
}

/* A share of a scaled ring is off by less than one slot, and one more for each scaled up to 1. */
static void long_cycles_are_scaled(void **state)
{
	uint64_t seed = 4;

	for (size_t round = 0; round < 20; round++) {
		struct target targets[TARGETS_MAX];
		size_t n = 2 + random_below(&seed, TARGETS_MAX - 1);
		uint32_t picks[TARGETS_MAX];
		double total = 0, bound;
		struct ring ring;

		for (size_t i = 0; i < n; i++)
			targets[i] = (struct target){ .weight = 1 + random_below(&seed, 65535),
						      .usable = true };
		targets[0].weight = 65535;
		targets[1].weight = 65534; /* no common divisor */
		targets[n - 1].weight = n > 2 ? 1 : 65534;
		for (size_t i = 0; i < n; i++)
			total += targets[i].weight;
		ring = make(SCHEDULER_WRR, targets, n);
		assert_true(ring.picks.n > 0 && ring.picks.n <= RING_MAX);
		count_picks(&ring, &picks);
		bound = 2.0 * (double)n / (double)ring.picks.n;
		for (size_t i = 0; i < n; i++) {
			double share = (double)picks[i] / (double)ring.picks.n;
			double wanted = targets[i].weight / total;

			assert_true(picks[i] > 0);
			assert_true(share - wanted < bound && wanted - share < bound);
		}
		ring_done(&ring);
	}
}

static void many_targets_fit(void **state)
{
	static struct target targets[65535];
	struct ring ring;

	for (size_t i = 0; i < ELEMENTS_OF(targets); i++)
		targets[i] = (struct target){ .weight = 1 + (uint32_t)i, .usable = true };
	ring = make(SCHEDULER_RR, targets, ELEMENTS_OF(targets));
	assert_int_equal(ring.picks.n, ELEMENTS_OF(targets));
	ring_done(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cycles_are_those_of_ipvs),
		cmocka_unit_test(shares_are_exact_over_a_cycle),
		cmocka_unit_test(the_unusable_and_weightless_are_left_out),
		cmocka_unit_test(equal_picks_are_one),
		cmocka_unit_test(wlc_follows_its_formula),
		cmocka_unit_test(long_cycles_are_scaled),
		cmocka_unit_test(many_targets_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
