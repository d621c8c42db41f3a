/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operator's word against the file's. Each override remembers what the file said when it was
 * given, which is how it knows that the file has changed since.
 */
#include "intent/overrides.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct override *find(const struct overrides *overrides, const char *kind, const char *name,
			     const char *server)
{
	array_foreach(&overrides->v, entry)
		if (strcmp(entry->kind, kind) == 0 && strcmp(entry->name, name) == 0 &&
		    strcmp(entry->server, server) == 0)
			return entry;
	return NULL;
}

static void remove_entry(struct overrides *overrides, struct override *entry)
{
	*entry = overrides->v.v[--overrides->v.n];
}

static int set(struct overrides *overrides, const char *kind, const char *name, const char *server,
	       uint32_t value, uint32_t file_value)
{
	struct override *present = find(overrides, kind, name, server);
	struct override entry = { .value = value, .file_value = file_value };

	if (present && value == file_value)
		remove_entry(overrides, present);
	else if (present)
		present->value = value;
	if (present || value == file_value)
		return 0;
	snprintf(entry.kind, sizeof(entry.kind), "%s", kind);
	snprintf(entry.name, sizeof(entry.name), "%s", name);
	snprintf(entry.server, sizeof(entry.server), "%s", server);
	return array_push(&overrides->v, entry);
}

int overrides_set_weight(struct overrides *overrides, const char *service,
			 const struct config_server *server, uint32_t weight)
{
	return set(overrides, "weight", service, server->text, weight, server->weight);
}

int overrides_set_disabled(struct overrides *overrides, const char *uplink, bool disabled)
{
	return set(overrides, "disable", uplink, "-", disabled, 0);
}

bool overrides_is_disabled(const struct overrides *overrides, const char *uplink)
{
	return find(overrides, "disable", uplink, "-");
}

/* Puts a weight in force; false when the file has no such server or has changed its weight. */
static bool apply_weight(const struct override *entry, struct world *world)
{
	for (size_t i = 0; i < world->config->services.n; i++) {
		const struct config_service *service = &world->config->services.v[i];

		for (size_t j = 0; j < service->servers.n; j++) {
			struct server_state *state = &world->services[i].servers[j];

			if (strcmp(service->name, entry->name) != 0 ||
			    strcmp(service->servers.v[j].text, entry->server) != 0 ||
			    service->servers.v[j].weight != entry->file_value)
				continue;
			state->weight = entry->value;
			state->overridden = true;
			return true;
		}
	}
	return false;
}

static void reset_weights(struct world *world)
{
	for (size_t i = 0; i < world->config->services.n; i++)
		for (size_t j = 0; j < world->config->services.v[i].servers.n; j++) {
			struct server_state *state = &world->services[i].servers[j];

			state->weight = world->config->services.v[i].servers.v[j].weight;
			state->overridden = false;
		}
}

void overrides_apply(struct overrides *overrides, struct world *world)
{
	size_t kept = 0;

	reset_weights(world);
	array_foreach(&overrides->v, entry) {
		bool holds = strcmp(entry->kind, "weight") == 0
				     ? apply_weight(entry, world)
				     : config_find_uplink(world->config, entry->name) >= 0;

		if (holds)
			overrides->v.v[kept++] = *entry;
	}
	overrides->v.n = kept;
}

void overrides_done(struct overrides *overrides)
{
	array_done(&overrides->v);
}

int overrides_to_text(const struct overrides *overrides, char **ret)
{
	size_t size;
	FILE *out = open_memstream(ret, &size);

	if (!out)
		return -ENOMEM;
	array_foreach(&overrides->v, entry)
		fprintf(out, "%s %s %s %" PRIu32 " %" PRIu32 "\n", entry->kind, entry->name,
			entry->server, entry->value, entry->file_value);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}

int overrides_from_text(struct overrides *overrides, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;

	overrides->v.n = 0;
	if (!copy)
		return -ENOMEM;
	while ((line = strsep(&rest, "\n"))) {
		struct override entry = { 0 };

		if (sscanf(line, "%7s %63s %57s %" SCNu32 " %" SCNu32, entry.kind, entry.name,
			   entry.server, &entry.value, &entry.file_value) != 5)
			continue;
		if (strcmp(entry.kind, "weight") == 0
			    ? entry.value > UINT16_MAX
			    : strcmp(entry.kind, "disable") != 0 || entry.value != 1)
			continue;
		if (array_push(&overrides->v, entry) < 0)
			return -ENOMEM;
	}
	return 0;
}
