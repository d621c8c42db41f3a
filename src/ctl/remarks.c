/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In one look, why a line is not used: what else there is to say of it than the reason for its
 * state. All of it is in the tree as members of its own; here it becomes words.
 */
#include "ctl/remarks.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *text_of(json_object *object, const char *key)
{
	const char *text = json_object_get_string(json_object_object_get(object, key));

	return text ? text : "";
}

static bool is(json_object *object, const char *key, const char *text)
{
	return strcmp(text_of(object, key), text) == 0;
}

static bool is_so(json_object *object, const char *key)
{
	return json_object_get_boolean(json_object_object_get(object, key));
}

/* Targets that do not answer although the line is well without them: easily overlooked. */
static void write_dead_targets(FILE *out, json_object *uplink)
{
	json_object *probes = json_object_object_get(uplink, "probes");
	const char *separator = "; no good answer from ";

	for (size_t i = 0; probes && i < json_object_array_length(probes); i++) {
		json_object *probe = json_object_array_get_idx(probes, i);

		if (!is(probe, "health", "bad"))
			continue;
		fprintf(out, "%s%s", separator, text_of(probe, "target"));
		separator = ", ";
	}
}

static int tier_of(json_object *uplink)
{
	return json_object_get_int(json_object_object_get(uplink, "tier"));
}

/* The lowest tier of which a line is as good as can be; 0: of none. */
static int best_tier(json_object *uplinks)
{
	int best = 0;

	for (size_t i = 0; i < json_object_array_length(uplinks); i++) {
		json_object *uplink = json_object_array_get_idx(uplinks, i);

		if (is(uplink, "grade", "full") && !is_so(uplink, "resting") &&
		    (!best || tier_of(uplink) < best))
			best = tier_of(uplink);
	}
	return best;
}

static void write_remarks(FILE *out, json_object *uplink, int tier)
{
	double used = json_object_get_double(json_object_object_get(uplink, "quota_used"));

	fputs(text_of(uplink, "reason"), out);
	if (is_so(uplink, "suspicious"))
		fputs("; an answer is missing", out);
	else if (is(uplink, "health", "good") || is(uplink, "health", "poor"))
		write_dead_targets(out, uplink);
	if (is_so(uplink, "resting"))
		fputs("; outside its schedule", out);
	if (used >= 1)
		fputs("; quota used up", out);
	if (is_so(uplink, "held"))
		fprintf(out, "; held back until `uplinkctl failback %s`", text_of(uplink, "name"));
	if (is(uplink, "grade", "last"))
		fputs("; used for want of a better", out);
	if (is(uplink, "grade", "full") && !is_so(uplink, "resting") && tier &&
	    tier_of(uplink) > tier)
		fprintf(out, "; stands by for tier %d", tier);
}

static int add_remarks(json_object *uplink, int tier)
{
	_cleanup_free_ char *text = NULL;
	json_object *reason;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -ENOMEM;
	write_remarks(out, uplink, tier);
	if (fclose(out) == EOF)
		return -ENOMEM;
	reason = json_object_new_string(text);
	return reason && json_object_object_add(uplink, "reason", reason) == 0 ? 0 : -ENOMEM;
}

int remarks_add(json_object *uplinks)
{
	int tier = best_tier(uplinks), r = 0;

	for (size_t i = 0; r >= 0 && i < json_object_array_length(uplinks); i++)
		r = add_remarks(json_object_array_get_idx(uplinks, i), tier);
	return r;
}
