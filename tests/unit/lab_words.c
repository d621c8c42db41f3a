/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of a statement of the lab, taken one after the other; whatever is wrong with them fails
 * the test.
 */
#include "lab_words.h"

#include <string.h>

static char *take_at(struct words *words, size_t at)
{
	char *word;

	if (at >= words->n)
		fail_msg("a word is missing");
	word = words->v[at];
	words->n--;
	memmove(&words->v[at], &words->v[at + 1], (words->n - at) * sizeof(*words->v));
	return word;
}

char *take(struct words *words)
{
	return take_at(words, 0);
}

uint32_t take_number(struct words *words)
{
	char *text = take(words), *end;
	unsigned long number = strtoul(text, &end, 10);

	if (!*text || *end)
		fail_msg("\"%s\" is not a number", text);
	return (uint32_t)number;
}

bool take_flag(struct words *words, const char *name)
{
	for (size_t i = 0; i < words->n; i++)
		if (strcmp(words->v[i], name) == 0) {
			take_at(words, i);
			return true;
		}
	return false;
}

/* The word behind `name`, or NULL. */
const char *take_option(struct words *words, const char *name)
{
	for (size_t i = 0; i < words->n; i++)
		if (strcmp(words->v[i], name) == 0) {
			take_at(words, i);
			return take_at(words, i);
		}
	return NULL;
}

uint64_t take_amount(struct words *words, const char *name)
{
	const char *text = take_option(words, name);
	char *end = NULL;
	uint64_t amount = text ? strtoull(text, &end, 10) : 0;

	if (text && (!*text || *end))
		fail_msg("\"%s\" is not a number", text);
	return amount;
}
