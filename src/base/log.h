/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <syslog.h>

/* Messages up to this priority are written (default LOG_INFO). */
void log_set_level(int priority);
bool log_shows(int priority);
/* stderr leads to the journal (systemd.exec(5), $JOURNAL_STREAM). */
bool log_is_journal(void);
/*
 * Writes one line to stderr, with the priority in front (sd-daemon(3)) when stderr is the journal.
 * `error` is 0 or an errno of either sign, whose text is appended. Returns -|error|, so that a
 * caller can `return log_errno(...)`.
 */
int log_errno(int priority, int error, const char *format, ...) _printf_(3, 4);

#define log_error(...)   log_errno(LOG_ERR, 0, __VA_ARGS__)
#define log_warning(...) log_errno(LOG_WARNING, 0, __VA_ARGS__)
#define log_info(...)    log_errno(LOG_INFO, 0, __VA_ARGS__)
#define log_debug(...)   log_errno(LOG_DEBUG, 0, __VA_ARGS__)
#define log_oom()        log_errno(LOG_ERR, ENOMEM, "out of memory")
