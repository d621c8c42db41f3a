/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which associations of an IPsec service outlive their idle time: none without a reserve, else so
 * many of the least idle, and those who would end before the next look are given the full time.
 */
#include "lab.h"

#include "service/reserve.h"

enum {
	FULL_MS = 4000
};

/* Idle for so long, as the kernel knows it: what it has left follows. */
#define IDLE(ms)                                                     \
	{                                                            \
		.idle_ms = (ms), .left_ms = FULL_MS - (ms) % FULL_MS \
	}

/* The turns by index: '.' stays, 'r' renewed, 'x' leaves. */
static void assert_turns(const struct association *associations, size_t n, uint32_t reserve,
			 const char *wanted)
{
	struct association copy[8];
	char turns[9] = "";

	for (size_t i = 0; i < n; i++) {
		copy[i] = associations[i];
		copy[i].index = i;
	}
	reserve_choose(copy, n, FULL_MS, reserve);
	for (size_t i = 0; i < n; i++)
		turns[copy[i].index] = ".rx"[copy[i].turn];
	assert_string_equal(turns, wanted);
}

static void what_is_in_use_stays(void **state)
{
	static const struct association used[] = { IDLE(0), IDLE(1000), IDLE(1999) };

	assert_turns(used, 0, 0, "");
	assert_turns(used, 3, 0, "...");
	assert_turns(used, 3, 1, "...");
}

static void who_would_leave_soon_is_renewed(void **state)
{
	static const struct association soon[] = { IDLE(2000), IDLE(3999), IDLE(100) };

	assert_turns(soon, 3, 0, "...");
	assert_turns(soon, 3, 1, "rr.");
}

/* Renewed half a time ago, and just now. */
static void the_longest_idle_leave(void **state)
{
	static const struct association idle[] = {
		{ .idle_ms = 9000, .left_ms = 2000 },  { .idle_ms = 4000, .left_ms = 2000 },
		{ .idle_ms = 5000, .left_ms = 4000 },  { .idle_ms = 3999, .left_ms = 1 },
		{ .idle_ms = 20000, .left_ms = 4000 },
	};

	assert_turns(idle, 5, 4, "rr.r.");
	assert_turns(idle, 5, 3, "rr.rx");
	assert_turns(idle, 5, 2, "xr.rx");
	assert_turns(idle, 5, 1, "xrxrx");
	/* The reserve was given up by a reload. */
	assert_turns(idle, 5, 0, "xxx.x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_use_stays),
		cmocka_unit_test(who_would_leave_soon_is_renewed),
		cmocka_unit_test(the_longest_idle_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
