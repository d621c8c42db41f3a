/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Collects what is wrong with a configuration, so that all of it can be said at once and in the
 * order of the file. Messages quote the user's own words; control characters in them are replaced,
 * so that a message always is one line and safe for a terminal.
 */
#include "config/report.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

void report_add(struct report *report, unsigned line, const char *format, ...)
{
	struct problem problem = { .line = line, .order = report->problems.n };
	va_list args;
	char *text;

	va_start(args, format);
	problem.text = text = arena_vprintf(&report->arena, format, args);
	va_end(args);
	if (!text || array_push(&report->problems, problem) < 0) {
		report->error = -ENOMEM;
		return;
	}
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

void report_done(struct report *report)
{
	array_done(&report->problems);
	arena_done(&report->arena);
}

static int compare_problems(const void *a, const void *b)
{
	const struct problem *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

int report_text(struct report *report, const struct source *source, char **ret)
{
	_cleanup_free_ char *text = NULL;
	bool failed;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -ENOMEM;
	if (report->problems.n)
		qsort(report->problems.v, report->problems.n, sizeof(*report->problems.v),
		      compare_problems);
	array_foreach(&report->problems, problem) {
		struct source_place place = source_place(source, problem->line);

		fprintf(out, "%s:%u: %s\n", place.file, place.line, problem->text);
	}
	failed = ferror(out);
	if (fclose(out) != 0 || failed)
		return -ENOMEM;
	*ret = TAKE_PTR(text);
	return 0;
}
