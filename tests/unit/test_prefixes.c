/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a line has besides its address: prefixes, which hosts inside are told of them, DNS servers
 * and the MTU.
 */
#include "lab.h"

#include "base/cleanup.h"
#include "policy/policy.h"
#include "uplink/delegations.h"
#include "uplink/deprecation.h"
#include "uplink/mtu.h"
#include "uplink/prefixes.h"
#include "uplink/resolvers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SECOND ((uint64_t)1000 * 1000)

#define TWO                                                                                  \
	"gateway = { inside = [ \"lan0\" ]; };"                                              \
	"uplinks = ( { name = \"a\"; interface = \"wan0\"; gateway = \"2001:db8:a::1\"; }, " \
	"{ name = \"b\"; interface = \"wan1\"; gateway = \"2001:db8:b::1\"; } );"
#define FACTS                                                             \
	"link 1 lan0\n link 2 wan0\n link 3 wan1\n"                       \
	"address wan0 2001:db8:a::5/64\n address wan1 2001:db8:b::5/64\n" \
	"address lan0 fd00::1/64\n address lan0 2001:db8:a1::1/64\n"      \
	"address lan0 2001:db8:b1::1/64\n"                                \
	"delegated a 2001:db8:a1::/56\n delegated b 2001:db8:b1::/56\n"

struct telling {
	struct lab lab;
	struct deprecation deprecation;
	uint64_t now_us;
};

static void open_telling(struct telling *telling)
{
	*telling = (struct telling){ .now_us = 1000 * SECOND };
	lab_open(&telling->lab, TWO, FACTS);
	lab_judge(&telling->lab);
}

static void close_telling(struct telling *telling)
{
	deprecation_done(&telling->deprecation);
	lab_close(&telling->lab);
}

static bool next(struct telling *telling, struct advertisement *ret)
{
	assert_int_equal(
		deprecation_look(&telling->deprecation, &telling->lab.world, telling->now_us), 0);
	return deprecation_next(&telling->deprecation, &telling->lab.world, telling->now_us, ret);
}

static void set_usable(struct telling *telling, size_t line, bool usable)
{
	telling->lab.world.lines[line].family[FAMILY_V6].usable = usable;
}

/* Exactly that is said now, and nothing else. */
static void assert_said(struct telling *telling, const char *net, uint32_t preferred_s,
			uint32_t valid_s, unsigned router_s)
{
	struct advertisement said;
	struct ip_prefix expected = prefix(net);

	assert_true(next(telling, &said));
	assert_int_equal(said.n, 1);
	assert_int_equal(ip_prefix_compare(&said.v[0].net, &expected), 0);
	assert_int_equal(said.v[0].preferred_s, preferred_s);
	assert_int_equal(said.v[0].valid_s, valid_s);
	assert_int_equal(said.router_s, router_s);
	assert_int_equal(said.link, 1);
	assert_false(next(telling, &said));
}

static void assert_silent(struct telling *telling)
{
	struct advertisement said;

	assert_false(next(telling, &said));
}

static void test_living_need_no_word(void **state)
{
	struct telling telling;

	open_telling(&telling);
	assert_silent(&telling);
	assert_int_equal(deprecation_due(&telling.deprecation), 0);
	close_telling(&telling);
}

static void test_dead_are_said_again(void **state)
{
	struct telling telling;

	open_telling(&telling);
	assert_silent(&telling);
	set_usable(&telling, 0, false);
	for (unsigned i = 0; i < 2; i++) {
		assert_said(&telling, "2001:db8:a1::/64", 0, 7200, 1800);
		telling.now_us = deprecation_due(&telling.deprecation);
	}
	assert_said(&telling, "2001:db8:a1::/64", 0, 7200, 1800);
	assert_int_equal(deprecation_due(&telling.deprecation), telling.now_us + 30 * SECOND);
	telling.now_us += 29 * SECOND;
	assert_silent(&telling);
	telling.now_us += 1 * SECOND;
	assert_said(&telling, "2001:db8:a1::/64", 0, 7200, 1800);
	close_telling(&telling);
}

/* With what is left to our own address, and no longer than until the next word of another. */
static void test_back(void **state)
{
	struct telling telling;

	open_telling(&telling);
	set_usable(&telling, 0, false);
	assert_said(&telling, "2001:db8:a1::/64", 0, 7200, 1800);
	array_foreach(&telling.lab.facts.addresses, have) {
		have->preferred_s = 600;
		have->valid_s = UINT32_MAX;
	}
	set_usable(&telling, 0, true);
	for (unsigned i = 0; i < 3; i++) {
		assert_said(&telling, "2001:db8:a1::/64", 600, 5400, 1800);
		if (i < 2)
			telling.now_us = deprecation_due(&telling.deprecation);
	}
	assert_int_equal(deprecation_due(&telling.deprecation), 0);
	close_telling(&telling);
}

