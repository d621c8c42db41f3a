/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/line.h"

#include <stddef.h>

/*
 * Prefixes that are ours by a line: routed to us as the file says, or delegated. Sources within
 * them leave by that line as they are.
 */

/* The prefix at that place, those of the file first, or NULL when there are no more. */
const struct ip_prefix *line_prefix(const struct line *line, size_t at);

/* As ip_is_covered(), among the line's prefixes. */
bool line_prefix_is_covered(const struct line *line, size_t at);

/* Some prefix of the line contains the address. */
bool line_has_prefix_of(const struct line *line, const struct ip_address *address);
