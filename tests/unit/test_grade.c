/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How good a choice a line is, who is held back, and what schedulers of lines make of it. Lines are
 * put into states by hand; how they get there is in test_line.c.
 */
#include "lab.h"

#include "policy/choice.h"
#include "policy/spread.h"
#include "uplink/grade.h"

#include <stdio.h>
#include <string.h>

#define LINES                                                                            \
	"uplinks = ( { name = \"a\"; interface = \"w0\"; gateway = \"192.0.2.1\"; },"    \
	" { name = \"b\"; interface = \"w1\"; gateway = \"192.0.2.65\"; },"              \
	" { name = \"c\"; interface = \"w2\"; gateway = \"192.0.2.129\"; tier = 2; } );" \
	"policies = ( { name = \"p\"; use = [ \"a\", \"b\", \"c\" ]; } );"
#define FACTS                                    \
	"link 1 w0\n address w0 192.0.2.2/26\n"  \
	"link 2 w1\n address w1 192.0.2.66/26\n" \
	"link 3 w2\n address w2 192.0.2.130/26\n"

enum {
	A,
	B,
	C,
	LINES_N
};

static void open_lines(struct lab *lab, enum scheduler_id scheduler)
{
	lab_open(lab, LINES, FACTS);
	lab->config->policies.v[0].scheduler = scheduler;
	for (size_t i = 0; i < LINES_N; i++) {
		lab->config->uplinks.v[i].bandwidth.up = 1000000;
		lab->config->uplinks.v[i].bandwidth.down = 10000000;
	}
}

/* The lines that new connections of the policy get, by their names. */
static const char *chosen(struct lab *lab)
{
	static char text[LINES_N + 1];
	struct choice choice;

	grade_lines(&lab->world);
	spread_lines(&lab->world);
	choice = choice_make(&lab->world, &lab->config->policies.v[0], FAMILY_V4);
	for (size_t i = 0; i < choice.n; i++)
		text[i] = *choice.lines[i]->config->name;
	text[choice.n] = '\0';
	return text;
}

static void assert_grade(struct line *line, enum line_grade grade)
{
	if (line->grade != grade)
		fail_msg("%s: grade %d, not %d", line->config->name, line->grade, grade);
}

static void states_make_grades(void **state)
{
	struct lab lab;
	struct line *a;

	open_lines(&lab, SCHEDULER_WRR);
	a = &lab.world.lines[A];
	assert_string_equal(chosen(&lab), "ab");
	assert_grade(a, GRADE_FULL);
	a->state = UPLINK_DEGRADED;
	assert_string_equal(chosen(&lab), "b");
	assert_grade(a, GRADE_DEGRADED);
	assert_true(a->family[FAMILY_V4].usable);
	assert_false(a->family[FAMILY_V6].carries);

	a->state = UPLINK_PROBING;
	assert_string_equal(chosen(&lab), "b");
	assert_grade(a, GRADE_PROBING); /* nobody asks */
	a->quality.health = HEALTH_BAD;
	chosen(&lab);
	assert_grade(a, GRADE_NONE);
	a->quality.health = HEALTH_GOOD;
	chosen(&lab);
	assert_grade(a, GRADE_PROBING);

	a->state = UPLINK_UP;
	lab.config->uplinks.v[A].quota.bytes = 1000;
	a->usage.month_bytes = 999;
	assert_string_equal(chosen(&lab), "ab");
	a->usage.month_bytes = 1000;
	assert_string_equal(chosen(&lab), "b");
	assert_grade(a, GRADE_RESERVE);
	lab_close(&lab);
}

/* The best grade first, then the lowest tier: a good line of a worse tier before a bad one. */
static void grade_comes_before_tier(void **state)
{
	static const struct {
		enum uplink_state a, b, c;
		const char *chosen, *best;
	} cases[] = {
		{ UPLINK_UP, UPLINK_DEGRADED, UPLINK_UP, "a", "a" },
		{ UPLINK_DEGRADED, UPLINK_DEGRADED, UPLINK_UP, "c", "c" },
		{ UPLINK_DEGRADED, UPLINK_DEGRADED, UPLINK_DEGRADED, "ab", "a" },
		{ UPLINK_DEGRADED, UPLINK_PROBING, UPLINK_DEGRADED, "a", "a" },
		{ UPLINK_DOWN, UPLINK_PROBING, UPLINK_DEGRADED, "c", "c" },
		{ UPLINK_DOWN, UPLINK_PROBING, UPLINK_DOWN, "b", "b" },
		{ UPLINK_DISABLED, UPLINK_UP, UPLINK_UP, "b", "b" },
	};

	for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
		struct lab lab;

		open_lines(&lab, SCHEDULER_WRR);
		lab.world.lines[A].state = cases[i].a;
		lab.world.lines[B].state = cases[i].b;
		lab.world.lines[C].state = cases[i].c;
		assert_string_equal(chosen(&lab), cases[i].chosen);
		assert_string_equal(choice_best(&lab.world, FAMILY_V4)->config->name,
				    cases[i].best);
		lab_close(&lab);
	}
}

