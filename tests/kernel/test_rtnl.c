/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Aliases, routes, rules and parameters on a real kernel: what is applied is found again, a second
 * time changes nothing, and what is not ours stays. Facts are what ip(8) arranged.
 */
#include "kernel_fixture.h"
#include "netns.h"

#include "base/ip.h"
#include "kernel/kernel.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
	TABLE = 201
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	netns_enter();
	make_red();
	assert_int_equal(kernel_open(&f->kernel), 0);
	f->parts = KERNEL_EVERYTHING & ~KERNEL_NFT;
	*state = f;
	return 0;
}

static struct route_object route_to(const char *destination, uint32_t metric)
{
	return (struct route_object){ .table = TABLE,
				      .destination = prefix_of(destination),
				      .metric = metric };
}

static void want_blackhole(struct objects *wanted, const char *destination)
{
	struct route_object route = route_to(destination, 4000000000);

	route.type = ROUTE_BLACKHOLE;
	want_route(wanted, &route);
}

static void want_way(struct objects *wanted, const char *destination, uint32_t metric,
		     const char *gateway, const char *source)
{
	struct route_object route = route_to(destination, metric);

	route.link = link_index("red");
	if (gateway)
		route.gateway = address_of(gateway);
	if (source)
		route.source = address_of(source);
	want_route(wanted, &route);
}

static void want_far_gateway(struct objects *wanted, const char *destination, uint32_t metric,
			     const char *gateway)
{
	struct route_object route = route_to(destination, metric);

	route.link = link_index("red");
	route.gateway = address_of(gateway);
	route.onlink = true;
	route.mtu = 1400;
	want_route(wanted, &route);
}

static void want_rules(struct objects *wanted, uint8_t family, const char *from)
{
	const struct rule_object rules[] = {
		{ .family = family,
		  .priority = 101,
		  .mark = 0x100,
		  .mask = 0xff00,
		  .table = TABLE },
		{ .family = family, .priority = 200, .table = 254, .suppress_default = true },
		{ .family = family, .priority = 201, .from = prefix_of(from), .table = TABLE },
		{ .family = family, .priority = 300, .table = 5000 },
	};

	for (size_t i = 0; i < ELEMENTS_OF(rules); i++)
		want_rule(wanted, &rules[i]);
}

static void want_aliases(struct objects *wanted)
{
	static const char *const prefixes[] = { "10.1.0.10/24", "10.7.7.7/32", "fd01::10/64",
						"fd07::7/128" };

	for (size_t i = 0; i < ELEMENTS_OF(prefixes); i++) {
		struct alias_object alias = { .link = link_index("red"),
					      .prefix = prefix_of(prefixes[i]) };

		if (alias.prefix.address.family == AF_INET)
			snprintf(alias.label, sizeof(alias.label), "red:%zu", i);
		want_alias(wanted, &alias);
	}
}

static void want_all(struct objects *wanted)
{
	want_aliases(wanted);
	want_way(wanted, "10.1.0.0/24", 0, NULL, "10.1.0.1");
	want_way(wanted, "0.0.0.0/0", 0, "10.1.0.254", "10.1.0.1");
	want_far_gateway(wanted, "192.0.2.0/24", 7, "10.99.0.1");
	want_way(wanted, "198.51.100.0/24", 0, "fd01::2", NULL);
	want_blackhole(wanted, "0.0.0.0/0");
	want_way(wanted, "fd01::/64", 256, NULL, NULL);
	want_way(wanted, "::/0", 0, "fd01::2", "fd01::1");
	want_way(wanted, "::/0", 512, "fe80::99", NULL);
	want_far_gateway(wanted, "2001:db8::/32", 7, "fd99::1");
	want_blackhole(wanted, "::/0");
	want_rules(wanted, AF_INET, "10.1.0.1");
	want_rules(wanted, AF_INET6, "fd01::1");
}

static void test_applied_is_found(void **state)
{
	struct objects wanted = { 0 };

	want_all(&wanted);
	assert_converges(*state, &wanted);
	objects_done(&wanted);
}

static void test_everything_goes(void **state)
{
	struct fixture *f = *state;
	struct objects wanted = { 0 }, nothing = { 0 };

	want_all(&wanted);
	assert_converges(f, &wanted);
	assert_converges(f, &nothing);
	assert_int_equal(f->found.aliases.n + f->found.routes.n + f->found.rules.n, 0);
	objects_done(&wanted);
}

