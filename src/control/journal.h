/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "control/event.h"

#include <stddef.h>
#include <stdint.h>

/* The last events, oldest first. Zero-initialised is empty. */

enum {
	JOURNAL_MAX = 256
};

struct journal_entry {
	uint64_t time_us; /* realtime */
	char *kind, *name, *text;
	char *fields; /* keys and values in turn, each with its NUL, and an empty string behind */
};

struct journal {
	struct journal_entry entries[JOURNAL_MAX];
	size_t first, n;
};

/* 0 or -ENOMEM; the entry is valid until the next call. */
int journal_add(struct journal *journal, const struct event *event,
		const struct journal_entry **ret);
/* The i-th oldest. */
const struct journal_entry *journal_at(const struct journal *journal, size_t i);
void journal_done(struct journal *journal);
