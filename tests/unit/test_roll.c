/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rings that roll, against a kernel that walks them and a scheduler that decides for every
 * connection by itself: while connections only come, both pick the same, whatever the order in
 * which they are heard of; what is lost is made up for; nobody is refused while a target takes. And
 * how far from the ideal shares the rings are, next to the scheduler (printed).
 */
#include "test_sched.h"

#include "base/array.h"
#include "sched/roll.h"

#include <math.h>
#include <stdio.h>

enum {
	ARRIVALS = 1000,
	REORDER = 8,  /* connections that may be heard of in any order */
	PENDING = 20, /* connections that were not heard of yet */
	LOAD_SCHEDULERS = 8
};

static const enum scheduler_id by_load[LOAD_SCHEDULERS] = {
	SCHEDULER_LC, SCHEDULER_WLC, SCHEDULER_SED,  SCHEDULER_NQ,
	SCHEDULER_FO, SCHEDULER_OVF, SCHEDULER_TWOS, SCHEDULER_LBLC,
};

/* The ring as it stands in the kernel, and where that is; what the daemon has not heard yet. */
struct box {
	enum scheduler_id id;
	struct target targets[TARGETS_MAX]; /* as far as heard of */
	size_t n;
	struct roll roll;
	uint16_t ring[ROLL_SLOTS];
	uint32_t restart;
	uint64_t walked, known; /* slots since the restart, and picks known before it */
	struct {
		uint64_t slot;
		uint16_t target;
	} pending[PENDING];
	size_t pendings;
	uint64_t seed;
};

static void box_rewrite(struct box *box)
{
	int r = roll_on(&box->roll, box->id, box->targets, box->n);

	assert_true(r >= 0);
	assert_true(box->roll.filled);
	if (r == 0)
		return;
	memcpy(box->ring, box->roll.picks, sizeof(box->ring));
	if (box->roll.restart == box->restart)
		return;
	box->restart = box->roll.restart;
	box->known = box->roll.number;
	box->walked = 0;
	for (size_t i = 0; i < box->pendings; i++)
		box->pending[i].slot = 0;
}

static uint16_t box_arrive(struct box *box)
{
	uint64_t slot = box->walked++;
	uint16_t pick = box->ring[slot % ROLL_SLOTS];

	if (pick == SLOT_NONE)
		return pick;
	box->pending[box->pendings].slot = slot;
	box->pending[box->pendings++].target = pick;
	return pick;
}

static uint16_t take_pending(struct box *box, size_t i)
{
	uint16_t target = box->pending[i].target;

	memmove(&box->pending[i], &box->pending[i + 1],
		(--box->pendings - i) * sizeof(box->pending[0]));
	return target;
}

static void count_in(struct target *target)
{
	target_count(target);
	target_judge(target);
}

/* One of those that began at about the same time. */
static void box_hear(struct box *box)
{
	uint32_t n = 0;
	uint16_t target;

	while (n < box->pendings && box->pending[n].slot < box->pending[0].slot + REORDER)
		n++;
	if (!n)
		return;
	target = take_pending(box, random_below(&box->seed, n));
	count_in(&box->targets[target]);
	roll_taken(&box->roll, target);
}

static void box_hear_all(struct box *box)
{
	while (box->pendings)
		box_hear(box);
}

/* Rewrites, and things heard of, now and then. */
static void box_live(struct box *box)
{
	while (box->pendings == PENDING || random_below(&box->seed, 2))
		box_hear(box);
	if (random_below(&box->seed, 5) == 0)
		box_rewrite(box);
}

static void random_targets(struct box *box, uint32_t most)
{
	box->n = 1 + random_below(&box->seed, 8);
	for (size_t i = 0; i < box->n; i++)
		box->targets[i] = (struct target){ .weight = 1 + random_below(&box->seed, most),
						   .active = random_below(&box->seed, 20),
						   .inactive = random_below(&box->seed, 300),
						   .usable = true };
}

