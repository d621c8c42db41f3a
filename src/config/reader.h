/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"
#include "config/report.h"
#include "config/source.h"

#include <libconfig.h>

/*
 * Reading settings into structs by tables: a struct shape says which keys a group may have, each
 * key where its value goes and how it is read. Problems are reported, never returned.
 */

struct claim {
	const config_setting_t *scope, *setting;
	const char *what;
	size_t order;
};

struct reader {
	struct config *config;
	struct source source;
	struct report report;
	config_t tree;
	config_t more; /* the tree of the dynamic services */
	bool dynamic;  /* that is what is being read */
	ARRAY(struct claim) claims;
};

enum key_kind {
	KEY_NUMBER,        /* uint32_t */
	KEY_PORT,          /* uint16_t: 1 to 65535 */
	KEY_RATE,          /* uint32_t: a number of times a second, or "N/s" */
	KEY_TIME,          /* uint64_t, milliseconds */
	KEY_BOOL,          /* bool; one of two `words` where there are any */
	KEY_WORD,          /* an enum */
	KEY_TEXT,          /* what `text` makes of a string */
	KEY_TEXTS,         /* an array of strings: struct { v, n } of what `text` makes of each */
	KEY_TEXT_OR_TEXTS, /* the same, or a single string */
	KEY_GROUP,         /* a struct of `shape` */
	KEY_GROUPS,        /* a list of groups: struct { v, n } of such structs */
	KEY_CUSTOM,        /* `custom` sees the setting itself and gets the whole struct */
};

struct word {
	const char *name;
	unsigned value;
};

struct shape;
typedef void text_reader(struct reader *reader, const config_setting_t *setting, const char *text,
			 void *ret);
typedef void custom_reader(struct reader *reader, const config_setting_t *setting, void *target);

struct key {
	const char *name;
	enum key_kind kind;
	size_t offset;
	bool required;
	uint32_t least, most;     /* a number's or time's range; `most` groups, 0 for any */
	const struct word *words; /* ends with a NULL name */
	text_reader *text;
	size_t size; /* of an element of KEY_TEXTS */
	const struct shape *shape;
	custom_reader *custom;
};

struct shape {
	const struct key *keys;
	size_t n;
	const void *defaults; /* of KEY_GROUPS: what each struct starts as */
	size_t size;
};

/* For tables of keys. */
#define FIELD(type, member) .offset = offsetof(struct type, member)
#define EACH(type)          .size = sizeof(type)
#define SHAPE(table)        .keys = (table), .n = ELEMENTS_OF(table)

/* Reads keys in the order of `shape`, so that a later one may look at what earlier ones gave. */
void read_group(struct reader *reader, const config_setting_t *group, const struct shape *shape,
		void *target);

/* "FILE:LINE: path.to.setting: " and the message. */
void problem(struct reader *reader, const config_setting_t *setting, const char *format, ...)
	_printf_(3, 4);
/* Checks a setting's type; a problem is reported. */
bool is_type(struct reader *reader, const config_setting_t *setting, int type);
/* A copy that belongs to the configuration, or NULL after noting that memory is out. */
const char *keep_text(struct reader *reader, const char *text);
/* A name of `words`, or a problem that lists them. */
bool read_word(struct reader *reader, const config_setting_t *setting, const struct word *words,
	       unsigned *ret);
/*
 * "a, b, c" or "none": the names of `n` structs of `size` bytes from `first` on, whose first member
 * is their name; those with NULL are left out.
 */
const char *list_names(struct reader *reader, const void *first, size_t n, size_t size);
/*
 * Says that `what` may exist only once among the settings below the ancestor `levels` up; dynamic
 * services are among those of the file. Repeated claims are reported by check_claims(), at the
 * later place.
 */
void claim(struct reader *reader, const config_setting_t *setting, unsigned levels,
	   const char *format, ...) _printf_(4, 5);
void check_claims(struct reader *reader);