static void test_no_way_out(void **state)
{
	struct telling telling;
	struct advertisement said;

	open_telling(&telling);
	assert_silent(&telling);
	set_usable(&telling, 0, false);
	set_usable(&telling, 1, false);
	assert_true(next(&telling, &said));
	assert_int_equal(said.n, 2);
	assert_int_equal(said.router_s, 0);
	close_telling(&telling);
}

/* Whether hosts in that net are reached though the box has no address in it. */
static bool is_kept_reachable(struct telling *telling, const char *net)
{
	struct ip_prefix expected = prefix(net);
	struct objects objects = { 0 };
	bool found = false;

	telling->lab.world.deprecation = &telling->deprecation;
	routes_intent(&telling->lab.world, &objects);
	assert_int_equal(objects.error, 0);
	array_foreach(&objects.routes, route)
		found = found || (route->link == 1 && route->type == ROUTE_UNICAST &&
				  ip_prefix_compare(&route->destination, &expected) == 0);
	objects_done(&objects);
	return found;
}

/* The line has another prefix, and the old address is gone or still there. */
static void test_another_prefix(void **state)
{
	struct ip_address host = address("2001:db8:a1::30");
	struct telling telling;
	struct line *line;

	open_telling(&telling);
	assert_silent(&telling);
	line = &telling.lab.world.lines[0];
	line->delegated.v[0] = prefix("2001:db8:a2::/56");
	assert_said(&telling, "2001:db8:a1::/64", 0, 7200, 1800);
	assert_false(is_kept_reachable(&telling, "2001:db8:a1::/64"));
	array_foreach(&telling.lab.facts.addresses, have) {
		struct ip_prefix old = prefix("2001:db8:a1::/64");

		if (ip_contains(&old, &have->prefix.address))
			have->prefix = prefix("2001:db8:a2::1/64");
	}
	telling.now_us += 1 * SECOND;
	assert_said(&telling, "2001:db8:a1::/64", 0, 7200, 1800);
	assert_true(is_kept_reachable(&telling, "2001:db8:a1::/64"));
	assert_false(is_kept_reachable(&telling, "2001:db8:a2::/64"));
	assert_true(deprecation_covers(&telling.deprecation, &host));
	telling.now_us += 2 * 3600 * SECOND;
	assert_silent(&telling);
	assert_false(is_kept_reachable(&telling, "2001:db8:a1::/64"));
	assert_false(deprecation_covers(&telling.deprecation, &host));
	assert_int_equal(telling.deprecation.v.n, 2);
	close_telling(&telling);
}

static void test_flushed(void **state)
{
	struct telling telling;

	open_telling(&telling);
	set_usable(&telling, 0, false);
	telling.lab.world.flushed = true;
	assert_silent(&telling);
	close_telling(&telling);
}

static void test_delegations(void **state)
{
	const struct ip_prefix two[] = { prefix("2001:db8:a1:0:1::/56"),
					 prefix("2001:db8:a2::/64") };
	struct ip_prefix many[LINE_DELEGATED_MAX + 1];
	static const char *const bad[] = { "10.0.0.0/8", "2001:db8::/65", "fe80::/64", "::/0",
					   "ff00::/16" };
	struct delegations delegations = { 0 }, again = { 0 };
	_cleanup_free_ char *text = NULL;
	struct lab lab;

	lab_open(&lab, TWO, FACTS);
	assert_int_equal(delegations_set(&delegations, "a", two, 2), 0);
	assert_int_equal(delegations_set(&delegations, "gone", two, 1), 0);
	assert_int_equal(delegations_set(&delegations, "b", two, 2), 0);
	assert_int_equal(delegations_set(&delegations, "b", NULL, 0), 0);
	for (size_t i = 0; i < ELEMENTS_OF(bad); i++) {
		many[0] = prefix(bad[i]);
		assert_int_equal(delegations_set(&delegations, "a", many, 1), -EINVAL);
	}
	for (size_t i = 0; i < ELEMENTS_OF(many); i++)
		many[i] = two[1];
	assert_int_equal(delegations_set(&delegations, "a", many, ELEMENTS_OF(many)), -E2BIG);
	assert_int_equal(delegations_to_text(&delegations, &text), 0);
	assert_string_equal(text,
			    "a 2001:db8:a1::/56\na 2001:db8:a2::/64\ngone 2001:db8:a1::/56\n");
	assert_int_equal(delegations_from_text(&again,
					       "a 2001:db8:a1::/56\nnonsense\na 10.0.0.0/8\n"
					       "a\nb 2001:db8:b2::/60"),
			 0);
	delegations_apply(&again, &lab.world);
	assert_int_equal(lab.world.lines[0].delegated.n, 1);
	assert_int_equal(lab.world.lines[1].delegated.n, 1);
	assert_int_equal(lab.world.lines[1].delegated.v[0].length, 60);
	delegations_done(&delegations);
	delegations_done(&again);
	lab_close(&lab);
}