/* What the scheduler itself says of a connection more. */
static uint16_t exact_pick(enum scheduler_id id, struct target *targets, size_t n, uint64_t number)
{
	struct sched_run run = sched_run_start(targets, n);
	int pick;

	run.random = sched_mix(number);
	pick = scheduler_get(id)->pick(&run);
	if (pick < 0)
		return SLOT_NONE;
	count_in(&targets[pick]);
	return (uint16_t)pick;
}

static void assert_exact(struct box *box)
{
	struct target exact[TARGETS_MAX];

	memcpy(exact, box->targets, sizeof(exact));
	box_rewrite(box);
	for (uint64_t i = 0; i < ARRIVALS; i++) {
		uint16_t wanted = exact_pick(box->id, exact, box->n, i), pick = box_arrive(box);

		if (pick != wanted)
			fail_msg("scheduler %d, connection %llu: %u instead of %u", box->id,
				 (unsigned long long)i, pick, wanted);
		box_live(box);
	}
	assert_int_equal(box->restart, 1);
}

static void arrivals_only_are_exact(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		for (size_t i = 0; i < LOAD_SCHEDULERS; i++) {
			struct box box = { .id = by_load[i], .seed = seed };

			random_targets(&box, by_load[i] == SCHEDULER_OVF ? 2000 : 10);
			box.targets[0].weight += by_load[i] == SCHEDULER_OVF ? ARRIVALS : 0;
			assert_exact(&box);
		}
}

/* UDP: no connection is ever active. */
static void so_are_arrivals_that_are_never_active(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		for (size_t i = 0; i < LOAD_SCHEDULERS; i++) {
			struct box box = { .id = by_load[i], .seed = seed };

			random_targets(&box, 10);
			for (size_t k = 0; k < box.n; k++) {
				box.targets[k].passive = true;
				box.targets[k].active = 0;
			}
			assert_exact(&box);
		}
}

static bool any_takes(const struct box *box)
{
	for (size_t i = 0; i < box->n; i++)
		if (target_takes(&box->targets[i]))
			return true;
	return false;
}

static void end_one(struct box *box)
{
	struct target *target = &box->targets[random_below(&box->seed, (uint32_t)box->n)];
	uint32_t *which = random_below(&box->seed, 2) ? &target->active : &target->inactive;

	*which -= *which > 0;
	target_judge(target);
}

/* Near their thresholds: as long as everything is heard of before the ring is rewritten, a packet
 * is refused if and only if no target takes it. */
static void thresholds_are_kept(void **state)
{
	size_t refused = 0;

	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct box box = { .id = by_load[seed % LOAD_SCHEDULERS], .seed = seed };

		if (box.id == SCHEDULER_OVF)
			continue;
		random_targets(&box, 10);
		for (size_t i = 0; i < box.n; i++)
			box.targets[i].upper = 1 + random_below(&box.seed, 12);
		for (size_t i = 0; i < box.n; i++)
			target_judge(&box.targets[i]);
		for (size_t i = 0; i < ARRIVALS; i++) {
			uint16_t pick;

			box_rewrite(&box);
			pick = box_arrive(&box);
			assert_int_equal(pick != SLOT_NONE, any_takes(&box));
			assert_true(pick == SLOT_NONE || target_takes(&box.targets[pick]));
			refused += pick == SLOT_NONE;
			box_hear_all(&box);
			for (uint32_t ends = random_below(&box.seed, 3); ends; ends--)
				end_one(&box);
		}
	}
	assert_true(refused > 0);
}

/* All that a scarce ring has is taken, and ends, before the ring is looked at again. */
static void a_scarce_ring_that_was_used_up_begins_again(void **state)
{
	struct box box = { .id = SCHEDULER_WLC, .n = 1 };

	box.targets[0] = (struct target){ .weight = 1, .upper = 2, .usable = true };
	for (size_t round = 0; round < ROUNDS; round++) {
		box_rewrite(&box);
		assert_int_equal(box_arrive(&box), 0);
		assert_int_equal(box_arrive(&box), 0);
		assert_int_equal(box_arrive(&box), SLOT_NONE);
		box_hear_all(&box);
		box.targets[0].active = 0;
		target_judge(&box.targets[0]);
	}
}

