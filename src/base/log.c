/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log: one line a message on stderr, which is the journal under systemd and the terminal
 * otherwise. The level is the only state.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int level = LOG_INFO;

void log_set_level(int priority)
{
	level = priority;
}

int log_errno(int priority, int error, const char *format, ...)
{
	char line[2048];
	va_list args;

	error = error < 0 ? -error : error;
	if (priority > level)
		return -error;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "<%d>", priority);
	if (error)
		fprintf(stderr, "%s: %s\n", line, strerror(error));
	else
		fprintf(stderr, "%s\n", line);
	return -error;
}
