/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "config/source.h"

#include <stdarg.h>

struct problem {
	unsigned line; /* of the source's flat text */
	size_t order;  /* of discovery */
	const char *text;
};

/* What is wrong with a configuration. Adding never fails visibly: `error` remembers -ENOMEM. */
struct report {
	ARRAY(struct problem) problems;
	struct arena arena;
	int error;
};

void report_add(struct report *report, unsigned line, const char *format, ...) _printf_(3, 4);
void report_done(struct report *report);
/* All problems by line, a line each, "FILE:LINE: " in front. 0 and a new string, or -ENOMEM. */
int report_text(struct report *report, const struct source *source, char **ret);
