/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking a kernel what it can: always answered, the same each time, and nothing is left behind. */
#include "netns.h"

#include "kernel/kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool can(struct kernel *kernel, enum kernel_ability ability)
{
	int r = kernel->ops->can(kernel, ability);

	assert_true(r == 0 || r == 1);
	assert_int_equal(kernel->ops->can(kernel, ability), r);
	return r;
}

static void test_nothing_is_left(void **state)
{
	_cleanup_(kernel_closep) struct kernel *kernel = NULL;
	_cleanup_free_ char *links = NULL, *tables = NULL;

	netns_enter();
	assert_int_equal(kernel_open(&kernel), 0);
	for (enum kernel_ability ability = 0; ability < ABILITY_MAX; ability++)
		print_message("ability %d: %d\n", ability, can(kernel, ability));
	links = output_of("ip link show");
	assert_null(strstr(links, "uplinkd"));
	tables = output_of("nft list tables; echo end");
	assert_string_equal(tables, "end\n");
}

/* The same answer as nft(8) gets. */
static void test_forwarding(void **state)
{
	_cleanup_(kernel_closep) struct kernel *kernel = NULL;
	_cleanup_free_ char *answer = NULL;

	netns_enter();
	assert_int_equal(kernel_open(&kernel), 0);
	answer = output_of("nft 'table netdev t {\n chain c {\n fwd to lo\n }\n}\n' 2>/dev/null && "
			   "echo yes || echo no");
	assert_string_equal(answer, can(kernel, ABILITY_FWD) ? "yes\n" : "no\n");
}

static void test_labels(void **state)
{
	_cleanup_(kernel_closep) struct kernel *kernel = NULL;
	_cleanup_free_ char *answer = NULL;

	netns_enter();
	assert_int_equal(kernel_open(&kernel), 0);
	answer = output_of(
		"nft 'table inet t {\n chain c {\n ct label set 1\n }\n}\n' 2>/dev/null && "
		"echo yes || echo no");
	assert_string_equal(answer, can(kernel, ABILITY_LABELS) ? "yes\n" : "no\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_left),
		cmocka_unit_test(test_forwarding),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