/* Nothing happens: nothing changes, even with slots that have no pick. */
static void a_ring_at_rest_stays(void **state)
{
	for (size_t i = 0; i < LOAD_SCHEDULERS; i++) {
		struct box box = { .id = by_load[i], .seed = i };

		random_targets(&box, 10);
		box.targets[0].weight = 100;
		box.targets[0].upper = 25;
		box_rewrite(&box);
		assert_int_equal(roll_on(&box.roll, box.id, box.targets, box.n), 0);
		box.targets[0].usable = false;
		box.n = 1;
		assert_int_equal(roll_on(&box.roll, box.id, box.targets, box.n), 1);
		assert_int_equal(box.roll.picks[0], SLOT_NONE);
		assert_int_equal(roll_on(&box.roll, box.id, box.targets, box.n), 0);
	}
}

/* How many slots the kernel is away from where it is thought to be. */
static uint64_t drift(const struct box *box)
{
	uint64_t known = box->roll.number - box->known;

	return known > box->walked ? known - box->walked : box->walked - known;
}

/* One connection in a hundred is never heard of, others end. */
static void lose_and_end(struct box *box, uint64_t *worst)
{
	for (size_t i = 0; i < ARRIVALS; i++) {
		uint16_t pick = box_arrive(box);

		if (pick != SLOT_NONE && random_below(&box->seed, 100) == 0)
			box->pendings--;
		assert_true(pick != SLOT_NONE || !any_takes(box));
		if (random_below(&box->seed, 2))
			end_one(box);
		box_live(box);
		if (!box->roll.filled)
			box_rewrite(box);
		if (drift(box) > *worst)
			*worst = drift(box);
	}
}

static void what_is_lost_is_made_up_for(void **state)
{
	uint64_t worst = 0;

	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct box box = { .id = by_load[seed % LOAD_SCHEDULERS], .seed = seed };

		if (box.id == SCHEDULER_OVF)
			continue;
		random_targets(&box, 10);
		box_rewrite(&box);
		lose_and_end(&box, &worst);
	}
	print_message("the kernel is at most %llu slots from where it is thought to be\n",
		      (unsigned long long)worst);
	assert_true(worst < ROLL_SLOTS);
}

/* A pick that stands nowhere near: the kernel is not where it was thought to be. */
static void an_unexpected_pick_loses_the_place(void **state)
{
	struct box box = { .id = SCHEDULER_FO, .n = 2 };

	box.targets[0] = (struct target){ .weight = 2, .usable = true };
	box.targets[1] = (struct target){ .weight = 1, .usable = true };
	box_rewrite(&box);
	roll_taken(&box.roll, 1);
	assert_false(box.roll.filled);
	roll_taken(&box.roll, 0);
	assert_false(box.roll.filled);
	box_rewrite(&box);
	assert_int_equal(box.roll.restart, 2);
}

static void unheard_rings_go_on_while_they_are_the_same(void **state)
{
	struct box box = { .id = SCHEDULER_WLC, .n = 2 };

	assert_false(roll_goes_on(&box.roll, box.id, box.targets, box.n));
	box.targets[0] = (struct target){ .weight = 2, .usable = true };
	box.targets[1] = (struct target){ .weight = 1, .usable = true };
	box_rewrite(&box);
	assert_true(roll_goes_on(&box.roll, box.id, box.targets, box.n));
	box.targets[0].active = 7;
	assert_false(roll_goes_on(&box.roll, box.id, box.targets, box.n));
	assert_int_equal(box.roll.restart, 1);
}

static void without_targets_there_are_no_picks(void **state)
{
	struct roll roll = { 0 };

	assert_int_equal(roll_on(&roll, SCHEDULER_WLC, NULL, 0), 1);
	for (size_t i = 0; i < ROLL_SLOTS; i++)
		assert_int_equal(roll.picks[i], SLOT_NONE);
	roll_taken(&roll, 0);
	assert_false(roll.filled);
}

/*
 * The simulation: servers of weights 1 to 10, connections that come at a rate and last for two
 * seconds on average, a ring that is rewritten every 20 ms or the scheduler itself.
 */
enum {
	SERVERS = 6,
	SECONDS = 60,
	LIFE_US = 2000 * 1000,
	REWRITE_US = 20 * 1000,
	LIVE_MAX = 4000
};

