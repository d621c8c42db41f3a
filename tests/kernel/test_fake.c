/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The imitation of the kernel behaves like one: what is applied is found, in the same order, and
 * what was found stays as it was when the kernel changes.
 */
#include "kernel_fixture.h"

#include "kernel/fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct fake_kernel *fake;

	if (!f || fake_open(&fake) < 0)
		return -1;
	f->kernel = &fake->kernel;
	f->parts = KERNEL_EVERYTHING;
	*state = f;
	return 0;
}

static struct fake_kernel *fake_of(struct fixture *f)
{
	return (struct fake_kernel *)f->kernel;
}

static void want_some(struct objects *wanted)
{
	struct ip_address address;
	struct nft_key key = { 0 }, data = { 0 };
	struct alias_object alias = { .link = 2 };
	struct route_object route = { .table = 201, .link = 2 };
	struct rule_object rule = { .family = AF_INET, .priority = 100, .table = 201 };

	assert_int_equal(ip_prefix_parse("10.1.0.10/24", &alias.prefix), 0);
	assert_int_equal(ip_prefix_parse("0.0.0.0/0", &route.destination), 0);
	assert_int_equal(ip_parse("10.1.0.1", &address), 0);
	want_alias(wanted, &alias);
	want_route(wanted, &route);
	want_rule(wanted, &rule);
	nft_key_address(&key, &address);
	nft_key_u32(&data, 7);
	want_table(wanted, NFT_INET);
	want_chain(wanted, "serve", "type nat hook prerouting priority -100");
	want_chain(wanted, "service", NULL);
	want_set(wanted, "marks", "ipv4_addr", "mark", 0);
	want_mapped(wanted, "marks", &key, &data);
	want_set(wanted, "services", "ipv4_addr", "verdict", 0);
	want_verdict(wanted, "services", &key, "service");
}

static void test_applied_is_found(void **state)
{
	struct fixture *f = *state;
	struct objects wanted = { 0 }, nothing = { 0 };

	want_some(&wanted);
	want_nft(&wanted, "serve", "counter");
	want_nft(&wanted, "service", "accept");
	assert_converges(f, &wanted);
	assert_true(f->found.nft_tables[NFT_INET]);
	assert_int_equal(f->found.nft_elements.n, 2);
	assert_converges(f, &nothing);
	assert_false(f->found.nft_tables[NFT_INET]);
	assert_int_equal(f->found.aliases.n + f->found.routes.n + f->found.rules.n +
				 f->found.nft_chains.n + f->found.nft_sets.n +
				 f->found.nft_elements.n + f->found.nft_rules.n,
			 0);
	assert_true(f->kernel->ops->stats(f->kernel).changes > 10);
	objects_done(&wanted);
}

static void want_chain_of(struct objects *wanted, const char *letters)
{
	want_some(wanted);
	for (; *letters; letters++)
		want_nft(wanted, "service", "rule %c", *letters);
}

/* Rules of a chain stand in the order that is wanted, whatever was there before. */
static void test_rules_keep_their_order(void **state)
{
	static const char *const chains[] = { "abc", "abcd", "bcd", "xbd", "", "dcba", "d" };

	for (size_t i = 0; i < ELEMENTS_OF(chains); i++) {
		struct objects wanted = { 0 };

		want_chain_of(&wanted, chains[i]);
		assert_converges(*state, &wanted);
		objects_done(&wanted);
	}
}

static void test_handles(void **state)
{
	struct fixture *f = *state;
	struct objects wanted = { 0 };
	struct plan plan = { 0 };

	want_chain_of(&wanted, "ab");
	assert_int_equal(objects_seal(&wanted), 0);
	observe(f);
	assert_int_equal(plan_diff(&f->found, &wanted, &plan), 0);
	assert_int_equal(f->kernel->ops->apply(f->kernel, &plan), 0);
	observe(f);
	assert_int_equal(f->found.nft_rules.n, 2);
	array_foreach(&f->found.nft_rules, rule) {
		bool told = false;

		array_foreach(&plan.steps, step)
			told = told ||
			       (step->kind == OBJECT_NFT_RULE && step->handle == rule->handle);
		assert_true(told && rule->handle != 0);
		assert_null(rule->text);
	}
	plan_done(&plan);
	objects_done(&wanted);
}

static void test_parts_are_separate(void **state)
{
	struct fixture *f = *state;
	struct objects wanted = { 0 };
	struct link link = { .index = 2, .name = "red" };

	want_some(&wanted);
	assert_converges(f, &wanted);
	observe(f);
	assert_int_equal(array_push(&fake_of(f)->facts.links, link), 0);
	fake_of(f)->objects.routes.n = 0;
	assert_int_equal(f->kernel->ops->observe(f->kernel, KERNEL_LINKS, &f->facts, &f->found), 0);
	assert_int_equal(f->facts.links.n, 1);
	assert_int_equal(f->found.routes.n, 1);
	assert_int_equal(f->kernel->ops->observe(f->kernel, KERNEL_ROUTES, &f->facts, &f->found),
			 0);
	assert_int_equal(f->found.routes.n, 0);
	assert_int_equal(f->found.nft_elements.n, 2);
	objects_done(&wanted);
}

static void test_parameters(void **state)
{
	struct fixture *f = *state;
	struct objects wanted = { 0 };

	want_sysctl(&fake_of(f)->objects, "0", "", "net/ipv4/ip_forward");
	want_sysctl(&wanted, "1", "", "net/ipv4/ip_forward");
	want_sysctl(&wanted, "1", "", "net/ipv4/not_there");
	assert_converges(f, &wanted);
	assert_int_equal(f->found.sysctls.n, 1);
	assert_string_equal(f->found.sysctls.v[0].value, "1");
	assert_ptr_equal(f->found.sysctls.v[0].path, wanted.sysctls.v[0].path);
	objects_done(&wanted);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_applied_is_found), TEST(test_rules_keep_their_order),
		TEST(test_handles),          TEST(test_parts_are_separate),
		TEST(test_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