static void test_prefixes(void **state)
{
	struct ip_address in = address("2001:db8:a1:0:7::1"), out = address("2001:db8:a1:100::1");
	struct lab lab;

	lab_open(&lab,
		 "uplinks = ( { name = \"a\"; interface = \"wan0\"; gateway = \"2001:db8:a::1\"; "
		 "prefixes = [ \"2001:db8:a1::/60\", \"192.0.2.0/24\" ]; } );",
		 "delegated a 2001:db8:a1::/56\n delegated a 2001:db8:a1::/56");
	assert_true(line_has_prefix_of(&lab.world.lines[0], &in));
	assert_false(line_has_prefix_of(&lab.world.lines[0], &out));
	assert_true(line_prefix_is_covered(&lab.world.lines[0], 0));
	assert_false(line_prefix_is_covered(&lab.world.lines[0], 1));
	assert_false(line_prefix_is_covered(&lab.world.lines[0], 2));
	assert_true(line_prefix_is_covered(&lab.world.lines[0], 3));
	assert_null(line_prefix(&lab.world.lines[0], 4));
	lab_close(&lab);
}

/* The least of what the file, PPP and the link say; PPP only while a session is known. */
static void test_mtu(void **state)
{
	struct lab lab;
	struct line *line;

	lab_open(&lab, "uplinks = ( { name = \"a\"; interface = \"wan0\"; mtu = 1400; } );",
		 "link 2 wan0 mtu 1500");
	line = &lab.world.lines[0];
	assert_int_equal(line_mtu(&lab.world, line), 1400);
	line->link = 2;
	assert_int_equal(line_mtu(&lab.world, line), 1400);
	line->ppp.mtu = 1300;
	assert_int_equal(line_mtu(&lab.world, line), 1400);
	line->ppp.known = true;
	assert_int_equal(line_mtu(&lab.world, line), 1300);
	lab.facts.links.v[0].mtu = 1280;
	assert_int_equal(line_mtu(&lab.world, line), 1280);
	lab_close(&lab);
}

static void assert_resolv_conf(const struct line *const *lines, size_t n, const char *expected)
{
	_cleanup_free_ char *text = resolv_conf(lines, n);
	const char *rest = text;

	/* Two lines say where it comes from. */
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(*rest, '#');
		rest = strchr(rest, '\n') + 1;
	}
	assert_string_equal(rest, expected);
}

static void test_resolvers(void **state)
{
	struct lab lab;
	const struct line *lines[3];

	lab_open(&lab,
		 "uplinks = ( { name = \"a\"; interface = \"wan0\"; dns = [ \"192.0.2.1\", "
		 "\"2001:db8::1\" ]; }, { name = \"b\"; interface = \"wan1\"; }, "
		 "{ name = \"c\"; interface = \"wan2\"; dns = \"off\"; } );",
		 "");
	for (size_t i = 0; i < ELEMENTS_OF(lines); i++) {
		struct line *line = &lab.world.lines[i];

		lines[i] = line;
		line->ppp.dns[0] = address("192.0.2.1");
		line->ppp.dns[1] = address("192.0.2.2");
		line->family[FAMILY_V4].usable = true;
	}
	assert_int_equal(line_resolvers(lines[1]).n, 0);
	lab.world.lines[1].ppp.known = lab.world.lines[2].ppp.known = true;
	assert_resolv_conf(lines, 3, "# a\nnameserver 192.0.2.1\n# b\nnameserver 192.0.2.2\n");
	lab.world.lines[0].family[FAMILY_V6].usable = true;
	lab.world.lines[0].family[FAMILY_V4].usable = false;
	assert_resolv_conf(lines, 3,
			   "# a\nnameserver 2001:db8::1\n# b\nnameserver 192.0.2.1\n"
			   "nameserver 192.0.2.2\n");
	assert_resolv_conf(lines, 0, "");
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_living_need_no_word),
		cmocka_unit_test(test_dead_are_said_again),
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_no_way_out),
		cmocka_unit_test(test_another_prefix),
		cmocka_unit_test(test_flushed),
		cmocka_unit_test(test_delegations),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_mtu),
		cmocka_unit_test(test_resolvers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
