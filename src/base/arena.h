/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cleanup.h"

#include <stdarg.h>
#include <stddef.h>

/*
 * Many small allocations that end together. All functions return NULL when memory is out; what
 * they return is aligned for any type, zeroed, and lives until the arena is done.
 */
struct arena {
	struct arena_block *blocks;
};

void *arena_alloc(struct arena *arena, size_t size);
void *arena_copy(struct arena *arena, const void *data, size_t size);
char *arena_strdup(struct arena *arena, const char *string);
char *arena_printf(struct arena *arena, const char *format, ...) _printf_(2, 3);
char *arena_vprintf(struct arena *arena, const char *format, va_list args) _printf_(2, 0);
/* Frees everything; the arena is empty and usable afterwards. */
void arena_done(struct arena *arena);
