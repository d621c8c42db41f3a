/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine that reads libconfig settings into structs by the tables of load.c: types, ranges,
 * unknown and missing keys, repeated values. It promises that after any input the target holds
 * valid memory: a value that is wrong leaves its default, an array keeps an element for every
 * element of the file, so that checks can go from an index back to its setting.
 */
#include "config/reader.h"

#include "base/time.h"
#include "config/nearest.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	KEYS_MAX = 32 /* of a group */
};

/* What KEY_TEXTS and KEY_GROUPS fill in; struct names, struct prefixes, ARRAY() begin like it. */
struct slice {
	void *v;
	size_t n;
};

static void out_of_memory(struct reader *reader)
{
	reader->report.error = -ENOMEM;
}

/* "uplinks[0].gateway", as far as it is known; "" for the root. */
static const char *setting_path(struct reader *reader, const config_setting_t *setting)
{
	const config_setting_t *parent = setting ? config_setting_parent(setting) : NULL;
	struct arena *arena = &reader->report.arena;
	const char *name, *path;

	if (!parent)
		return "";
	path = setting_path(reader, parent);
	name = config_setting_name(setting);
	if (!path)
		return NULL;
	if (!name)
		return arena_printf(arena, "%s[%d]", path, config_setting_index(setting));
	return arena_printf(arena, "%s%s%s", path, *path ? "." : "", name);
}

void problem(struct reader *reader, const config_setting_t *setting, const char *format, ...)
{
	const char *path = setting_path(reader, setting), *text;
	va_list args;

	va_start(args, format);
	text = arena_vprintf(&reader->report.arena, format, args);
	va_end(args);
	if (!path || !text)
		out_of_memory(reader);
	else
		report_add(&reader->report, config_setting_source_line(setting), "%s%s%s", path,
			   *path ? ": " : "", text);
}

static const char *type_text(int type)
{
	switch (type) {
	case CONFIG_TYPE_GROUP:
		return "a group { }";
	case CONFIG_TYPE_LIST:
		return "a list ( )";
	case CONFIG_TYPE_ARRAY:
		return "an array [ ]";
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return "an integer";
	case CONFIG_TYPE_FLOAT:
		return "a number with a fraction";
	case CONFIG_TYPE_BOOL:
		return "true or false";
	default:
		return "a string in quotes";
	}
}

bool is_type(struct reader *reader, const config_setting_t *setting, int type)
{
	int found = config_setting_type(setting);

	if (found == type || (type == CONFIG_TYPE_INT && found == CONFIG_TYPE_INT64))
		return true;
	problem(reader, setting, "must be %s, not %s", type_text(type), type_text(found));
	return false;
}

static void check_range(struct reader *reader, const config_setting_t *setting,
			const struct key *key, long long value, uint32_t *ret)
{
	if (value < key->least || value > key->most)
		problem(reader, setting, "%lld is out of range; allowed is %" PRIu32 " to %" PRIu32,
			value, key->least, key->most);
	else
		*ret = (uint32_t)value;
}

static void read_number(struct reader *reader, const config_setting_t *setting,
			const struct key *key, uint32_t *ret)
{
	if (is_type(reader, setting, CONFIG_TYPE_INT))
		check_range(reader, setting, key, config_setting_get_int64(setting), ret);
}

static void read_port(struct reader *reader, const config_setting_t *setting, uint16_t *ret)
{
	static const struct key range = { .least = 1, .most = UINT16_MAX };
	uint32_t port = 0;

	read_number(reader, setting, &range, &port);
	if (port)
		*ret = (uint16_t)port;
}

/* Numbers beyond ten digits are out of any range, and shown as they are. */
static void read_rate(struct reader *reader, const config_setting_t *setting, const struct key *key,
		      uint32_t *ret)
{
	const char *text;
	size_t digits;

	if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
		read_number(reader, setting, key, ret);
		return;
	}
	text = config_setting_get_string(setting);
	digits = strspn(text, "0123456789");
	if (digits < 1 || digits > 18 || strcmp(text + digits, "/s") != 0)
		problem(reader, setting,
			"\"%s\" is not a rate; allowed is a number of times a second, as in 100 or "
			"\"100/s\"",
			text);
	else
		check_range(reader, setting, key, strtoll(text, NULL, 10), ret);
}

