/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/array.h"

struct report;

struct source_place {
	const char *file;
	unsigned line;
};

struct source_segment {
	unsigned first; /* line of the flat text, from 1 */
	struct source_place place;
};

/* Where each line came from of texts that were read, with everything they include. */
struct source {
	unsigned lines; /* of all flat texts together */
	ARRAY(struct source_segment) segments;
	struct arena arena;
};

/*
 * Adds a text to the source, which is empty at first, and makes *ret of it, a new string: flat, and
 * beginning with an empty line for each that the source had, so that a line's number says what text
 * it is of. What is wrong goes to the report; 0 or -ENOMEM. `path` is for messages and for the
 * directory that includes are relative to.
 */
int source_read(struct source *source, const char *path, const char *text, struct report *report,
		char **ret);
void source_done(struct source *source);
struct source_place source_place(const struct source *source, unsigned line);

/* Reads a text file. 0 and a new string; -EILSEQ for one with a NUL byte, or another errno. */
int source_load(const char *path, char **ret);
/* Why a file could not be read. */
const char *source_error_text(int error);
