/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line: what is learned of it from the facts, the state that follows, and the choice among
 * several.
 */
#include "lab.h"

#include "policy/choice.h"
#include "uplink/grade.h"
#include "uplink/learn.h"
#include "uplink/state.h"

#include <stdio.h>
#include <string.h>

#define LINE   "uplinks = ( { name = \"l\"; interface = \"wan0\"; } );"
#define STATIC "uplinks = ( { name = \"l\"; interface = \"wan0\"; gateway = \"192.0.2.1\"; } );"

/* What is learned, in words: "ADDRESS[ via GATEWAY| direct][ onlink]" or "-" for each family. */
static const struct {
	const char *config, *facts, *v4, *v6;
} lessons[] = {
	{ LINE, "", "-", "-" },
	{ LINE, "link 3 wan0", "-", "-" },
	/* A default route of main gives the gateway; the first listed is the best. */
	{ LINE,
	  "link 3 wan0\n address wan0 192.0.2.2/24\n"
	  "route wan0 0.0.0.0/0 via 192.0.2.1 metric 1\n route wan0 0.0.0.0/0 via 192.0.2.9",
	  "192.0.2.2 via 192.0.2.1", "-" },
	{ LINE,
	  "link 3 wan0\n address wan0 192.0.2.2/24\n route wan0 10.0.0.0/8 via 192.0.2.1\n"
	  "address wan0 2001:db8::2/64\n route wan0 ::/0 via fe80::1",
	  "192.0.2.2", "2001:db8::2 via fe80::1" },
	{ LINE,
	  "link 3 wan0\n link 4 eth0\n address wan0 192.0.2.2/24\n"
	  "route eth0 0.0.0.0/0 via 10.0.0.1",
	  "192.0.2.2", "-" },
	/* What the file says comes first, and needs no route. */
	{ STATIC, "link 3 wan0\n address wan0 192.0.2.2/24\n route wan0 0.0.0.0/0 via 192.0.2.9",
	  "192.0.2.2 via 192.0.2.1", "-" },
	{ STATIC, "link 3 wan0\n address wan0 198.51.100.2/24", "198.51.100.2 via 192.0.2.1 onlink",
	  "-" },
	{ STATIC, "link 3 wan0\n address wan0 198.51.100.2/32 peer 192.0.2.1",
	  "198.51.100.2 via 192.0.2.1", "-" },
	{ STATIC, "link 3 wan0", " via 192.0.2.1 onlink", "-" },
	/* An address that was there before, to reach a modem, is not the one to speak with. */
	{ STATIC, "link 3 wan0\n address wan0 192.168.100.2/24\n address wan0 192.0.2.2/24",
	  "192.0.2.2 via 192.0.2.1", "-" },
	{ LINE,
	  "link 3 wan0\n address wan0 192.168.100.2/24\n address wan0 192.0.2.2/24\n"
	  "route wan0 0.0.0.0/0 via 192.0.2.1",
	  "192.0.2.2 via 192.0.2.1", "-" },
	/* PPP: the link itself, or its route. */
	{ LINE, "link 3 wan0 point-to-point\n address wan0 192.0.2.2/32 peer 192.0.2.1",
	  "192.0.2.2 direct", "-" },
	{ LINE,
	  "link 3 wan0 point-to-point\n address wan0 192.0.2.2/32 peer 192.0.2.1\n"
	  "address wan0 fe80::2/10\n route wan0 ::/0",
	  "192.0.2.2 direct", " direct" },
	{ LINE, "link 3 wan0\n address wan0 192.0.2.2/32 peer 192.0.2.1", "192.0.2.2 via 192.0.2.1",
	  "-" },
	/* Which address: not one of ours, deprecated, unique local or temporary, in this order. */
	{ LINE, "link 3 wan0\n address wan0 192.0.2.9/24 ours\n address wan0 192.0.2.2/24",
	  "192.0.2.2", "-" },
	{ LINE, "link 3 wan0\n address wan0 192.0.2.9/24 ours", "192.0.2.9", "-" },
	{ LINE, "link 3 wan0\n address wan0 192.0.2.2/24\n address wan0 192.0.2.3/24", "192.0.2.2",
	  "-" },
	{ LINE, "link 3 wan0\n address wan0 2001:db8::9/64 deprecated\n address wan0 fd00::2/64",
	  "-", "fd00::2" },
	{ LINE, "link 3 wan0\n address wan0 fd00::2/64\n address wan0 2001:db8::9/64 temporary",
	  "-", "2001:db8::9" },
	{ LINE, "link 3 wan0\n address wan0 2001:db8::9/64 temporary\n address wan0 2001:db8::2/64",
	  "-", "2001:db8::2" },
	{ LINE, "link 3 wan0\n address wan0 fe80::2/64\n address wan0 2001:db8::2/64 tentative",
	  "-", "-" },
	{ LINE, "link 3 wan0\n address wan0 169.254.3.4/16\n address wan0 192.0.2.2/24 host", "-",
	  "-" },
};

