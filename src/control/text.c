/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts on their way to the bus. D-Bus refuses a whole message for one string that is not UTF-8,
 * and interface names, cgroups and quotations from a configuration file may hold any bytes.
 */
#include "control/bus.h"

#include <string.h>

/* What sd-bus passes: no surrogates, no noncharacters (Unicode 23.7). */
static bool is_character(uint32_t c)
{
	return c < 0x110000 && !(c >= 0xd800 && c <= 0xdfff) && !(c >= 0xfdd0 && c <= 0xfdef) &&
	       (c & 0xfffe) != 0xfffe;
}

/* Bytes of the UTF-8 sequence (RFC 3629) that `text` begins with, 0 if it begins with none. */
static size_t sequence_length(const unsigned char *text)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least;
	} forms[] = {
		{ 0x80, 0x00, 0 },
		{ 0xe0, 0xc0, 0x80 },
		{ 0xf0, 0xe0, 0x800 },
		{ 0xf8, 0xf0, 0x10000 },
	};
	uint32_t c;
	size_t n = 0;

	while ((text[0] & forms[n].mask) != forms[n].lead)
		if (++n == ELEMENTS_OF(forms))
			return 0;
	c = text[0] & (uint8_t)~forms[n].mask;
	for (size_t i = 1; i <= n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3f);
	}
	return c >= forms[n].least && is_character(c) ? n + 1 : 0;
}

/* The first byte at or after `text` that begins no sequence, or the end. */
static char *first_unfit(char *text)
{
	size_t length;

	while (*text && (length = sequence_length((const unsigned char *)text)))
		text += length;
	return text;
}

const char *text_for_bus(struct arena *arena, const char *text)
{
	char *copy, *unfit;

	for (const char *p = text ? text : ""; (unsigned char)*p < 0x80; p++)
		if (!*p)
			return text ? text : "";
	copy = arena_strdup(arena, text);
	for (unfit = copy; unfit && *(unfit = first_unfit(unfit)); unfit++)
		*unfit = '?';
	return copy;
}

char **text_list(struct arena *arena, size_t n)
{
	return arena_alloc(arena, (n + 1) * sizeof(char *));
}

char *text_of_address(struct arena *arena, const struct ip_address *address)
{
	return arena_strdup(arena, ip_text(address).text);
}

char *text_of_prefix(struct arena *arena, const struct ip_prefix *prefix)
{
	return arena_strdup(arena, ip_prefix_text(prefix).text);
}