static void read_time(struct reader *reader, const config_setting_t *setting, const struct key *key,
		      uint64_t *ret)
{
	const char *text;
	uint64_t ms;

	if (!is_type(reader, setting, CONFIG_TYPE_STRING))
		return;
	text = config_setting_get_string(setting);
	if (duration_parse(text, &ms) == 0 && ms >= key->least && ms <= key->most)
		*ret = ms;
	else
		problem(reader, setting,
			"\"%s\" is not a time %s%s%s %s; allowed is a number and ms, s, m, h or d, as "
			"in \"10m\"",
			text, key->least ? "from " : "",
			key->least ? duration_text(key->least).text : "",
			key->least ? " to" : "up to", duration_text(key->most).text);
}

const char *list_names(struct reader *reader, const void *first, size_t n, size_t size)
{
	const char *text = NULL;

	for (size_t i = 0; i < n; i++) {
		const char *const *name = (const void *)((const char *)first + i * size);

		if (!*name)
			continue;
		text = arena_printf(&reader->report.arena, "%s%s%s", text ? text : "",
				    text ? ", " : "", *name);
		if (!text)
			out_of_memory(reader);
	}
	return text ? text : "none";
}

bool read_word(struct reader *reader, const config_setting_t *setting, const struct word *words,
	       unsigned *ret)
{
	const char *text;
	size_t n;

	if (!is_type(reader, setting, CONFIG_TYPE_STRING))
		return false;
	text = config_setting_get_string(setting);
	for (n = 0; words[n].name; n++)
		if (strcmp(words[n].name, text) == 0) {
			*ret = words[n].value;
			return true;
		}
	problem(reader, setting, "\"%s\" is not possible here; allowed: %s", text,
		list_names(reader, words, n, sizeof(*words)));
	return false;
}

static void read_bool(struct reader *reader, const config_setting_t *setting, const struct key *key,
		      bool *ret)
{
	unsigned value;

	if (!key->words) {
		if (is_type(reader, setting, CONFIG_TYPE_BOOL))
			*ret = config_setting_get_bool(setting);
	} else if (read_word(reader, setting, key->words, &value)) {
		*ret = value;
	}
}

const char *keep_text(struct reader *reader, const char *text)
{
	const char *copy = arena_strdup(&reader->config->arena, text);

	if (!copy)
		out_of_memory(reader);
	return copy;
}

static void read_text(struct reader *reader, const config_setting_t *setting, const struct key *key,
		      void *ret)
{
	if (is_type(reader, setting, CONFIG_TYPE_STRING))
		key->text(reader, setting, config_setting_get_string(setting), ret);
}

/* Makes room for `n` elements in *target, or remembers that memory is out. */
static char *new_slice(struct reader *reader, size_t n, size_t size, void *target)
{
	struct slice slice = { arena_alloc(&reader->config->arena, n * size), n };

	if (!slice.v) {
		out_of_memory(reader);
		return NULL;
	}
	memcpy(target, &slice, sizeof(slice));
	return slice.v;
}

static void read_texts(struct reader *reader, const config_setting_t *setting,
		       const struct key *key, void *target)
{
	bool single =
		key->kind == KEY_TEXT_OR_TEXTS && config_setting_type(setting) != CONFIG_TYPE_ARRAY;
	size_t n = single ? 1 : (size_t)config_setting_length(setting);
	char *v;

	if (!single && !is_type(reader, setting, CONFIG_TYPE_ARRAY))
		return;
	if (!n)
		problem(reader, setting, "is empty; give at least one%s",
			key->required ? "" : " or leave the key out");
	v = new_slice(reader, n, key->size, target);
	for (size_t i = 0; v && i < n; i++)
		read_text(reader, single ? setting : config_setting_get_elem(setting, (unsigned)i),
			  key, v + i * key->size);
}

