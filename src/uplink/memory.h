/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/array.h"
#include "intent/line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a daemon knows of its lines and the one after it could not find out: how they were, what
 * they are not forgiven, and whether they were held back. A restart is no news of a line, neither
 * good nor bad; a boot is a new beginning. Pure; kept by the line's name. Times are monotonic
 * microseconds, 0: none.
 */
struct line_memory {
	char name[CONFIG_NAME_MAX + 1];
	enum uplink_state state;
	bool held; /* back and held from failback, or away and to be held then */
	struct line_trust trust;
	uint64_t good_since_us; /* of its probes, while it waits to be trusted */
	uint64_t answered_us;   /* the last answer, while it does not carry */
};

struct line_memories {
	ARRAY(struct line_memory) v;
};

/* How the lines are now, instead of what was known before. 0, or -ENOMEM and nothing is changed. */
int line_memories_take(struct line_memories *memories, const struct line *lines, size_t n);
/* NULL: there was no such line. */
const struct line_memory *line_memories_find(const struct line_memories *memories,
					     const char *name);
/* The lines of a daemon that starts go on where the one before it left them; what is of another
 * boot is forgotten. */
void line_memories_recall(struct line_memories *memories, struct line *lines, size_t n,
			  uint64_t now_us);
void line_memories_done(struct line_memories *memories);

/* One line of text each. 0 or -ENOMEM. */
int line_memories_to_text(const struct line_memories *memories, char **ret);
/* Replaces `memories`; lines that make no sense are left out. 0 or -ENOMEM. */
int line_memories_from_text(struct line_memories *memories, const char *text);
