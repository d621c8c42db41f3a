/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <json-c/json.h>

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
	COLUMN_BITS,     /* a second, to the right */
	COLUMN_BYTES,    /* to the right */
	COLUMN_PICKS,    /* a list of uplinks with picks */
	COLUMN_MEMBERS,  /* those of an object that say anything */
};

/* A new string: "-" for what is null or empty. NULL without memory. */
char *cell_text(json_object *value, enum column_kind kind);
