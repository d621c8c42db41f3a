/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ctl/cell.h"

#include <stdbool.h>
#include <stddef.h>

/* Lists of JSON objects as aligned columns on stdout, with colour where that is a terminal. */

struct column {
	const char *title, *key;
	enum column_kind kind;
	bool optional; /* left out when there is nothing in it */
};

/* A member that is null or empty shows as "-", one that does not exist as nothing. 0 or -ENOMEM. */
int table_print(json_object *rows, const struct column *columns, size_t n);
/* The same of one object: a column a line, the items of a list below each other. */
int table_print_sheet(json_object *object, const struct column *columns, size_t n);
