/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may exist only once: names, addresses, places to listen. Claims are collected while settings
 * are read and compared in the end, by sorting, since a file may have many thousands of them.
 */
#include "config/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Both lists of services are one scope. */
static const config_setting_t *scope_of(const struct reader *reader,
					const config_setting_t *ancestor)
{
	const config_setting_t *list = NULL;

	if (reader->dynamic && config_setting_is_list(ancestor) &&
	    config_setting_is_root(config_setting_parent(ancestor)))
		list = config_lookup(&reader->tree, "services");
	return list ? list : ancestor;
}

void claim(struct reader *reader, const config_setting_t *setting, unsigned levels,
	   const char *format, ...)
{
	struct claim claim = { setting, setting, NULL, reader->claims.n };
	va_list args;

	for (; levels; levels--)
		claim.scope = config_setting_parent(claim.scope);
	claim.scope = scope_of(reader, claim.scope);
	va_start(args, format);
	claim.what = arena_vprintf(&reader->report.arena, format, args);
	va_end(args);
	if (!claim.what || array_push(&reader->claims, claim) < 0)
		reader->report.error = -ENOMEM;
}

/* Claims of one thing stand together, in the order of the file. */
static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order;

	if (x->scope != y->scope)
		return (uintptr_t)x->scope < (uintptr_t)y->scope ? -1 : 1;
	order = strcmp(x->what, y->what);
	if (order)
		return order;
	return x->order < y->order ? -1 : x->order > y->order;
}

void check_claims(struct reader *reader)
{
	const struct claim *first = NULL;

	if (reader->claims.n)
		qsort(reader->claims.v, reader->claims.n, sizeof(*reader->claims.v),
		      compare_claims);
	array_foreach(&reader->claims, next) {
		struct source_place place;

		if (!first || next->scope != first->scope || strcmp(next->what, first->what) != 0) {
			first = next;
			continue;
		}
		place = source_place(&reader->source, config_setting_source_line(first->setting));
		problem(reader, next->setting, "%s is already used at %s:%u", next->what,
			place.file, place.line);
	}
}