static void silence_everywhere_leaves_the_last(void **state)
{
	struct lab lab;

	open_lines(&lab, SCHEDULER_WRR);
	for (size_t i = 0; i < LINES_N; i++)
		lab.world.lines[i].state = UPLINK_DOWN;
	lab.world.lines[B].quality.answered_us = 20;
	lab.world.lines[C].quality.answered_us = 30;
	assert_string_equal(chosen(&lab), "c");
	/* One that answers now and then takes over for good, not by turns. */
	lab.world.lines[B].quality.answered_us = 5 * 1000 * 1000;
	assert_string_equal(chosen(&lab), "c");
	lab.world.lines[B].quality.answered_us = 60 * 1000 * 1000;
	assert_string_equal(chosen(&lab), "b");
	lab.world.lines[C].quality.answered_us = 61 * 1000 * 1000;
	assert_string_equal(chosen(&lab), "b");
	lab.world.lines[C].quality.answered_us = 100 * 1000 * 1000;
	assert_string_equal(chosen(&lab), "c");
	assert_grade(&lab.world.lines[C], GRADE_LAST);
	assert_grade(&lab.world.lines[B], GRADE_NONE);
	assert_true(lab.world.lines[C].family[FAMILY_V4].carries);
	/* Of those that never answered, the best tier, then weight and order. */
	lab.world.lines[B].quality.answered_us = lab.world.lines[C].quality.answered_us = 0;
	assert_string_equal(chosen(&lab), "a");
	/* Not one that cannot carry, for whatever reason besides. */
	lab.facts.links.v[A].carrier = false;
	assert_string_equal(chosen(&lab), "b");
	lab.world.lines[B].state = UPLINK_DISABLED;
	assert_string_equal(chosen(&lab), "c");
	lab.world.lines[C].resting = true;
	assert_string_equal(chosen(&lab), "");
	/* An answer anywhere, and nothing is left to guess. */
	lab.world.lines[C].resting = false;
	lab.world.lines[B].state = UPLINK_PROBING;
	lab.world.lines[B].quality.health = HEALTH_GOOD;
	assert_string_equal(chosen(&lab), "b");
	assert_grade(&lab.world.lines[C], GRADE_NONE);
	lab_close(&lab);
}

static void who_rests_keeps_what_it_has(void **state)
{
	struct lab lab;
	struct line *a;

	open_lines(&lab, SCHEDULER_WRR);
	a = &lab.world.lines[A];
	a->resting = true;
	assert_string_equal(chosen(&lab), "b");
	assert_true(a->family[FAMILY_V4].carries);
	assert_false(a->family[FAMILY_V4].usable);
	/* Even when all do: what comes in over one needs a way back, or it is taken for spoofed. */
	lab.world.lines[B].resting = lab.world.lines[C].resting = true;
	assert_string_equal(chosen(&lab), "");
	assert_null(choice_best(&lab.world, FAMILY_V4));
	assert_ptr_equal(choice_least_bad(&lab.world, FAMILY_V4), a);
	a->state = UPLINK_DOWN;
	chosen(&lab);
	assert_false(a->family[FAMILY_V4].carries);
	assert_ptr_equal(choice_least_bad(&lab.world, FAMILY_V4), &lab.world.lines[B]);
	lab_close(&lab);
}

/* The lines go from state to state, one step a string: u, d, p(robing), D(isabled), x degraded. */
static enum uplink_state state_of(char letter)
{
	switch (letter) {
	case 'u':
		return UPLINK_UP;
	case 'p':
		return UPLINK_PROBING;
	case 'x':
		return UPLINK_DEGRADED;
	case 'D':
		return UPLINK_DISABLED;
	default:
		return UPLINK_DOWN;
	}
}