static void assert_way(const char *facts, const struct line_family *way, const char *wanted)
{
	char got[128] = "";

	if (ip_is_set(&way->address))
		snprintf(got, sizeof(got), "%s", ip_text(&way->address).text);
	if (ip_is_set(&way->gateway))
		snprintf(got + strlen(got), sizeof(got) - strlen(got), " via %s",
			 ip_text(&way->gateway).text);
	else if (way->routed)
		strcat(got, " direct");
	if (way->onlink)
		strcat(got, " onlink");
	if (strcmp(got[0] ? got : "-", wanted) != 0)
		fail_msg("%s: \"%s\", wanted \"%s\"", facts, got, wanted);
}

static void lines_learn(void **state)
{
	for (size_t i = 0; i < ELEMENTS_OF(lessons); i++) {
		struct lab lab;

		lab_open(&lab, lessons[i].config, lessons[i].facts);
		assert_way(lessons[i].facts, &lab.world.lines[0].family[FAMILY_V4], lessons[i].v4);
		assert_way(lessons[i].facts, &lab.world.lines[0].family[FAMILY_V6], lessons[i].v6);
		lab_close(&lab);
	}
}

/* A line and its link as letters: Absent, Up, Carrier; address 4, gateway g; address 6, gateway h
 */
static const struct {
	const char *is;
	bool disabled;
	enum uplink_state state;
	const char *reason;
	bool usable4, usable6;
} states[] = {
	{ "A", true, UPLINK_DISABLED, "disabled by the operator", false, false },
	{ "UC4g6h", true, UPLINK_DISABLED, "disabled by the operator", false, false },
	{ "A", false, UPLINK_ABSENT, "interface does not exist", false, false },
	{ "4g", false, UPLINK_DOWN, "interface is switched off", false, false },
	{ "C4g", false, UPLINK_DOWN, "interface is switched off", false, false },
	{ "U4g", false, UPLINK_DOWN, "no carrier", false, false },
	{ "UC", false, UPLINK_DOWN, "no address", false, false },
	{ "UCg", false, UPLINK_DOWN, "no address", false, false },
	{ "UC4", false, UPLINK_DOWN, "no gateway", false, false },
	{ "UC4h", false, UPLINK_DOWN, "no gateway", false, false },
	{ "UC4g", false, UPLINK_UP, "IPv4", true, false },
	{ "UC4g6", false, UPLINK_UP, "IPv4", true, false },
	{ "UC46h", false, UPLINK_UP, "IPv6", false, true },
	{ "UC4g6h", false, UPLINK_UP, "IPv4 and IPv6", true, true },
};

static struct line line_of(const char *is)
{
	static const struct config_uplink config = { .name = "l" };
	struct line line = { .config = &config };

	if (strchr(is, '4'))
		line.family[FAMILY_V4].address = address("192.0.2.2");
	if (strchr(is, '6'))
		line.family[FAMILY_V6].address = address("2001:db8::2");
	line.family[FAMILY_V4].routed = strchr(is, 'g');
	line.family[FAMILY_V6].routed = strchr(is, 'h');
	return line;
}

static struct uplink_verdict verdict_on(const struct line *line, const char *is, bool disabled)
{
	struct link link = { .up = strchr(is, 'U'), .carrier = strchr(is, 'C') };

	struct uplink_inputs inputs = { .link = strchr(is, 'A') ? NULL : &link,
					.disabled = disabled,
					.now_us = 1 };

	return uplink_judge(line, &inputs);
}

/* A line that is alone may carry what it has a way for. */
static void assert_graded(const struct line *judged, bool usable4, bool usable6)
{
	struct config_uplink uplink = { .name = "l" };
	struct line line = *judged;
	struct config config = { .uplinks = { .v = &uplink, .n = 1 } };
	struct facts facts = { 0 };
	struct world world = { .config = &config, .facts = &facts, .lines = &line };

	line.config = &uplink;
	grade_lines(&world);
	assert_int_equal(line.family[FAMILY_V4].usable, usable4);
	assert_int_equal(line.family[FAMILY_V6].usable, usable6);
}

static void circumstances_make_states(void **state)
{
	for (size_t i = 0; i < ELEMENTS_OF(states); i++) {
		struct line line = line_of(states[i].is);
		struct uplink_verdict verdict = verdict_on(&line, states[i].is, states[i].disabled);

		assert_int_equal(verdict.state, states[i].state);
		assert_string_equal(verdict.reason, states[i].reason);
		assert_true(uplink_enter(&line, &verdict, 1, 1));
		assert_graded(&line, states[i].usable4, states[i].usable6);
	}
}

