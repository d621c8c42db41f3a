/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line's number belongs to its name for as long as anything remembers its mark.
 */
#include "lab.h"

#include <errno.h>
#include <string.h>

struct fixture {
	struct line_numbers numbers;
	const char *in_use; /* numbers on connections, as letters from 'A' */
};

static bool is_in_use(unsigned number, void *userdata)
{
	const struct fixture *fixture = userdata;

	return fixture->in_use && strchr(fixture->in_use, (int)('A' + number - 1));
}

static int assign(struct fixture *fixture, const char *gateway, const char *names)
{
	struct config config = { .gateway = { .mark_mask = 0xff00, .table_base = 200 } };
	_cleanup_free_ char *copy = strdup(names);
	char *rest = copy, *name;
	int r;

	if (strcmp(gateway, "next to the kernel's tables") == 0)
		config.gateway.table_base = 250;
	else if (strcmp(gateway, "two bits") == 0)
		config.gateway.mark_mask = 0x30;
	while ((name = strsep(&rest, " "))) {
		struct config_uplink uplink = { .name = name };

		assert_int_equal(array_push(&config.uplinks, uplink), 0);
	}
	r = line_numbers_assign(&fixture->numbers, &config, is_in_use, fixture);
	array_done(&config.uplinks);
	return r;
}

static void assert_numbers(struct fixture *fixture, const char *wanted)
{
	_cleanup_free_ char *text = NULL;

	assert_int_equal(line_numbers_to_text(&fixture->numbers, &text), 0);
	for (char *p = text; *p; p++)
		*p = (char)(*p == '\n' ? ';' : *p);
	assert_string_equal(text, wanted);
}

static void numbers_stay_when_lines_are_reordered(void **state)
{
	struct fixture fixture = { 0 };

	assert_int_equal(assign(&fixture, "", "a b c"), 0);
	assert_int_equal(assign(&fixture, "", "c a d b"), 0);
	assert_numbers(&fixture, "a 1;b 2;c 3;d 4;");
	assert_int_equal(line_numbers_find(&fixture.numbers, "c"), 3);
	assert_int_equal(line_numbers_find(&fixture.numbers, "e"), 0);
	line_numbers_done(&fixture.numbers);
}

static void numbers_are_used_again_when_nothing_remembers_them(void **state)
{
	struct fixture fixture = { .in_use = "B" };

	assert_int_equal(assign(&fixture, "", "a b c"), 0);
	assert_int_equal(assign(&fixture, "", "c d"), 0);
	assert_numbers(&fixture, "b 2;c 3;d 1;");
	assert_int_equal(assign(&fixture, "", "c b"), 0);
	assert_numbers(&fixture, "b 2;c 3;");
	fixture.in_use = NULL;
	assert_int_equal(assign(&fixture, "", "c e"), 0);
	assert_numbers(&fixture, "c 3;e 1;");
	line_numbers_done(&fixture.numbers);
}

static void tables_of_the_kernel_are_skipped(void **state)
{
	struct fixture fixture = { 0 };

	assert_int_equal(assign(&fixture, "", "a b c"), 0);
	assert_int_equal(assign(&fixture, "next to the kernel's tables", "a b c d"), 0);
	assert_numbers(&fixture, "a 1;b 2;c 6;d 7;");
	line_numbers_done(&fixture.numbers);
}

static void a_mark_must_fit_its_mask(void **state)
{
	struct fixture fixture = { 0 };

	assert_int_equal(assign(&fixture, "two bits", "a b c"), 0);
	assert_numbers(&fixture, "a 1;b 2;c 3;");
	assert_int_equal(assign(&fixture, "two bits", "a b c d"), -ENOSPC);
	line_numbers_done(&fixture.numbers);
}

static void damaged_text_is_left_out(void **state)
{
	struct fixture fixture = { 0 };

	assert_int_equal(line_numbers_from_text(&fixture.numbers, "a 3\n"
								  "b 3\n"
								  "a 4\n"
								  "c 0\n"
								  "d 100\n"
								  "e -1\n"
								  "f\n"
								  "\n"
								  "g 99"),
			 0);
	assert_numbers(&fixture, "a 3;g 99;");
	line_numbers_done(&fixture.numbers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_stay_when_lines_are_reordered),
		cmocka_unit_test(numbers_are_used_again_when_nothing_remembers_them),
		cmocka_unit_test(tables_of_the_kernel_are_skipped),
		cmocka_unit_test(a_mark_must_fit_its_mask),
		cmocka_unit_test(damaged_text_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