static void lines_are_held(void **state)
{
	static const struct {
		const char *steps; /* states of a and b, then a: held, b: held, "-" none */
	} cases[] = {
		{ "uu- du- pu- uua uua xua" }, /* back, and held ever after */
		{ "du- uu-" },                 /* was never there: that is no return */
		{ "uu- du- uua ud- uub" },     /* needed again, and the other is held */
		{ "uu- du- uua ux- uu-" },     /* the other is no better */
		{ "uu- du- dd- ud- uub" },     /* the first that is back is not held */
		{ "uu- dd- ud- uub" },
		{ "uu- dd- uub" },
		{ "uu- Du- uu-" }, /* switched off and on by the operator */
		{ "uu- du- Du- uu-" },
	};

	for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
		struct lab lab;
		struct line before[LINES_N];

		open_lines(&lab, SCHEDULER_WRR);
		lab.world.lines[C].state = UPLINK_DOWN;
		for (size_t j = 0; j < LINES_N; j++) {
			lab.config->uplinks.v[j].failback = FAILBACK_MANUAL;
			lab.world.lines[j].state = UPLINK_DOWN;
		}
		for (const char *p = cases[i].steps; *p; p += p[3] ? 4 : 3) {
			char held;

			memcpy(before, lab.world.lines, sizeof(before));
			lab.world.lines[A].state = state_of(p[0]);
			lab.world.lines[B].state = state_of(p[1]);
			hold_lines(&lab.world, before);
			grade_lines(&lab.world);
			held = lab.world.lines[A].held ? 'a' : lab.world.lines[B].held ? 'b' : '-';
			if (p[2] != ' ' && held != p[2])
				fail_msg("\"%s\": '%c' at \"%s\"", cases[i].steps, held, p);
		}
		lab_close(&lab);
	}
}

static void only_manual_failback_holds(void **state)
{
	for (enum failback failback = 0; failback < FAILBACK_MAX; failback++) {
		struct line before[LINES_N];
		struct lab lab;

		open_lines(&lab, SCHEDULER_WRR);
		lab.config->uplinks.v[A].failback = failback;
		memcpy(before, lab.world.lines, sizeof(before));
		lab.world.lines[A].state = UPLINK_DOWN;
		hold_lines(&lab.world, before);
		memcpy(before, lab.world.lines, sizeof(before));
		lab.world.lines[A].state = UPLINK_UP;
		hold_lines(&lab.world, before);
		assert_int_equal(lab.world.lines[A].held, failback == FAILBACK_MANUAL);
		assert_string_equal(chosen(&lab), failback == FAILBACK_MANUAL ? "b" : "ab");
		lab_close(&lab);
	}
}

static void measure(struct lab *lab, size_t line, uint32_t latency_ms)
{
	lab->world.lines[line].quality.measured = latency_ms != 0;
	lab->world.lines[line].quality.latency_us = latency_ms * 1000;
}

static void least_latency_stays_unless_much_better(void **state)
{
	static const struct {
		uint32_t a, b; /* ms; 0: not measured */
		const char *chosen;
	} steps[] = {
		{ 0, 0, "a" },   { 0, 30, "b" },  { 40, 30, "b" },  { 28, 30, "b" },
		{ 25, 30, "b" }, { 24, 30, "a" }, { 24, 20, "a" },  { 24, 18, "b" },
		{ 2, 6, "b" },   { 1, 6, "a" },   { 100, 79, "b" }, { 0, 200, "b" },
		{ 300, 0, "a" }, { 0, 0, "a" },
	};
	struct lab lab;

	open_lines(&lab, SCHEDULER_LEAST_LATENCY);
	measure(&lab, C, 1); /* of a worse tier */
	for (size_t i = 0; i < ELEMENTS_OF(steps); i++) {
		measure(&lab, A, steps[i].a);
		measure(&lab, B, steps[i].b);
		if (strcmp(chosen(&lab), steps[i].chosen) != 0)
			fail_msg("step %zu: %s, not %s", i, chosen(&lab), steps[i].chosen);
	}
	/* Grades and tiers come first. */
	lab.world.lines[A].state = UPLINK_DEGRADED;
	assert_string_equal(chosen(&lab), "b");
	lab.world.lines[B].state = UPLINK_DOWN;
	assert_string_equal(chosen(&lab), "c");
	lab_close(&lab);
}

static void use(struct lab *lab, size_t line, uint32_t up, uint32_t down)
{
	lab->world.lines[line].usage.rate_up = up * 10000;
	lab->world.lines[line].usage.rate_down = down * 100000;
}

static void overflow_goes_to_the_next(void **state)
{
	static const struct {
		uint32_t a, b; /* percent in use */
		const char *chosen;
	} steps[] = {
		{ 0, 0, "a" },   { 79, 0, "a" },  { 80, 0, "b" },  { 73, 0, "b" },
		{ 71, 0, "a" },  { 90, 85, "a" }, { 95, 85, "b" }, { 90, 95, "b" },
		{ 84, 95, "a" }, { 84, 75, "a" }, { 84, 71, "b" }, { 60, 0, "a" },
	};
	struct lab lab;

	open_lines(&lab, SCHEDULER_OVERFLOW);
	lab.config->policies.v[0].overflow = 80;
	for (unsigned direction = 0; direction < 2; direction++)
		for (size_t i = 0; i < ELEMENTS_OF(steps); i++) {
			use(&lab, A, direction ? steps[i].a : 0, direction ? 0 : steps[i].a);
			use(&lab, B, direction ? steps[i].b : 0, direction ? 0 : steps[i].b);
			if (strcmp(chosen(&lab), steps[i].chosen) != 0)
				fail_msg("step %zu: %s, not %s", i, chosen(&lab), steps[i].chosen);
		}
	lab_close(&lab);
}

