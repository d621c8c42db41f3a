/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"

#include <stdbool.h>

/*
 * The numbers of the lines, from which marks and tables follow. A number belongs to the line's
 * name, also while the file does not have it, until nothing remembers its mark any more.
 */
struct line_number {
	char name[CONFIG_NAME_MAX + 1];
	unsigned number; /* from 1 */
};

struct line_numbers {
	ARRAY(struct line_number) v;
};

/* Highest number: rules rule_base + n and rule_base + 100 + n must not meet. */
enum {
	LINE_NUMBER_MAX = 99
};

/*
 * Gives every uplink of `config` a number. `in_use` says whether tracked connections still carry
 * the number of a name that is gone; such a number is kept. -ENOSPC when none is free.
 */
int line_numbers_assign(struct line_numbers *numbers, const struct config *config,
			bool (*in_use)(unsigned number, void *userdata), void *userdata);
/* The number of a name, or 0. */
unsigned line_numbers_find(const struct line_numbers *numbers, const char *name);
void line_numbers_done(struct line_numbers *numbers);

/* One "NAME NUMBER" line each. */
int line_numbers_to_text(const struct line_numbers *numbers, char **ret);
/* Replaces `numbers`; lines that make no sense are left out. 0 or -ENOMEM. */
int line_numbers_from_text(struct line_numbers *numbers, const char *text);
