/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Schedulers by hash: what their tables hold, to the slot where IPVS's are known, and what a change
 * of one target moves. 1 to 32 targets, with random weights from a fixed seed.
 */
#include "test_sched.h"

#include "base/array.h"

enum {
	TABLE_MAX = 131071
};

struct table {
	uint16_t slots[TABLE_MAX];
	size_t size;
};

static struct table table, before;

static void fill(struct table *ret, const struct scheduler *scheduler, unsigned flags,
		 const struct target *targets, size_t n)
{
	ret->size = scheduler->table_size(targets, n);
	assert_true(ret->size <= TABLE_MAX);
	memset(ret->slots, 0xaa, sizeof(ret->slots));
	assert_int_equal(scheduler->table(targets, n, flags, ret->slots, ret->size), 0);
}

static size_t slots_of(const struct table *of, size_t target)
{
	size_t count = 0;

	for (size_t i = 0; i < of->size; i++)
		count += of->slots[i] == target;
	return count;
}

static void dh_goes_round(void **state)
{
	struct target targets[TARGETS_MAX];

	for (size_t n = 1; n <= TARGETS_MAX; n++) {
		for (size_t i = 0; i < n; i++)
			targets[i] = (struct target){ .weight = 1 + (uint32_t)i, .usable = true };
		fill(&table, &scheduler_dh, 0, targets, n);
		assert_int_equal(table.size, 256);
		for (size_t i = 0; i < table.size; i++)
			assert_int_equal(table.slots[i], n - 1 - i % n);
	}
}

/* A target of weight 0 refuses what falls to it; one that is down leaves its buckets to others. */
static void dh_closes_the_weightless(void **state)
{
	struct target targets[TARGETS_MAX];
	size_t n = targets_of("1,0,1,1", &targets);

	fill(&table, &scheduler_dh, SCHEDULER_HASH_FALLBACK, targets, n);
	assert_int_equal(table.slots[0], 3);
	assert_int_equal(table.slots[1], 2);
	assert_int_equal(table.slots[2], SLOT_NONE);
	assert_int_equal(table.slots[3], 0);
	assert_int_equal(slots_of(&table, SLOT_NONE), 64);
	targets[1].usable = false;
	fill(&table, &scheduler_dh, 0, targets, n);
	assert_int_equal(slots_of(&table, SLOT_NONE), 0);
	assert_int_equal(slots_of(&table, 3), 86);
}

static void sh_takes_its_weight_in_turn(void **state)
{
	struct target targets[TARGETS_MAX];

	fill(&table, &scheduler_sh, 0, targets, targets_of("200,200", &targets));
	assert_int_equal(slots_of(&table, 1), 200);
	assert_int_equal(slots_of(&table, 0), 56);
	fill(&table, &scheduler_sh, 0, targets, targets_of("3,1", &targets));
	assert_int_equal(table.slots[0], 1);
	assert_int_equal(table.slots[1], 0);
	assert_int_equal(table.slots[3], 0);
	assert_int_equal(table.slots[4], 1);
	assert_int_equal(slots_of(&table, 0), 192);
	fill(&table, &scheduler_sh, 0, targets, targets_of("65535,1", &targets));
	assert_int_equal(slots_of(&table, 0), 255);
}

/* What the sum of the weights leaves of 256 goes to those walked first. */
static void sh_counts_are_exact(void **state)
{
	uint64_t seed = 1;

	for (size_t round = 0; round < ROUNDS; round++) {
		struct target targets[TARGETS_MAX] = { 0 };
		size_t n = 1 + round % TARGETS_MAX, total = 0, left;

		for (size_t i = 0; i < n; i++) {
			targets[i].usable = true;
			targets[i].weight = 1 + random_below(&seed, 10);
			total += targets[i].weight;
		}
		fill(&table, &scheduler_sh, 0, targets, n);
		left = table.size % total;
		for (size_t i = n; i-- > 0;) {
			size_t more = left < targets[i].weight ? left : targets[i].weight;

			left -= more;
			assert_int_equal(slots_of(&table, i),
					 table.size / total * targets[i].weight + more);
		}
	}
}

/* The walk of ip_vs_sh_get_fallback() for the hash that falls on `slot`. */
static uint16_t sh_walk(const struct table *of, const struct target *targets, size_t slot)
{
	if (target_takes(&targets[of->slots[slot]]))
		return of->slots[slot];
	for (size_t offset = 0; offset < of->size; offset++) {
		size_t at = ((offset + slot) % of->size + slot) % of->size;

		if (target_takes(&targets[of->slots[at]]))
			return of->slots[at];
	}
	return SLOT_NONE;
}

