/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tunnel devices on a real kernel: what is applied is found again, a second time changes nothing, a
 * change takes, what is surplus goes, and what is not ours stays.
 *
 *   red 10.1.0.1/24, fd01::1/64
 */
#include "kernel_fixture.h"
#include "netns.h"

#include "kernel/kernel.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	netns_enter();
	make_red();
	assert_int_equal(kernel_open(&f->kernel), 0);
	if (f->kernel->ops->can(f->kernel, ABILITY_IPIP) == 0) {
		printf("skipped: no tunnels in this kernel\n");
		exit(77);
	}
	f->parts = KERNEL_LINKS;
	*state = f;
	return 0;
}

static size_t settle(struct fixture *f)
{
	assert_int_equal(objects_seal(&f->wanted), 0);
	return converge(f, &f->wanted);
}

static bool can(struct fixture *f, enum kernel_ability ability)
{
	int r = f->kernel->ops->can(f->kernel, ability);

	assert_true(r == 0 || r == 1);
	assert_int_equal(f->kernel->ops->can(f->kernel, ability), r);
	return r;
}

/* A remote of its own each: the kernel has one device of a kind to a remote. */
static const struct {
	enum kernel_ability ability;
	struct tunnel_object tunnel;
	const char *remote;
} cases[] = {
	{ ABILITY_IPIP, { .name = "u1", .kind = TUNNEL_IPIP }, "10.1.0.2" },
	{ ABILITY_GRE, { .name = "u2", .kind = TUNNEL_GRE, .mark = 0x100 }, "10.1.0.2" },
	{ ABILITY_GUE, { .name = "u3", .kind = TUNNEL_GUE, .port = 6080 }, "10.1.0.3" },
	{ ABILITY_IP6TNL, { .name = "u4", .kind = TUNNEL_IPIP }, "fd01::2" },
	{ ABILITY_IP6GRE, { .name = "u5", .kind = TUNNEL_GRE }, "fd01::2" },
	{ ABILITY_IP6GUE, { .name = "u6", .kind = TUNNEL_GUE, .port = 6081 }, "fd01::3" },
};

/* Wants every kind of tunnel that this kernel makes. How many these are. */
static size_t want_all(struct fixture *f)
{
	for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
		struct tunnel_object tunnel = cases[i].tunnel;

		tunnel.remote = address_of(cases[i].remote);
		if (can(f, cases[i].ability))
			want_tunnel(&f->wanted, &tunnel);
	}
	return f->wanted.tunnels.n;
}

static void test_come_and_go(void **state)
{
	struct fixture *f = *state;
	size_t n;

	n = want_all(f);
	assert_int_equal(settle(f), n);
	assert_int_equal(settle(f), 0);
	assert_int_equal(f->found.tunnels.n, n);
	assert_true(facts_link_by_name(&f->facts, "u1")->up);
	f->wanted.tunnels.n = 0;
	assert_int_equal(settle(f), n);
	assert_int_equal(settle(f), 0);
	assert_null(facts_link_by_name(&f->facts, "u1"));
}

static void test_change(void **state)
{
	struct fixture *f = *state;

	want_all(f);
	settle(f);
	array_foreach(&f->wanted.tunnels, tunnel)
		if (strcmp(tunnel->name, "u1") == 0)
			tunnel->remote = address_of("10.1.0.9");
	assert_int_equal(settle(f), 1);
	assert_int_equal(settle(f), 0);
	run("ip link set u1 down");
	assert_int_equal(settle(f), 1);
	assert_int_equal(settle(f), 0);
}

static void test_foreign(void **state)
{
	struct fixture *f = *state;
	struct plan plan = { 0 };

	run("ip link add u1 type ipip remote 10.1.0.7 && ip link add other type gre remote 10.1.0.8");
	assert_int_equal(settle(f), 0);
	want_all(f);
	assert_int_equal(objects_seal(&f->wanted), 0);
	assert_int_equal(plan_diff(&f->found, &f->wanted, &plan), 0);
	assert_int_equal(f->kernel->ops->apply(f->kernel, &plan), -EEXIST);
	plan_done(&plan);
	f->wanted.tunnels.n = 0;
	settle(f);
	assert_non_null(facts_link_by_name(&f->facts, "u1"));
	assert_non_null(facts_link_by_name(&f->facts, "other"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_come_and_go),
		TEST(test_change),
		TEST(test_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