static void read_groups(struct reader *reader, const config_setting_t *setting,
			const struct key *key, void *target)
{
	const struct shape *shape = key->shape;
	size_t n;
	char *v;

	if (!is_type(reader, setting, CONFIG_TYPE_LIST))
		return;
	n = (size_t)config_setting_length(setting);
	if (!n && key->required)
		problem(reader, setting, "is empty; give at least one");
	if (key->most && n > key->most)
		problem(reader, setting, "has %zu entries; at most %" PRIu32 " are possible", n,
			key->most);
	v = new_slice(reader, n, shape->size, target);
	for (size_t i = 0; v && i < n; i++) {
		const config_setting_t *group = config_setting_get_elem(setting, (unsigned)i);

		memcpy(v + i * shape->size, shape->defaults, shape->size);
		if (is_type(reader, group, CONFIG_TYPE_GROUP))
			read_group(reader, group, shape, v + i * shape->size);
	}
}

static void read_key(struct reader *reader, const config_setting_t *setting, const struct key *key,
		     void *target)
{
	void *field = (char *)target + key->offset;

	switch (key->kind) {
	case KEY_NUMBER:
		read_number(reader, setting, key, field);
		break;
	case KEY_PORT:
		read_port(reader, setting, field);
		break;
	case KEY_RATE:
		read_rate(reader, setting, key, field);
		break;
	case KEY_TIME:
		read_time(reader, setting, key, field);
		break;
	case KEY_BOOL:
		read_bool(reader, setting, key, field);
		break;
	case KEY_WORD:
		read_word(reader, setting, key->words, field);
		break;
	case KEY_TEXT:
		read_text(reader, setting, key, field);
		break;
	case KEY_TEXTS:
	case KEY_TEXT_OR_TEXTS:
		read_texts(reader, setting, key, field);
		break;
	case KEY_GROUP:
		if (is_type(reader, setting, CONFIG_TYPE_GROUP))
			read_group(reader, setting, key->shape, field);
		break;
	case KEY_GROUPS:
		read_groups(reader, setting, key, field);
		break;
	case KEY_CUSTOM:
		key->custom(reader, setting, target);
		break;
	}
}

static void problem_missing(struct reader *reader, const config_setting_t *group, const char *key)
{
	const char *path = setting_path(reader, group);

	if (path)
		report_add(&reader->report, config_setting_source_line(group),
			   "%s.%s: is missing; it must be given", path, key);
	else
		out_of_memory(reader);
}

/* NULL: none that comes near. */
static const char *find_near_key(const struct shape *shape, const char *word)
{
	for (size_t i = 0; i < shape->n; i++)
		if (shape->keys[i].name && is_near(word, shape->keys[i].name))
			return shape->keys[i].name;
	return NULL;
}

static void problem_unknown(struct reader *reader, const config_setting_t *setting,
			    const struct shape *shape)
{
	const char *near = find_near_key(shape, config_setting_name(setting));

	problem(reader, setting, "is an unknown key%s%s%s; allowed here: %s",
		near ? ", perhaps meant as \"" : "", near ? near : "", near ? "\"" : "",
		list_names(reader, shape->keys, shape->n, sizeof(*shape->keys)));
}

static size_t find_key(const struct shape *shape, const config_setting_t *setting)
{
	size_t i = 0;

	while (i < shape->n && strcmp(shape->keys[i].name, config_setting_name(setting)) != 0)
		i++;
	return i;
}

void read_group(struct reader *reader, const config_setting_t *group, const struct shape *shape,
		void *target)
{
	const config_setting_t *members[KEYS_MAX] = { NULL };
	int n = config_setting_length(group);

	assert(shape->n <= KEYS_MAX);
	for (int i = 0; i < n; i++) {
		const config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
		size_t key = find_key(shape, member);

		if (key < shape->n)
			members[key] = member;
		else
			problem_unknown(reader, member, shape);
	}
	for (size_t i = 0; i < shape->n; i++)
		if (members[i])
			read_key(reader, members[i], &shape->keys[i], target);
		else if (shape->keys[i].required)
			problem_missing(reader, group, shape->keys[i].name);
}