static void sh_falls_back_as_ipvs(void **state)
{
	uint64_t seed = 2;

	for (size_t round = 0; round < ROUNDS; round++) {
		struct target targets[TARGETS_MAX] = { 0 };
		size_t n = 1 + round % TARGETS_MAX;

		for (size_t i = 0; i < n; i++)
			targets[i] = (struct target){ .weight = 1 + random_below(&seed, 10),
						      .usable = true };
		fill(&before, &scheduler_sh, 0, targets, n);
		for (size_t i = 0; i < n; i++)
			targets[i].overloaded = random_below(&seed, 2);
		fill(&table, &scheduler_sh, SCHEDULER_HASH_FALLBACK, targets, n);
		for (size_t i = 0; i < table.size; i++)
			assert_int_equal(table.slots[i], sh_walk(&before, targets, i));
		fill(&table, &scheduler_sh, 0, targets, n);
		for (size_t i = 0; i < table.size; i++)
			assert_int_equal(table.slots[i], target_takes(&targets[before.slots[i]])
								 ? before.slots[i]
								 : SLOT_NONE);
	}
}

static void mh_sizes_are_primes_of_ipvs(void **state)
{
	static const struct {
		size_t n, size;
	} cases[] = { { 0, 4093 },      { 1, 4093 },     { 40, 4093 },   { 41, 8191 },
		      { 81, 8191 },     { 82, 16381 },   { 163, 16381 }, { 164, 32749 },
		      { 327, 32749 },   { 328, 65521 },  { 655, 65521 }, { 656, 131071 },
		      { 1310, 131071 }, { 1311, 131071 } };

	for (size_t i = 0; i < ELEMENTS_OF(cases); i++)
		assert_int_equal(scheduler_mh.table_size(NULL, cases[i].n), cases[i].size);
}

static void mh_targets(uint64_t *seed, size_t n, struct target (*ret)[TARGETS_MAX])
{
	memset(*ret, 0, sizeof(*ret));
	for (size_t i = 0; i < n; i++)
		(*ret)[i] = (struct target){ .weight = 1 + random_below(seed, 10),
					     .identity = random_below(seed, UINT32_MAX),
					     .usable = true };
}

/*
 * All have had as many turns, but for the last round, which may end anywhere: a share is off by
 * less than the slots of one turn, and so by far less than 2 % of the table.
 */
static void mh_shares_are_those_of_weights(void **state)
{
	uint64_t seed = 3;

	for (size_t round = 0; round < ROUNDS; round++) {
		struct target targets[TARGETS_MAX];
		size_t n = 1 + round % TARGETS_MAX;
		double total = 0;

		mh_targets(&seed, n, &targets);
		for (size_t i = 0; i < n; i++)
			total += targets[i].weight;
		fill(&table, &scheduler_mh, 0, targets, n);
		assert_int_equal(slots_of(&table, SLOT_NONE), 0);
		for (size_t i = 0; i < n; i++) {
			double slots = (double)slots_of(&table, i);
			double wanted = (double)table.size * targets[i].weight / total;

			assert_true(slots - wanted < targets[i].weight);
			assert_true(wanted - slots < targets[i].weight);
			assert_true(targets[i].weight <= 0.02 * (double)table.size);
		}
	}
}

/* Slots that moved though their target did not go. */
static size_t moved(const struct table *from, const struct table *to, size_t gone)
{
	size_t count = 0;

	for (size_t i = 0; i < from->size; i++)
		count += from->slots[i] != gone && from->slots[i] != to->slots[i];
	return count;
}

/* At most 5.1 % was seen, where a remainder of the hash would move nearly all. */
static void mh_moves_little(void **state)
{
	uint64_t seed = 4;

	for (size_t round = 0; round < ROUNDS; round++) {
		size_t n = 2 + round % (TARGETS_MAX - 1);
		size_t gone = random_below(&seed, (uint32_t)n);
		struct target targets[TARGETS_MAX];

		mh_targets(&seed, n, &targets);
		for (size_t i = 0; i < n && round % 2; i++)
			targets[i].weight = 1;
		fill(&before, &scheduler_mh, 0, targets, n);
		targets[gone].usable = false;
		fill(&table, &scheduler_mh, 0, targets, n);
		assert_int_equal(slots_of(&table, gone), 0);
		assert_int_equal(slots_of(&table, SLOT_NONE), 0);
		assert_true(moved(&before, &table, gone) <= table.size / 16);
	}
}