/* Values that one and the same route may have, as `ip route` cannot confuse them. */
static void want_variant(struct objects *wanted, bool v6, int variant)
{
	const char *to = v6 ? "2001:db8:1::/48" : "203.0.113.0/24";

	switch (variant) {
	case 0:
		want_way(wanted, to, 9, v6 ? "fd01::2" : "10.1.0.2", NULL);
		return;
	case 1:
		want_way(wanted, to, 9, v6 ? "fd01::3" : "10.1.0.3", v6 ? "fd01::1" : "10.1.0.1");
		return;
	case 2:
		want_way(wanted, to, 9, NULL, NULL);
		return;
	case 3:
		want_far_gateway(wanted, to, 9, v6 ? "fd99::1" : "10.99.0.1");
		return;
	default:
		want_blackhole(wanted, to);
		wanted->routes.v[0].metric = 9;
	}
}

static void test_routes_change(void **state)
{
	for (int i = 0; i < 2 * 5 * 5; i++) {
		struct objects before = { 0 }, after = { 0 };

		want_variant(&before, i % 2, i / 2 % 5);
		want_variant(&after, i % 2, i / 10);
		assert_converges(*state, &before);
		assert_converges(*state, &after);
		objects_done(&before);
		objects_done(&after);
	}
}

static void test_alias_label_changes(void **state)
{
	struct objects wanted = { 0 };

	want_aliases(&wanted);
	assert_converges(*state, &wanted);
	snprintf(wanted.aliases.v[0].label, sizeof(wanted.aliases.v[0].label), "red:new");
	assert_converges(*state, &wanted);
	objects_done(&wanted);
}

/* Steps made from an old look at the kernel. */
static void test_done_by_others(void **state)
{
	struct fixture *f = *state;
	struct objects wanted = { 0 }, nothing = { 0 }, found = { 0 };
	struct facts facts = { 0 };
	struct plan add = { 0 }, remove = { 0 };

	want_all(&wanted);
	assert_int_equal(objects_seal(&wanted), 0);
	observe(f);
	assert_int_equal(plan_diff(&f->found, &wanted, &add), 0);
	assert_int_equal(f->kernel->ops->apply(f->kernel, &add), 0);
	assert_int_equal(f->kernel->ops->apply(f->kernel, &add), 0);
	assert_int_equal(f->kernel->ops->observe(f->kernel,
						 KERNEL_ADDRESSES | KERNEL_ROUTES | KERNEL_RULES,
						 &facts, &found),
			 0);
	assert_int_equal(plan_diff(&found, &nothing, &remove), 0);
	assert_int_equal(f->kernel->ops->apply(f->kernel, &remove), 0);
	assert_int_equal(f->kernel->ops->apply(f->kernel, &remove), 0);
	plan_done(&add);
	plan_done(&remove);
	objects_done(&wanted);
	objects_done(&found);
	facts_done(&facts);
}

static void test_refusal_is_told(void **state)
{
	struct fixture *f = *state;
	struct objects wanted = { 0 };
	struct plan plan = { 0 };

	want_way(&wanted, "203.0.113.0/24", 0, "10.99.0.1", NULL);
	want_way(&wanted, "203.0.114.0/24", 0, "10.1.0.2", NULL);
	observe(f);
	assert_int_equal(plan_diff(&f->found, &wanted, &plan), 0);
	assert_int_equal(f->kernel->ops->apply(f->kernel, &plan), -ENETUNREACH);
	assert_int_equal(plan.steps.v[0].error, -ENETUNREACH);
	assert_int_equal(plan.steps.v[1].error, 0);
	plan_done(&plan);
	objects_done(&wanted);
}

/* Rules that were not accepted leave in place what the old ones need. */
static void test_refused_rules(void **state)
{
	struct fixture *f = *state;
	struct objects before = { 0 }, after = { 0 };
	struct plan plan = { 0 };

	want_way(&before, "203.0.113.0/24", 0, "10.1.0.2", NULL);
	assert_converges(f, &before);
	want_way(&after, "203.0.114.0/24", 0, "10.1.0.2", NULL);
	want_table(&after, NFT_INET);
	want_chain(&after, "serve", NULL);
	want_nft(&after, "serve", "no such language");
	assert_int_equal(objects_seal(&after), 0);
	assert_int_equal(plan_diff(&f->found, &after, &plan), 0);
	assert_int_equal(f->kernel->ops->apply(f->kernel, &plan), -EINVAL);
	array_foreach(&plan.steps, step)
		if (step->kind == OBJECT_ROUTE)
			assert_int_equal(step->error, step->action == STEP_DELETE ? -ECANCELED : 0);
	observe(f);
	assert_int_equal(f->found.routes.n, 2);
	plan_done(&plan);
	objects_done(&before);
	objects_done(&after);
}

