/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks the cases of a folder, each a test of its own in the report. A case is whatever folder is
 * there, so that a new one needs no line of code.
 */
#include "cases.h"

#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static char *case_path(const struct test_case *test, const char *file)
{
	char *path;

	assert_true(asprintf(&path, "%s/%s/%s", test->folder, test->name, file) > 0);
	return path;
}

char *case_read(const struct test_case *test, const char *file)
{
	_cleanup_free_ char *path = case_path(test, file);
	char *text;
	int r = file_read(path, &text);

	if (r < 0)
		fail_msg("%s: %s", path, strerror(-r));
	return text;
}

void case_write(const struct test_case *test, const char *file, const char *text)
{
	_cleanup_free_ char *path = case_path(test, file);

	assert_int_equal(file_replace(path, text), 0);
}

void case_open(const struct test_case *test, struct lab *lab)
{
	_cleanup_free_ char *config = case_read(test, "config");
	_cleanup_free_ char *facts = case_read(test, "facts");

	lab_open(lab, config, facts);
}

int cases_run(int argc, char **argv, void (*test)(void **state))
{
	_cleanup_free_ struct test_case *cases = NULL;
	_cleanup_free_ struct CMUnitTest *tests = NULL;
	struct dirent **entries = NULL;
	int n = argc < 2 ? 0 : scandir(argv[1], &entries, is_visible, alphasort), failed = 1;

	if (n > 0) {
		cases = calloc((size_t)n, sizeof(*cases));
		tests = calloc((size_t)n, sizeof(*tests));
	}
	for (int i = 0; cases && tests && i < n; i++) {
		cases[i] =
			(struct test_case){ .folder = argv[1],
					    .name = entries[i]->d_name,
					    .update = argc > 2 && strcmp(argv[2], "--update") == 0,
					    .others = cases,
					    .n = (size_t)n };
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
						.test_func = test,
						.initial_state = &cases[i] };
	}
	if (cases && tests)
		failed = _cmocka_run_group_tests(argv[0], tests, (size_t)n, NULL, NULL);
	while (n > 0)
		free(entries[--n]);
	free(entries);
	return failed;
}
