/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log: one line a message on stderr, which is the journal under systemd and the terminal
 * otherwise. The level, and which of the two it is, are the only state.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int level = LOG_INFO;

void log_set_level(int priority)
{
	level = priority;
}

bool log_shows(int priority)
{
	return priority <= level;
}

static bool leads_to_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat status;

	return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
	       status.st_ino == inode;
}

bool log_is_journal(void)
{
	static enum {
		UNKNOWN,
		NO,
		YES
	} journal;

	if (journal == UNKNOWN)
		journal = leads_to_journal() ? YES : NO;
	return journal == YES;
}

int log_errno(int priority, int error, const char *format, ...)
{
	char line[2048];
	va_list args;

	error = error < 0 ? -error : error;
	if (!log_shows(priority))
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
