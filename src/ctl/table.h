/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

/* Lists of JSON objects as aligned columns on stdout, with colour where that is a terminal. */

enum column_kind {
	COLUMN_TEXT,     /* also lists, joined by commas */
	COLUMN_NUMBER,   /* to the right */
	COLUMN_HEX,      /* to the right */
	COLUMN_STATE,    /* a text, coloured */
	COLUMN_SINCE,    /* a time of the past, as a duration */
	COLUMN_DURATION, /* milliseconds, 0 for none */
	COLUMN_SECONDS,  /* the same of seconds */
	COLUMN_MS,       /* milliseconds, to the right */
	COLUMN_SHARE,    /* of one, as percent, to the right */
	COLUMN_PICKS,    /* a list of uplinks with picks */
};

struct column {
	const char *title, *key;
	enum column_kind kind;
	bool optional; /* left out when there is nothing in it */
};

/* A member that is null or empty shows as "-", one that does not exist as nothing. 0 or -ENOMEM. */
int table_print(json_object *rows, const struct column *columns, size_t n);
