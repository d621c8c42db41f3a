/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From every intent to every other: after one plan nothing is left to do, and what was adopted
 * without reading it back is what a reading finds. On the kernel in memory.
 */
#include "cases.h"

#include "kernel/fake.h"
#include "plan/plan.h"

#include <string.h>

struct transition {
	struct fake_kernel *fake;
	struct objects found;
};

static void observe(struct transition *transition, const struct objects *wanted)
{
	struct kernel *kernel = &transition->fake->kernel;

	assert_int_equal(kernel->ops->observe(kernel, KERNEL_EVERYTHING, &(struct facts){ 0 },
					      &transition->found),
			 0);
	assert_int_equal(kernel->ops->observe_sysctls(kernel, wanted, &transition->found), 0);
}

/* Nothing surplus either, which a plan that forgot it would not show. */
static void assert_same_sizes(const struct objects *found, const struct objects *wanted)
{
	assert_memory_equal(found->nft_tables, wanted->nft_tables, sizeof(found->nft_tables));
	assert_int_equal(found->aliases.n, wanted->aliases.n);
	assert_int_equal(found->routes.n, wanted->routes.n);
	assert_int_equal(found->rules.n, wanted->rules.n);
	assert_int_equal(found->nft_chains.n, wanted->nft_chains.n);
	assert_int_equal(found->nft_sets.n, wanted->nft_sets.n);
	assert_int_equal(found->nft_helpers.n, wanted->nft_helpers.n);
	assert_int_equal(found->nft_elements.n, wanted->nft_elements.n);
	assert_int_equal(found->nft_rules.n, wanted->nft_rules.n);
}

static size_t steps_left(struct transition *transition, const struct objects *wanted)
{
	struct plan plan;
	size_t n;

	assert_int_equal(plan_diff(&transition->found, wanted, &plan), 0);
	n = plan.steps.n;
	plan_done(&plan);
	return n;
}

/* Sysctls of an empty kernel do not exist; here they exist with some other value. */
static void invent_sysctls(struct transition *transition, const struct objects *wanted)
{
	struct objects *objects = &transition->fake->objects;

	array_foreach(&wanted->sysctls, sysctl)
		if (objects->sysctls.n == 0 ||
		    !bsearch(sysctl, objects->sysctls.v, objects->sysctls.n, sizeof(*sysctl),
			     sysctl_compare)) {
			want_sysctl(objects, "0", "", "%s", sysctl->path);
			assert_int_equal(objects_seal(objects), 0);
		}
}

/* One arrangement as the daemon does it, with and without reading back. */
static void arrange(struct transition *transition, const struct test_case *test)
{
	struct kernel *kernel = &transition->fake->kernel;
	struct lab lab;
	struct objects wanted, again;
	struct plan plan;

	case_open(test, &lab);
	wanted = lab_intent(&lab);
	again = lab_intent(&lab);
	invent_sysctls(transition, &wanted);
	observe(transition, &wanted);
	assert_int_equal(plan_diff(&transition->found, &wanted, &plan), 0);
	assert_int_equal(kernel->ops->apply(kernel, &plan), 0);
	plan_adopt_nft(&transition->found, &wanted, &plan);
	array_foreach(&transition->found.nft_rules, rule)
		assert_true(rule->handle);
	plan_done(&plan);
	kernel->ops->observe(kernel, KERNEL_EVERYTHING & ~(unsigned)KERNEL_NFT,
			     &(struct facts){ 0 }, &transition->found);
	kernel->ops->observe_sysctls(kernel, &again, &transition->found);
	assert_int_equal(steps_left(transition, &again), 0);
	observe(transition, &again);
	assert_int_equal(steps_left(transition, &again), 0);
	assert_same_sizes(&transition->found, &again);
	objects_done(&wanted);
	objects_done(&again);
	lab_close(&lab);
	array_done(&transition->found.sysctls);
}

static void every_transition_settles(void **state)
{
	const struct test_case *test = *state;

	for (size_t i = 0; i < test->n; i++) {
		struct transition transition = { 0 };

		assert_int_equal(fake_open(&transition.fake), 0);
		arrange(&transition, test);
		arrange(&transition, &test->others[i]);
		arrange(&transition, test);
		objects_done(&transition.found);
		kernel_close(&transition.fake->kernel);
	}
}

int main(int argc, char **argv)
{
	return cases_run(argc, argv, every_transition_settles);
}
