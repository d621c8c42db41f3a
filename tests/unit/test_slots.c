/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places of rings: kept while they fit, never shared, and carried over in a file that may be
 * damaged.
 */
#include "lab.h"

#include <errno.h>
#include <string.h>

static void cleanup_slots(struct slots *slots)
{
	slots_done(slots);
}

static uint32_t take(struct slots *slots, const char *name, uint32_t length)
{
	uint32_t first = UINT32_MAX;

	assert_int_equal(slots_take(slots, name, length, &first), 0);
	return first;
}

static void assert_text(const struct slots *slots, const char *wanted)
{
	_cleanup_free_ char *text = NULL;

	assert_int_equal(slots_to_text(slots, &text), 0);
	assert_string_equal(text, wanted);
}

static void rings_keep_their_places(void **state)
{
	_cleanup_(cleanup_slots) struct slots slots = { 0 };

	slots_begin(&slots);
	assert_int_equal(take(&slots, "www", 3), 0);
	assert_int_equal(take(&slots, "mail", 9), 8);
	assert_int_equal(take(&slots, "dns", 1), 24);
	slots_finish(&slots);
	slots_begin(&slots);
	assert_int_equal(take(&slots, "dns", 8), 24);
	assert_int_equal(take(&slots, "mail", 2), 8);
	assert_int_equal(take(&slots, "www", 1), 0);
	slots_finish(&slots);
	assert_text(&slots, "dns 24 8\nmail 8 16\nwww 0 8\n");
}

static void a_ring_that_grows_moves_and_no_other(void **state)
{
	_cleanup_(cleanup_slots) struct slots slots = { 0 };

	slots_begin(&slots);
	take(&slots, "www", 8);
	take(&slots, "mail", 8);
	slots_finish(&slots);
	slots_begin(&slots);
	assert_int_equal(take(&slots, "www", 9), 16);
	assert_int_equal(take(&slots, "mail", 8), 8);
	slots_finish(&slots);
	assert_text(&slots, "mail 8 8\nwww 16 16\n");
}

static void a_ring_that_goes_is_forgotten(void **state)
{
	_cleanup_(cleanup_slots) struct slots slots = { 0 };

	slots_begin(&slots);
	take(&slots, "www", 8);
	slots_finish(&slots);
	slots_begin(&slots);
	slots_finish(&slots);
	assert_text(&slots, "");
	slots_begin(&slots);
	assert_int_equal(take(&slots, "www", 8), 8);
}

/* What was taken for an arrangement that failed changes nothing. */
static void an_abandoned_arrangement_leaves_no_trace(void **state)
{
	_cleanup_(cleanup_slots) struct slots slots = { 0 };

	slots_begin(&slots);
	take(&slots, "www", 8);
	slots_finish(&slots);
	slots_begin(&slots);
	take(&slots, "www", 100);
	slots_begin(&slots);
	assert_int_equal(take(&slots, "www", 8), 0);
	slots_finish(&slots);
	assert_text(&slots, "www 0 8\n");
}

static void damaged_text_is_left_out(void **state)
{
	_cleanup_(cleanup_slots) struct slots slots = { 0 };

	assert_int_equal(slots_from_text(&slots, "www 16 8\n"
						 "inside 20 8\n" /* overlaps www */
						 "empty 40 0\n"
						 "beyond 4294967290 16\n"
						 "words only here\n"
						 "half 48\n"
						 "\n"
						 "mail 0 16\n"
						 "last 56 8"),
			 0);
	assert_text(&slots, "last 56 8\nmail 0 16\nwww 16 8\n");
	slots_begin(&slots);
	assert_int_equal(take(&slots, "new", 1), 64);
}

static void numbers_that_are_spent_are_an_overflow(void **state)
{
	_cleanup_(cleanup_slots) struct slots slots = { 0 };
	uint32_t first;

	assert_int_equal(slots_from_text(&slots, "www 4294967280 8\n"), 0);
	slots_begin(&slots);
	assert_int_equal(slots_take(&slots, "mail", 8, &first), -EOVERFLOW);
}

/* An intent that finds the numbers spent starts afresh instead of failing. */
static void an_intent_starts_afresh(void **state)
{
	struct lab lab;
	struct objects objects;

	lab_open(&lab,
		 "services = ( { name = \"www\"; listen = [ \"tcp/203.0.113.5:80\" ];"
		 " servers = ( { address = \"172.16.0.2:80\"; } ); } );",
		 "");
	assert_int_equal(slots_from_text(&lab.slots, "old 4294967280 8\n"), 0);
	objects = lab_intent(&lab);
	assert_text(&lab.slots, "service/www/4 0 8\n");
	objects_done(&objects);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rings_keep_their_places),
		cmocka_unit_test(a_ring_that_grows_moves_and_no_other),
		cmocka_unit_test(a_ring_that_goes_is_forgotten),
		cmocka_unit_test(an_abandoned_arrangement_leaves_no_trace),
		cmocka_unit_test(damaged_text_is_left_out),
		cmocka_unit_test(numbers_that_are_spent_are_an_overflow),
		cmocka_unit_test(an_intent_starts_afresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
