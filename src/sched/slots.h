/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/array.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Where each ring lies in the slot maps, whose keys are numbers: a range of its own for every ring,
 * by name. A ring keeps its range as long as it fits, over reloads and restarts, so that a change
 * of one ring never moves another.
 */
enum {
	SLOTS_LEAST = 8 /* every range has as many, or a power of two times that */
};

struct slot_range {
	char name[192];
	uint32_t first, size;
};

struct slots {
	ARRAY(struct slot_range) ranges; /* by name */
	ARRAY(struct slot_range) taken;  /* of the arrangement being made */
	uint32_t end;                    /* first number that was never given out */
	bool fixed; /* slots_take() finds what there is and gives out nothing new */
};

/* Begins an arrangement; then slots_take() for every ring; slots_finish() drops what was not taken.
 */
void slots_begin(struct slots *slots);
/*
 * First slot of the range for `length` picks. 0, -ENOMEM, or -EOVERFLOW: slots_done() and begin
 * again; -ENOENT when `fixed` and there is no such range, or a shorter one.
 */
int slots_take(struct slots *slots, const char *name, uint32_t length, uint32_t *ret_first);
/* The first slot of a range that was given before. 0 or -ENOENT. */
int slots_find(const struct slots *slots, const char *name, uint32_t *ret_first);
void slots_finish(struct slots *slots);
void slots_done(struct slots *slots);

/* One "NAME FIRST SIZE" line a range. */
int slots_to_text(const struct slots *slots, char **ret);
/* Replaces `slots`; lines that make no sense, or overlap, are left out. 0 or -ENOMEM. */
int slots_from_text(struct slots *slots, const char *text);

/*
 * Binding a rule to a map makes the kernel walk the map's elements (nf_tables_bind_set), so that
 * one map for all services would cost the square of their number. Some hundred slots share one:
 * slots4/N and slots6/N hold addresses, slotsv/N verdicts.
 */
struct slots_map {
	char text[24];
};
struct slots_map slots_map(char kind, uint32_t first);
