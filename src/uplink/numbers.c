/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which number a line has. Conntrack marks outlive reloads and restarts, so numbers do too.
 */
#include "uplink/numbers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct line_number *find_name(const struct line_numbers *numbers, const char *name)
{
	array_foreach(&numbers->v, entry)
		if (strcmp(entry->name, name) == 0)
			return entry;
	return NULL;
}

static bool is_taken(const struct line_numbers *numbers, unsigned number)
{
	array_foreach(&numbers->v, entry)
		if (entry->number == number)
			return true;
	return false;
}

/* Tables 253 to 255 are the kernel's own; a mark must fit its mask. */
static bool is_possible(const struct config_gateway *gateway, unsigned number)
{
	uint32_t table = gateway->table_base + number;

	return !(table >= 253 && table <= 255) &&
	       number <= gateway->mark_mask >> __builtin_ctz(gateway->mark_mask);
}

static unsigned lowest_free(const struct line_numbers *numbers,
			    const struct config_gateway *gateway)
{
	for (unsigned number = 1; number <= LINE_NUMBER_MAX; number++)
		if (is_possible(gateway, number) && !is_taken(numbers, number))
			return number;
	return 0;
}

/* Forgets names that the file no longer has and whose mark is on no connection. */
static void forget_unused(struct line_numbers *numbers, const struct config *config,
			  bool (*in_use)(unsigned number, void *userdata), void *userdata)
{
	size_t kept = 0;

	array_foreach(&numbers->v, entry) {
		bool named = config_find_uplink(config, entry->name) >= 0;

		if (named ? is_possible(&config->gateway, entry->number)
			  : in_use(entry->number, userdata))
			numbers->v.v[kept++] = *entry;
	}
	numbers->v.n = kept;
}

int line_numbers_assign(struct line_numbers *numbers, const struct config *config,
			bool (*in_use)(unsigned number, void *userdata), void *userdata)
{
	forget_unused(numbers, config, in_use, userdata);
	array_foreach(&config->uplinks, uplink) {
		struct line_number entry = { 0 };
		int r;

		if (find_name(numbers, uplink->name))
			continue;
		snprintf(entry.name, sizeof(entry.name), "%s", uplink->name);
		entry.number = lowest_free(numbers, &config->gateway);
		if (!entry.number)
			return -ENOSPC;
		r = array_push(&numbers->v, entry);
		if (r < 0)
			return r;
	}
	return 0;
}

unsigned line_numbers_find(const struct line_numbers *numbers, const char *name)
{
	const struct line_number *entry = find_name(numbers, name);

	return entry ? entry->number : 0;
}

void line_numbers_done(struct line_numbers *numbers)
{
	array_done(&numbers->v);
}

int line_numbers_to_text(const struct line_numbers *numbers, char **ret)
{
	size_t size;
	FILE *out = open_memstream(ret, &size);

	if (!out)
		return -ENOMEM;
	array_foreach(&numbers->v, entry)
		fprintf(out, "%s %u\n", entry->name, entry->number);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}

int line_numbers_from_text(struct line_numbers *numbers, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;

	numbers->v.n = 0;
	if (!copy)
		return -ENOMEM;
	while ((line = strsep(&rest, "\n"))) {
		struct line_number entry = { 0 };

		if (sscanf(line, "%32s %u", entry.name, &entry.number) != 2)
			continue;
		if (entry.number < 1 || entry.number > LINE_NUMBER_MAX ||
		    is_taken(numbers, entry.number) || find_name(numbers, entry.name))
			continue;
		if (array_push(&numbers->v, entry) < 0)
			return -ENOMEM;
	}
	return 0;
}