/* In the place of one of ours, leading elsewhere. */
static void test_occupied_is_told(void **state)
{
	struct fixture *f = *state;
	struct objects wanted = { 0 };
	struct plan plan = { 0 };

	run("ip route add 203.0.113.0/24 via 10.1.0.9 table %d", TABLE);
	want_way(&wanted, "203.0.113.0/24", 0, "10.1.0.2", NULL);
	observe(f);
	assert_int_equal(plan_diff(&f->found, &wanted, &plan), 0);
	assert_int_equal(f->kernel->ops->apply(f->kernel, &plan), -EEXIST);
	assert_int_equal(plan.steps.v[0].error, -EEXIST);
	plan_done(&plan);
	objects_done(&wanted);
}

static char *foreign(void)
{
	return output_of("ip -4 route show table all; ip -6 route show table all; ip rule; "
			 "ip -6 rule; ip -o address | sed 's/valid_lft.*//'");
}

static void test_foreign_stays(void **state)
{
	struct objects wanted = { 0 }, nothing = { 0 };
	_cleanup_free_ char *before = NULL, *after = NULL;

	run("ip route add 203.0.113.0/24 via 10.1.0.9 table %d && "
	    "ip -6 route add 2001:db8:9::/48 via fd01::9 table %d && "
	    "ip route add 203.0.114.0/24 via 10.1.0.9 && "
	    "ip rule add priority 201 from 10.1.0.77 table %d && "
	    "ip -6 rule add priority 201 from fd01::77 table %d && "
	    "ip address add 10.1.0.20/24 dev red label red:20 && "
	    "ip address add fd01::20/64 dev red nodad",
	    TABLE, TABLE, TABLE, TABLE);
	before = foreign();
	want_all(&wanted);
	assert_converges(*state, &wanted);
	assert_converges(*state, &nothing);
	after = foreign();
	assert_string_equal(before, after);
	objects_done(&wanted);
}

static void test_more_than_a_batch(void **state)
{
	struct objects wanted = { 0 }, nothing = { 0 };

	for (int i = 0; i < 1000; i++) {
		char destination[IP_TEXT_MAX];

		snprintf(destination, sizeof(destination), "203.%d.%d.0/24", i / 250, i % 250);
		want_way(&wanted, destination, 0, "10.1.0.2", NULL);
	}
	assert_converges(*state, &wanted);
	assert_converges(*state, &nothing);
	objects_done(&wanted);
}

static const struct address *find_address(const struct facts *facts, const char *text)
{
	struct ip_address address = address_of(text);

	array_foreach(&facts->addresses, have)
		if (ip_equal(&have->prefix.address, &address))
			return have;
	fail_msg("no address %s", text);
	return NULL;
}

static void test_addresses_are_facts(void **state)
{
	struct fixture *f = *state;
	struct ip_address peer = address_of("10.8.0.2");
	struct objects wanted = { 0 };

	run("ip address add 10.8.0.1 peer 10.8.0.2/32 dev red && "
	    "ip address add fd01::30/64 dev red nodad preferred_lft 0 && "
	    "ip link add cold type veth peer name chill && ip address add fd02::1/64 dev cold");
	want_aliases(&wanted);
	assert_converges(f, &wanted);
	assert_true(ip_equal(&find_address(&f->facts, "10.8.0.1")->peer, &peer));
	assert_false(ip_is_set(&find_address(&f->facts, "10.1.0.1")->peer));
	assert_int_equal(find_address(&f->facts, "10.1.0.1")->prefix.length, 24);
	assert_true(find_address(&f->facts, "fd01::30")->deprecated);
	assert_int_equal(find_address(&f->facts, "fd01::30")->preferred_s, 0);
	assert_int_equal(find_address(&f->facts, "fd01::30")->valid_s, UINT32_MAX);
	assert_int_equal(find_address(&f->facts, "fd01::1")->preferred_s, UINT32_MAX);
	assert_false(find_address(&f->facts, "fd02::1")->usable);
	assert_true(find_address(&f->facts, "fd01::1")->usable);
	assert_false(find_address(&f->facts, "fd01::1")->ours);
	assert_true(find_address(&f->facts, "fd01::10")->ours);
	assert_true(find_address(&f->facts, "fd01::10")->usable);
	assert_false(find_address(&f->facts, "10.1.0.10")->temporary); /* a secondary one */
	assert_true(find_address(&f->facts, "127.0.0.1")->host_scope);
	objects_done(&wanted);
}

