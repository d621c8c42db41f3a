/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From every intent of tests/unit/intent to every other, and back, in the real kernel: it takes
 * the nftables part of each plan as it stands, what was adopted without reading it back is what a
 * reading finds, and nft(8) can load what it lists. In a network namespace of its own.
 */
#include "../unit/cases.h"

#include "kernel/nft/nft.h"
#include "plan/plan.h"

#include "netns.h"

#include <net/if.h>
#include <string.h>

static void make_device(const char *name)
{
	if (!if_nametoindex(name))
		run("ip link add %s type veth", name);
}

/* What chains and rules of the table at the ingress hook name has to exist. */
static void make_devices(const struct test_case *test)
{
	for (size_t i = 0; i < test->n; i++) {
		struct lab lab;
		struct objects objects;

		case_open(&test->others[i], &lab);
		objects = lab_intent(&lab);
		array_foreach(&lab.facts.links, link)
			make_device(link->name);
		array_foreach(&objects.tunnels, tunnel)
			make_device(tunnel->name);
		objects_done(&objects);
		lab_close(&lab);
	}
}

/* The nft part alone: addresses, routes and rules of the cases do not exist here. */
static struct objects nft_intent(const struct test_case *test)
{
	struct lab lab;
	struct objects objects;

	case_open(test, &lab);
	objects = lab_intent(&lab);
	lab_close(&lab);
	array_done(&objects.tunnels);
	array_done(&objects.aliases);
	array_done(&objects.routes);
	array_done(&objects.rules);
	array_done(&objects.sysctls);
	return objects;
}

static size_t steps_to(const struct objects *found, const struct objects *wanted)
{
	struct plan plan;
	size_t n;

	assert_int_equal(plan_diff(found, wanted, &plan), 0);
	n = plan.steps.n;
	plan_done(&plan);
	return n;
}

static void arrange(struct nft *nft, struct objects *found, const struct test_case *test)
{
	struct objects wanted = nft_intent(test), again = nft_intent(test), read = { 0 };
	struct plan plan;

	assert_int_equal(plan_diff(found, &wanted, &plan), 0);
	if (plan.steps.n) {
		assert_int_equal(nft_apply(nft, plan.steps.v, plan.steps.n), 0);
		plan_adopt_nft(found, &wanted, &plan);
	}
	plan_done(&plan);
	assert_int_equal(steps_to(found, &again), 0);
	assert_int_equal(nft_observe(nft, &read), 0);
	assert_int_equal(steps_to(&read, &again), 0);
	assert_int_equal(read.nft_rules.n, again.nft_rules.n);
	assert_int_equal(read.nft_elements.n, again.nft_elements.n);
	objects_done(&read);
	objects_done(&wanted);
	objects_done(&again);
}

#define LIST "if nft list tables | grep -q inet; then nft list table inet uplinkd; fi"

/*
 * But for rules on control groups, which nft(8) wants to exist by the number in the rule; and for
 * the table at the ingress hook, whose raw fields have no type in its language.
 */
static void loads_again(void)
{
	_cleanup_free_ char *before = output_of(LIST "; echo"), *after = NULL;

	if (strstr(before, "cgroupv2"))
		return;
	run("t=$(mktemp) && { " LIST "; } >$t && nft flush ruleset && nft -f $t && rm $t");
	after = output_of(LIST "; echo");
	assert_string_equal(before, after);
}

static void every_transition_is_taken(void **state)
{
	const struct test_case *test = *state;
	struct objects found = { 0 };
	struct nft *nft = NULL;

	make_devices(test);
	assert_int_equal(nft_open(&nft), 0);
	assert_int_equal(nft_observe(nft, &found), 0);
	for (size_t i = 0; i < test->n; i++) {
		arrange(nft, &found, test);
		arrange(nft, &found, &test->others[i]);
	}
	arrange(nft, &found, test);
	loads_again();
	objects_done(&found);
	nft_free(nft);
}

int main(int argc, char **argv)
{
	netns_enter();
	return cases_run(argc, argv, every_transition_is_taken);
}
