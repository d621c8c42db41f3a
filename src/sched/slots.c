/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ranges are powers of two, at least 8 slots, and given out upwards. Numbers that were freed are
 * not used again until all 2^32 are spent; then the caller starts afresh and every ring moves once,
 * which costs a rewrite and nothing else.
 */
#include "sched/slots.h"

#include "base/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	const struct slot_range *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int by_first(const void *a, const void *b)
{
	const struct slot_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

void slots_begin(struct slots *slots)
{
	slots->taken.n = 0;
}

static const struct slot_range *find_range(const struct slots *slots, const char *name)
{
	struct slot_range key;

	if (!slots->ranges.n)
		return NULL;
	snprintf(key.name, sizeof(key.name), "%s", name);
	return bsearch(&key, slots->ranges.v, slots->ranges.n, sizeof(key), by_name);
}

int slots_find(const struct slots *slots, const char *name, uint32_t *ret_first)
{
	const struct slot_range *range = find_range(slots, name);

	if (!range)
		return -ENOENT;
	*ret_first = range->first;
	return 0;
}

int slots_take(struct slots *slots, const char *name, uint32_t length, uint32_t *ret_first)
{
	const struct slot_range *before = find_range(slots, name);
	struct slot_range range = { .size = SLOTS_LEAST };
	int r;

	while (range.size < length)
		range.size *= 2;
	snprintf(range.name, sizeof(range.name), "%s", name);
	if (slots->fixed) {
		if (!before || before->size < length)
			return -ENOENT;
		*ret_first = before->first;
		return 0;
	}
	if (before && before->size >= range.size) {
		range = *before;
	} else {
		if (slots->end > UINT32_MAX - range.size)
			return -EOVERFLOW;
		range.first = slots->end;
		slots->end += range.size;
	}
	r = array_push(&slots->taken, range);
	if (r == 0)
		*ret_first = range.first;
	return r;
}

void slots_finish(struct slots *slots)
{
	__typeof__(slots->ranges) before = slots->ranges;

	if (slots->taken.n)
		qsort(slots->taken.v, slots->taken.n, sizeof(*slots->taken.v), by_name);
	slots->ranges.v = slots->taken.v;
	slots->ranges.n = slots->taken.n;
	slots->ranges.room = slots->taken.room;
	slots->taken.v = before.v;
	slots->taken.room = before.room;
	slots->taken.n = 0;
}

void slots_done(struct slots *slots)
{
	array_done(&slots->ranges);
	array_done(&slots->taken);
	slots->end = 0;
}

int slots_to_text(const struct slots *slots, char **ret)
{
	size_t size;
	FILE *out = open_memstream(ret, &size);

	if (!out)
		return -ENOMEM;
	array_foreach(&slots->ranges, range)
		fprintf(out, "%s %" PRIu32 " %" PRIu32 "\n", range->name, range->first,
			range->size);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}

/* Drops ranges that reach into the one before them. */
static void drop_overlaps(struct slots *slots)
{
	uint64_t end = 0;
	size_t kept = 0;

	if (slots->ranges.n)
		qsort(slots->ranges.v, slots->ranges.n, sizeof(*slots->ranges.v), by_first);
	array_foreach(&slots->ranges, range) {
		if (range->first < end || (uint64_t)range->first + range->size > UINT32_MAX)
			continue;
		end = (uint64_t)range->first + range->size;
		slots->ranges.v[kept++] = *range;
	}
	slots->ranges.n = kept;
	slots->end = (uint32_t)end;
}

int slots_from_text(struct slots *slots, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;

	slots_done(slots);
	if (!copy)
		return -ENOMEM;
	while ((line = strsep(&rest, "\n"))) {
		struct slot_range range = { 0 };

		if (sscanf(line, "%191s %" SCNu32 " %" SCNu32, range.name, &range.first,
			   &range.size) == 3 &&
		    range.size && array_push(&slots->ranges, range) < 0)
			return -ENOMEM;
	}
	drop_overlaps(slots);
	if (slots->ranges.n)
		qsort(slots->ranges.v, slots->ranges.n, sizeof(*slots->ranges.v), by_name);
	return 0;
}

struct slots_map slots_map(char kind, uint32_t first)
{
	/* Of verdicts fewer, for with every rule that looks there the kernel follows each of them.
	 */
	uint32_t share = kind == '4' || kind == '6' ? 1024 : 256;
	struct slots_map name;

	snprintf(name.text, sizeof(name.text), "slots%c/%" PRIu32, kind, first / share);
	return name;
}
