/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decision core as text: what a configuration and facts lead to, object by object. Whoever
 * changes a golden file (--update) has changed what packets do, and reads the difference.
 */
#include "cases.h"

#include "plan/plan.h"

#include <stdio.h>
#include <string.h>

static char *intent_text(const struct test_case *test)
{
	struct lab lab;
	struct objects objects;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	case_open(test, &lab);
	objects = lab_intent(&lab);
	objects_print(&objects, out);
	assert_int_equal(fclose(out), 0);
	objects_done(&objects);
	lab_close(&lab);
	return text;
}

/* Points at the first line that differs. */
static void assert_same_lines(const char *got, const char *golden)
{
	for (unsigned line = 1; *got || *golden; line++) {
		size_t n = strcspn(got, "\n"), m = strcspn(golden, "\n");

		if (n != m || strncmp(got, golden, n) != 0)
			fail_msg("golden:%u: \"%.*s\"\nbut now:   \"%.*s\"", line, (int)m, golden,
				 (int)n, got);
		got += n + (got[n] != '\0');
		golden += m + (golden[m] != '\0');
	}
}

static void intent_is_golden(void **state)
{
	const struct test_case *test = *state;
	_cleanup_free_ char *got = intent_text(test), *golden = NULL;

	if (test->update) {
		case_write(test, "golden", got);
	} else {
		golden = case_read(test, "golden");
		assert_same_lines(got, golden);
	}
}

int main(int argc, char **argv)
{
	return cases_run(argc, argv, intent_is_golden);
}