/* The place of a target among the others says nothing, its identity everything. */
static void mh_goes_by_identity(void **state)
{
	struct target targets[TARGETS_MAX], shifted[TARGETS_MAX] = { 0 };
	uint64_t seed = 5;
	size_t n = 10;

	mh_targets(&seed, n, &targets);
	memcpy(&shifted[1], targets, n * sizeof(*targets));
	fill(&before, &scheduler_mh, 0, targets, n);
	fill(&table, &scheduler_mh, 0, shifted, n + 1);
	for (size_t i = 0; i < table.size; i++)
		assert_int_equal(table.slots[i], before.slots[i] + 1);
}

/* Drained, a target keeps its slots, and refuses; falling back, only they move, and to all. */
static void mh_drains_in_place(void **state)
{
	struct target targets[TARGETS_MAX];
	uint64_t seed = 6;
	size_t n = 10;

	mh_targets(&seed, n, &targets);
	targets[4].last_weight = targets[4].weight;
	fill(&before, &scheduler_mh, 0, targets, n);
	targets[4].weight = 0;
	fill(&table, &scheduler_mh, 0, targets, n);
	assert_int_equal(moved(&before, &table, 4), 0);
	assert_int_equal(slots_of(&table, SLOT_NONE), slots_of(&before, 4));
	fill(&table, &scheduler_mh, SCHEDULER_HASH_FALLBACK, targets, n);
	assert_int_equal(moved(&before, &table, 4), 0);
	assert_int_equal(slots_of(&table, SLOT_NONE), 0);
	for (size_t i = 0; i < n; i++)
		assert_true(i == 4 ? slots_of(&table, i) == 0
				   : slots_of(&table, i) > slots_of(&before, i));
	targets[4].last_weight = 0;
	fill(&table, &scheduler_mh, 0, targets, n);
	assert_int_equal(slots_of(&table, SLOT_NONE), 0);
}

/* With any weights nobody with one is left out, and every slot is filled. */
static void mh_leaves_nobody_out(void **state)
{
	uint64_t seed = 7;

	for (size_t round = 0; round < ROUNDS; round++) {
		struct target targets[TARGETS_MAX];
		size_t n = 1 + round % TARGETS_MAX;

		mh_targets(&seed, n, &targets);
		for (size_t i = 0; i < n; i++)
			targets[i].weight =
				1 + (random_below(&seed, 65535) >> random_below(&seed, 16));
		fill(&table, &scheduler_mh, 0, targets, n);
		assert_int_equal(slots_of(&table, SLOT_NONE), 0);
		for (size_t i = 0; i < n; i++)
			assert_true(slots_of(&table, i) > 0);
	}
}

static void none_to_take_is_none(void **state)
{
	static const struct scheduler *const all[] = { &scheduler_dh, &scheduler_sh,
						       &scheduler_mh };
	struct target targets[TARGETS_MAX];

	for (size_t k = 0; k < ELEMENTS_OF(all); k++)
		for (unsigned flags = 0; flags <= SCHEDULER_HASH_FALLBACK;
		     flags += SCHEDULER_HASH_FALLBACK) {
			fill(&table, all[k], flags, targets, targets_of("", &targets));
			assert_int_equal(slots_of(&table, SLOT_NONE), table.size);
			fill(&table, all[k], flags, targets, targets_of("0,0,0", &targets));
			assert_int_equal(slots_of(&table, SLOT_NONE), table.size);
		}
}

static void tables_hold_only_who_takes(void **state)
{
	static const struct scheduler *const all[] = { &scheduler_dh, &scheduler_sh,
						       &scheduler_mh };
	uint64_t seed = 8;

	for (size_t round = 0; round < ROUNDS; round++) {
		struct target targets[TARGETS_MAX];
		size_t n = 1 + random_below(&seed, TARGETS_MAX);
		unsigned flags = random_below(&seed, 2) ? SCHEDULER_HASH_FALLBACK : 0;

		targets_random(&seed, n, &targets);
		fill(&table, all[round % ELEMENTS_OF(all)], flags, targets, n);
		for (size_t i = 0; i < table.size; i++)
			assert_true(table.slots[i] == SLOT_NONE ||
				    (table.slots[i] < n && target_takes(&targets[table.slots[i]])));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dh_goes_round),
		cmocka_unit_test(dh_closes_the_weightless),
		cmocka_unit_test(sh_takes_its_weight_in_turn),
		cmocka_unit_test(sh_counts_are_exact),
		cmocka_unit_test(sh_falls_back_as_ipvs),
		cmocka_unit_test(mh_sizes_are_primes_of_ipvs),
		cmocka_unit_test(mh_shares_are_those_of_weights),
		cmocka_unit_test(mh_moves_little),
		cmocka_unit_test(mh_goes_by_identity),
		cmocka_unit_test(mh_drains_in_place),
		cmocka_unit_test(mh_leaves_nobody_out),
		cmocka_unit_test(none_to_take_is_none),
		cmocka_unit_test(tables_hold_only_who_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
