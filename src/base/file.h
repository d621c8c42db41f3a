/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/* Reads a whole file of at most 16 MiB into a new NUL-terminated string. 0 or negative errno. */
int file_read(const char *path, char **ret);
/* Replaces a file so that readers see the old or the new text, never a part (rename(2)). */
int file_replace(const char *path, const char *text);
/* The same of a file that everybody may read; others are their owner's. */
int file_publish(const char *path, const char *text);
/* Appends to an existing file. After an error a part may be there. */
int file_append(const char *path, const char *text);
/* Writes to an existing file in place, as /proc and /sys want it. */
int file_write(const char *path, const char *text);
/* mkdir -p. 0 or negative errno. */
int directory_create(const char *path, unsigned mode);
/*
 * Opens the standard descriptors that are closed, so that nothing else gets their numbers and is
 * written to by mistake: writing to them goes on to fail. 0 or negative errno.
 */
int standard_fds_hold(void);