struct sim {
	struct box box;
	uint64_t now_us, rewrite_us;
	struct {
		uint64_t end_us;
		uint16_t target;
	} live[LIVE_MAX];
	size_t lives;
	double sum;
	uint64_t samples;
};

static uint64_t exponential(uint64_t *seed, double mean_us)
{
	return (uint64_t)(-log((random_below(seed, 1000000) + 1) / 1000001.0) * mean_us);
}

static void sim_end(struct sim *sim)
{
	for (size_t i = 0; i < sim->lives;) {
		if (sim->live[i].end_us > sim->now_us) {
			i++;
			continue;
		}
		sim->box.targets[sim->live[i].target].active--;
		sim->live[i] = sim->live[--sim->lives];
	}
}

static void sim_sample(struct sim *sim)
{
	double weights = 0;

	for (size_t i = 0; i < SERVERS; i++)
		weights += sim->box.targets[i].weight;
	for (size_t i = 0; i < SERVERS; i++) {
		const struct target *target = &sim->box.targets[i];

		sim->sum += fabs(target->active - (double)sim->lives * target->weight / weights);
		sim->samples++;
	}
}

static void sim_arrive(struct sim *sim, bool exact)
{
	uint16_t pick;

	if (!exact && sim->now_us >= sim->rewrite_us) {
		box_rewrite(&sim->box);
		sim->rewrite_us = sim->now_us + REWRITE_US;
	}
	if (exact) {
		pick = exact_pick(sim->box.id, sim->box.targets, SERVERS, 0);
	} else {
		pick = box_arrive(&sim->box);
		box_hear_all(&sim->box);
	}
	assert_true(pick < SERVERS && sim->lives < LIVE_MAX);
	sim->live[sim->lives].end_us = sim->now_us + exponential(&sim->box.seed, LIFE_US);
	sim->live[sim->lives++].target = pick;
}

/* Mean distance of a server's connections from its share of all. */
static double simulate(enum scheduler_id id, uint32_t rate, bool exact)
{
	static const uint32_t weights[SERVERS] = { 1, 2, 4, 6, 8, 10 };
	static struct sim sim;

	sim = (struct sim){ .box = { .id = id, .n = SERVERS, .seed = rate } };
	for (size_t i = 0; i < SERVERS; i++)
		sim.box.targets[i] = (struct target){ .weight = weights[i], .usable = true };
	while (sim.now_us < UINT64_C(1000000) * SECONDS) {
		sim.now_us += exponential(&sim.box.seed, 1000000.0 / rate);
		sim_end(&sim);
		sim_arrive(&sim, exact);
		if (sim.now_us > 5 * LIFE_US)
			sim_sample(&sim);
	}
	return sim.sum / (double)sim.samples;
}

static void shares_stay_near_the_ideal(void **state)
{
	static const struct {
		uint32_t rate;
		double bound; /* times what the scheduler itself has, loosely */
	} runs[] = { { 50, 1.5 }, { 200, 1.5 }, { 1000, 3 } };

	for (size_t i = 0; i < ELEMENTS_OF(runs); i++) {
		double exact = simulate(SCHEDULER_WLC, runs[i].rate, true);
		double roll = simulate(SCHEDULER_WLC, runs[i].rate, false);

		print_message("%4u conn/s: mean distance %.2f, as a ring %.2f\n", runs[i].rate,
			      exact, roll);
		assert_true(roll <= exact * runs[i].bound);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrivals_only_are_exact),
		cmocka_unit_test(so_are_arrivals_that_are_never_active),
		cmocka_unit_test(thresholds_are_kept),
		cmocka_unit_test(a_scarce_ring_that_was_used_up_begins_again),
		cmocka_unit_test(a_ring_at_rest_stays),
		cmocka_unit_test(what_is_lost_is_made_up_for),
		cmocka_unit_test(an_unexpected_pick_loses_the_place),
		cmocka_unit_test(unheard_rings_go_on_while_they_are_the_same),
		cmocka_unit_test(without_targets_there_are_no_picks),
		cmocka_unit_test(shares_stay_near_the_ideal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
