/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happened lately, for `uplinkctl events`: a ring in memory that forgets the oldest. The
 * lasting record is the log. Texts are made fit for the bus when they are added, so that one odd
 * byte in an interface name cannot spoil the whole list.
 */
#include "control/journal.h"

#include "base/time.h"
#include "control/bus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void entry_done(struct journal_entry *entry)
{
	free(entry->kind);
	free(entry->name);
	free(entry->text);
	free(entry->fields);
	*entry = (struct journal_entry){};
}

static char *copy(const char *text)
{
	_cleanup_(arena_done) struct arena arena = {};
	const char *fit = text_for_bus(&arena, text);

	return fit ? strdup(fit) : NULL;
}

static char *copy_fields(const struct event *event)
{
	_cleanup_(arena_done) struct arena arena = {};
	char *fields = NULL;
	size_t size;
	FILE *out = open_memstream(&fields, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < event->n; i++) {
		const char *value = text_for_bus(&arena, event->fields[i].value);

		fprintf(out, "%s%c%s%c", event->fields[i].key, 0, value ? value : "", 0);
	}
	if (fclose(out) == 0)
		return fields;
	free(fields);
	return NULL;
}

int journal_add(struct journal *journal, const struct event *event,
		const struct journal_entry **ret)
{
	struct journal_entry *place, entry = {
		.time_us = realtime_us(),
		.kind = copy(event->kind),
		.name = copy(event->name),
		.text = copy(event->text),
		.fields = copy_fields(event),
	};

	if (!entry.kind || !entry.name || !entry.text || !entry.fields) {
		entry_done(&entry);
		return -ENOMEM;
	}
	place = &journal->entries[(journal->first + journal->n) % JOURNAL_MAX];
	if (journal->n == JOURNAL_MAX) {
		entry_done(place);
		journal->first = (journal->first + 1) % JOURNAL_MAX;
	} else {
		journal->n++;
	}
	*place = entry;
	*ret = place;
	return 0;
}

const struct journal_entry *journal_at(const struct journal *journal, size_t i)
{
	return &journal->entries[(journal->first + i) % JOURNAL_MAX];
}

void journal_done(struct journal *journal)
{
	for (size_t i = 0; i < JOURNAL_MAX; i++)
		entry_done(&journal->entries[i]);
	journal->first = journal->n = 0;
}