static void test_links_are_facts(void **state)
{
	struct fixture *f = *state;
	const struct link *lo, *red;

	run("ip link set red mtu 1400 address 02:00:00:00:00:01 && ip link set black down");
	observe(f);
	lo = facts_link_by_name(&f->facts, "lo");
	red = facts_link_by_name(&f->facts, "red");
	assert_true(lo->loopback && lo->up && lo->carrier && lo->mac_length == 0);
	assert_true(red->up && !red->carrier && !red->loopback && !red->point_to_point);
	assert_int_equal(red->mtu, 1400);
	assert_int_equal(red->mac_length, 6);
	assert_memory_equal(red->mac, "\2\0\0\0\0\1", 6);
	for (size_t i = 1; i < f->facts.links.n; i++)
		assert_true(f->facts.links.v[i - 1].index < f->facts.links.v[i].index);
}

static void assert_next_default(const struct facts *facts, size_t *at, uint8_t family,
				const char *gateway, uint32_t metric)
{
	const struct route *route;

	for (; *at < facts->routes.n; ++*at) {
		route = &facts->routes.v[*at];
		if (route->destination.length == 0 && route->destination.address.family == family)
			break;
	}
	assert_true(*at < facts->routes.n);
	route = &facts->routes.v[(*at)++];
	assert_string_equal(ip_text(&route->gateway).text, gateway);
	assert_int_equal(route->metric, metric);
	assert_int_equal(route->link, link_index("red"));
}

static void test_main_routes_are_facts(void **state)
{
	struct fixture *f = *state;
	size_t at = 0;

	run("ip route add default via 10.1.0.4 metric 400 && "
	    "ip route add default via 10.1.0.3 metric 300 && "
	    "ip route add default metric 500 nexthop via 10.1.0.5 dev red "
	    "nexthop via 10.1.0.6 dev red && "
	    "ip route add unreachable default metric 600 && "
	    "ip -6 route add default via fd01::4 metric 400 && "
	    "ip -6 route add default via fd01::3 metric 300 && "
	    "ip -6 route append default via fd01::5 dev red metric 400");
	observe(f);
	assert_next_default(&f->facts, &at, AF_INET, "10.1.0.3", 300);
	assert_next_default(&f->facts, &at, AF_INET, "10.1.0.4", 400);
	assert_next_default(&f->facts, &at, AF_INET, "10.1.0.5", 500);
	assert_next_default(&f->facts, &at, AF_INET, "10.1.0.6", 500);
	assert_next_default(&f->facts, &at, AF_INET6, "fd01::3", 300);
	assert_next_default(&f->facts, &at, AF_INET6, "fd01::4", 400);
	assert_next_default(&f->facts, &at, AF_INET6, "fd01::5", 400);
}

static void test_parameters(void **state)
{
	struct fixture *f = *state;
	struct objects wanted = { 0 };
	struct plan plan = { 0 };

	run("ip link add red.5 type veth peer name chill");
	want_sysctl(&wanted, "2", "", "net/ipv4/conf/%s/rp_filter", "red.5");
	want_sysctl(&wanted, "1", "", "net/ipv4/ip_forward");
	want_sysctl(&wanted, "1", "", "net/ipv4/conf/%s/rp_filter", "absent");
	assert_int_equal(objects_seal(&wanted), 0);
	assert_int_equal(f->kernel->ops->observe_sysctls(f->kernel, &wanted, &f->found), 0);
	assert_int_equal(f->found.sysctls.n, 2);
	assert_int_equal(plan_diff(&f->found, &wanted, &plan), 0);
	assert_int_equal(f->kernel->ops->apply(f->kernel, &plan), 0);
	plan_done(&plan);
	assert_int_equal(f->kernel->ops->observe_sysctls(f->kernel, &wanted, &f->found), 0);
	assert_int_equal(plan_diff(&f->found, &wanted, &plan), 0);
	assert_int_equal(plan.steps.n, 0);
	plan_done(&plan);
	run("test \"$(cat /proc/sys/net/ipv4/conf/red.5/rp_filter)\" = 2");
	f->found.sysctls.n = 0;
	objects_done(&wanted);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_applied_is_found),      TEST(test_everything_goes),
		TEST(test_routes_change),         TEST(test_alias_label_changes),
		TEST(test_done_by_others),        TEST(test_refusal_is_told),
		TEST(test_refused_rules),         TEST(test_occupied_is_told),
		TEST(test_foreign_stays),         TEST(test_more_than_a_batch),
		TEST(test_addresses_are_facts),   TEST(test_links_are_facts),
		TEST(test_main_routes_are_facts), TEST(test_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
