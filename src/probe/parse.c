/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading what targets answer and what checks are told to send. Everything works on given bytes
 * and trusts none of them.
 */
#include "probe/parse.h"

#include "base/array.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Three digits, as HTTP and SMTP have them; 0 when there are none. */
static unsigned three_digits(const char *p)
{
	unsigned value = 0;

	for (size_t i = 0; i < 3; i++) {
		if (!is_digit(p[i]))
			return 0;
		value = value * 10 + (unsigned)(p[i] - '0');
	}
	return value;
}

/* One status or range at *p, which is moved behind it. */
static bool read_range(const char **p, unsigned *ret_low, unsigned *ret_high)
{
	unsigned low = three_digits(*p), high = low;

	if (low < 100 || low > 599)
		return false;
	*p += 3;
	if (**p == '-') {
		high = three_digits(*p + 1);
		if (high < low || high > 599)
			return false;
		*p += 4;
	}
	*ret_low = low;
	*ret_high = high;
	return true;
}

int status_matches(const char *list, unsigned status)
{
	int found = 0;

	for (;;) {
		unsigned low, high;

		list += strspn(list, " ");
		if (!read_range(&list, &low, &high))
			return -EINVAL;
		found |= status >= low && status <= high;
		list += strspn(list, " ");
		if (!*list)
			return found;
		if (*list++ != ',')
			return -EINVAL;
	}
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number after a backslash: x and two hex digits, or up to three octal ones. */
static int read_number(const char **p, uint8_t *ret)
{
	unsigned value = 0;
	size_t i = 0;

	if (**p == 'x') {
		if (hex_value((*p)[1]) < 0 || hex_value((*p)[2]) < 0)
			return -EINVAL;
		*ret = (uint8_t)(hex_value((*p)[1]) << 4 | hex_value((*p)[2]));
		*p += 3;
		return 0;
	}
	for (; i < 3 && (*p)[i] >= '0' && (*p)[i] <= '7'; i++)
		value = value * 8 + (unsigned)((*p)[i] - '0');
	if (i == 0 || value > 255)
		return -EINVAL;
	*ret = (uint8_t)value;
	*p += i;
	return 0;
}

static int read_escape(const char **p, uint8_t *ret)
{
	static const char letters[] = "nrtabfve\\\"'", values[] = "\n\r\t\a\b\f\v\033\\\"'";
	const char *letter = **p ? strchr(letters, **p) : NULL;

	if (!letter)
		return read_number(p, ret);
	*ret = (uint8_t)values[letter - letters];
	++*p;
	return 0;
}

int escapes_decode(const char *text, uint8_t *out, size_t room, size_t *ret_size)
{
	size_t size = 0;

	while (*text) {
		uint8_t byte = (uint8_t)*text++;

		if (byte == '\\') {
			int r = read_escape(&text, &byte);

			if (r < 0)
				return r;
		}
		if (size == room)
			return -ENOSPC;
		out[size++] = byte;
	}
	*ret_size = size;
	return 0;
}

int smtp_reply(const char *data, size_t size, unsigned *ret_code)
{
	unsigned code = 0;
	size_t at = 0;

	for (;;) {
		const char *line = data + at, *end = memchr(line, '\n', size - at);
		bool last;

		if (!end)
			return 0;
		if (end - line < 4 || three_digits(line) < 200 || !strchr(" -\r", line[3]) ||
		    (code && three_digits(line) != code))
			return -EBADMSG;
		code = three_digits(line);
		last = line[3] != '-';
		at = (size_t)(end - data) + 1;
		if (last) {
			*ret_code = code;
			return (int)at;
		}
		if (at == size)
			return 0;
	}
}

void text_copy(char *to, size_t room, const char *from, size_t size)
{
	size_t i = 0;

	for (; i < size && i + 1 < room; i++)
		to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	to[i] = '\0';
}

static bool word_is(const char *word, size_t size, const char *wanted)
{
	return strlen(wanted) == size && strncasecmp(word, wanted, size) == 0;
}

/* A decimal number of at most five digits that fills the text; else -1. */
static int read_decimal(const char *text, size_t size)
{
	int value = 0;

	if (size == 0 || size > 5)
		return -1;
	for (size_t i = 0; i < size; i++) {
		if (!is_digit(text[i]))
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

static int read_amount(const char *word, size_t size, struct agent_line *line)
{
	static const char maxconn[] = "maxconn:";
	size_t skip = strlen(maxconn);
	int *value = &line->weight;

	if (size > skip && strncasecmp(word, maxconn, skip) == 0) {
		value = &line->maxconn;
		*value = read_decimal(word + skip, size - skip);
	} else if (word[size - 1] == '%') {
		*value = read_decimal(word, size - 1);
	} else {
		return -EBADMSG;
	}
	return *value < 0 ? -EBADMSG : 0;
}

static int read_word(const char *word, size_t size, struct agent_line *line)
{
	static const struct {
		const char *word;
		enum agent_health health;
		enum agent_admin admin;
	} words[] = {
		{ "up", AGENT_UP, 0 },        { "down", AGENT_DOWN, 0 },
		{ "fail", AGENT_DOWN, 0 },    { "failed", AGENT_DOWN, 0 },
		{ "stopped", AGENT_DOWN, 0 }, { "ready", 0, AGENT_READY },
		{ "drain", 0, AGENT_DRAIN },  { "maint", 0, AGENT_MAINT },
	};

	for (size_t i = 0; i < ELEMENTS_OF(words); i++)
		if (word_is(word, size, words[i].word)) {
			line->health = words[i].health ? words[i].health : line->health;
			line->admin = words[i].admin ? words[i].admin : line->admin;
			return 0;
		}
	return read_amount(word, size, line);
}

/* The length of what comes before one of the characters. */
static size_t until(const char *data, size_t size, const char *stops)
{
	size_t i = 0;

	while (i < size && !(data[i] && strchr(stops, data[i])))
		i++;
	return i;
}

int agent_parse(const char *data, size_t size, struct agent_line *ret)
{
	struct agent_line line = { .weight = -1, .maxconn = -1 };
	size_t words, at = 0, found = 0;

	size = until(data, size, "\r\n");
	words = until(data, size, "#");
	while (at < words) {
		size_t length = until(data + at, words - at, " \t,");
		int r = length ? read_word(data + at, length, &line) : 0;

		if (r < 0)
			return r;
		found += length > 0;
		at += length + 1;
	}
	if (found == 0)
		return -EBADMSG;
	if (words < size)
		text_copy(line.reason, sizeof(line.reason), data + words + 1, size - words - 1);
	*ret = line;
	return 0;
}