static void every_state_can_follow_every_other(void **state)
{
	for (size_t i = 0; i < ELEMENTS_OF(states); i++)
		for (size_t j = 0; j < ELEMENTS_OF(states); j++) {
			struct line line = line_of(states[j].is);
			struct uplink_verdict was = { .state = states[i].state }, now;
			bool moved = states[i].state != states[j].state;

			snprintf(was.reason, sizeof(was.reason), "%s", states[i].reason);
			uplink_enter(&line, &was, 1, 1);
			now = verdict_on(&line, states[j].is, states[j].disabled);
			assert_int_equal(uplink_enter(&line, &now, 2, 2),
					 moved || strcmp(was.reason, now.reason) != 0);
			assert_int_equal(line.since_us, moved ? 2 : 1);
			assert_false(uplink_enter(&line, &now, 3, 3));
			assert_graded(&line, states[j].usable4, states[j].usable6);
		}
}

#define FOUR_LINES                                                                              \
	"uplinks = ( { name = \"a\"; interface = \"w0\"; gateway = \"192.0.2.1\"; tier = 2; }," \
	" { name = \"b\"; interface = \"w1\"; gateway = \"192.0.2.65\"; weight = 2; },"         \
	" { name = \"c\"; interface = \"w2\"; gateway = \"192.0.2.129\"; weight = 3; },"        \
	" { name = \"d\"; interface = \"w3\"; gateway = \"192.0.2.193\"; weight = 3; } );"
#define A     "link 1 w0\n address w0 192.0.2.2/26\n"
#define B     "link 2 w1\n address w1 192.0.2.66/26\n"
#define C     "link 3 w2\n address w2 192.0.2.130/26\n"
#define CUT_A "link 1 w0 no-carrier\n address w0 192.0.2.2/26\n"
#define OFF_B "link 2 w1 down\n address w1 192.0.2.66/26\n"
#define D     "link 4 w3\n address w3 192.0.2.194/26\n"

/* Lines that are up, those a policy uses, what rr and fo choose, the best and the least bad. */
static const struct {
	const char *facts, *use, *shared, *first, *best, *least_bad;
} choices[] = {
	{ A B C D, "abcd", "bcd", "c", "c", "c" },
	{ A B C D, "dcb", "dcb", "d", "c", "c" },
	{ A B C D, "ab", "b", "b", "c", "c" },
	{ A B, "acd", "a", "a", "b", "b" },
	{ A, "bcd", "", "", "a", "a" },
	{ A B C D "disable b\n disable c\n disable d", "abcd", "a", "a", "a", "a" },
	{ A B C D "disable a\n disable b\n disable c\n disable d", "abcd", "", "", "", "" },
	/* Least bad is what could still lead somewhere: not a link that is switched off. */
	{ OFF_B CUT_A, "ab", "", "", "", "a" },
	{ OFF_B, "ab", "", "", "", "" },
	{ "", "abcd", "", "", "", "" },
};

static void assert_choice(const struct choice *choice, const char *wanted)
{
	assert_int_equal(choice->n, strlen(wanted));
	for (size_t i = 0; i < choice->n; i++)
		assert_int_equal(choice->lines[i]->config->name[0], wanted[i]);
}

static void assert_line(const struct line *line, const char *wanted)
{
	assert_string_equal(line ? line->config->name : "", wanted);
}

static void lines_are_chosen(void **state)
{
	for (size_t i = 0; i < ELEMENTS_OF(choices); i++) {
		unsigned indexes[CONFIG_UPLINKS_MAX];
		struct config_policy policy = { .use.v = indexes };
		struct choice shared, first;
		struct lab lab;

		for (const char *p = choices[i].use; *p; p++)
			indexes[policy.use.n++] = (unsigned)(*p - 'a');
		lab_open(&lab, FOUR_LINES, choices[i].facts);
		policy.scheduler = SCHEDULER_RR;
		shared = choice_make(&lab.world, &policy, FAMILY_V4);
		policy.scheduler = SCHEDULER_FO;
		first = choice_make(&lab.world, &policy, FAMILY_V4);
		assert_choice(&shared, choices[i].shared);
		assert_choice(&first, choices[i].first);
		assert_line(choice_best(&lab.world, FAMILY_V4), choices[i].best);
		assert_line(choice_least_bad(&lab.world, FAMILY_V4), choices[i].least_bad);
		assert_null(choice_least_bad(&lab.world, FAMILY_V6));
		lab_close(&lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_learn),
		cmocka_unit_test(circumstances_make_states),
		cmocka_unit_test(every_state_can_follow_every_other),
		cmocka_unit_test(lines_are_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
