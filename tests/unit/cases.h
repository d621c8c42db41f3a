/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "lab.h"

/* A folder of `intent/` with a configuration, facts and the golden text of the intent. */
struct test_case {
	const char *folder, *name;
	bool update;                    /* write the golden text instead of comparing */
	const struct test_case *others; /* all of them */
	size_t n;
};

/* Runs a test on every case: PROGRAM FOLDER [--update]. Returns what main() should. */
int cases_run(int argc, char **argv, void (*test)(void **state));
/* Opens the lab of a case, or reads another of its files (a new string). */
void case_open(const struct test_case *test, struct lab *lab);
char *case_read(const struct test_case *test, const char *file);
void case_write(const struct test_case *test, const char *file, const char *text);