static void assert_weights(struct lab *lab, uint32_t a, uint32_t b)
{
	const struct config_policy *policy = &lab->config->policies.v[0];

	assert_string_equal(chosen(lab), "ab");
	assert_int_equal(choice_weight(&lab->world, policy, &lab->world.lines[A]), a);
	assert_int_equal(choice_weight(&lab->world, policy, &lab->world.lines[B]), b);
}

static void least_used_weighs_what_is_free(void **state)
{
	struct lab lab;

	open_lines(&lab, SCHEDULER_LEAST_USED);
	lab.world.lines[C].state = UPLINK_DOWN;
	assert_weights(&lab, 10, 10);
	/* Less than a tenth of the weight: all is as it was. */
	use(&lab, A, 5, 0);
	assert_false(spread_lines(&lab.world));
	assert_weights(&lab, 10, 10);
	/* The direction that has less decides: a quarter of what is free upwards, and the rest. */
	use(&lab, A, 50, 0);
	assert_weights(&lab, 7, 10);
	use(&lab, A, 50, 75);
	assert_weights(&lab, 4, 13);
	/* A line that is full still has one turn in a round; both, and all are alike. */
	use(&lab, A, 100, 120);
	assert_weights(&lab, 1, 20);
	use(&lab, B, 100, 120);
	assert_weights(&lab, 1, 1);
	use(&lab, A, 0, 0);
	use(&lab, B, 0, 0);
	assert_weights(&lab, 10, 10);
	/* What is not there to choose has no share. */
	lab.config->uplinks.v[A].bandwidth.up *= 3;
	lab.config->uplinks.v[A].bandwidth.down *= 3;
	assert_weights(&lab, 15, 5);
	/* Nor has a line of a worse tier, however much is free of it. */
	lab.world.lines[C].state = UPLINK_UP;
	lab.config->uplinks.v[C].bandwidth.up *= 1000;
	lab.config->uplinks.v[C].bandwidth.down *= 1000;
	assert_weights(&lab, 15, 5);
	lab_close(&lab);
}

/* Next to a big line that is there all along, a small one has its share from the first. */
static void least_used_weighs_who_comes_late(void **state)
{
	struct lab lab;

	open_lines(&lab, SCHEDULER_LEAST_USED);
	lab.config->uplinks.v[A].weight = 100;
	lab.config->uplinks.v[B].bandwidth.up *= 1000;
	lab.config->uplinks.v[B].bandwidth.down *= 1000;
	lab.world.lines[A].state = UPLINK_DOWN;
	assert_string_equal(chosen(&lab), "b");
	lab.world.lines[A].state = UPLINK_UP;
	assert_weights(&lab, 1, 20);
	lab_close(&lab);
}

/* What was chosen outlives a reload, by the lines' names. */
static void reloads_do_not_choose_anew(void **state)
{
	_cleanup_free_ char *errors = NULL;
	struct config *config;
	struct world world;
	struct lab lab;

	open_lines(&lab, SCHEDULER_LEAST_LATENCY);
	measure(&lab, B, 30);
	assert_string_equal(chosen(&lab), "b");
	assert_int_equal(config_parse("config",
				      "uplinks = ( { name = \"b\"; interface = \"w1\"; },"
				      " { name = \"a\"; interface = \"w0\"; } );"
				      "policies = ( { name = \"p\"; use = [ \"a\", \"b\" ];"
				      " scheduler = \"least-latency\"; } );",
				      NULL, &config, &errors),
			 0);
	assert_int_equal(world_init(&world, config, &lab.facts, &lab.world), 0);
	assert_int_equal(world.policies[0].line[FAMILY_V4], 0);
	assert_int_equal(world.policies[0].line[FAMILY_V6], -1);
	world_done(&world);
	config->policies.v[0].scheduler = SCHEDULER_OVERFLOW;
	assert_int_equal(world_init(&world, config, &lab.facts, &lab.world), 0);
	assert_int_equal(world.policies[0].line[FAMILY_V4], -1);
	world_done(&world);
	config_free(config);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_make_grades),
		cmocka_unit_test(grade_comes_before_tier),
		cmocka_unit_test(silence_everywhere_leaves_the_last),
		cmocka_unit_test(who_rests_keeps_what_it_has),
		cmocka_unit_test(lines_are_held),
		cmocka_unit_test(only_manual_failback_holds),
		cmocka_unit_test(least_latency_stays_unless_much_better),
		cmocka_unit_test(overflow_goes_to_the_next),
		cmocka_unit_test(least_used_weighs_what_is_free),
		cmocka_unit_test(least_used_weighs_who_comes_late),
		cmocka_unit_test(reloads_do_not_choose_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
