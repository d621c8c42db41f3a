/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of the daemon's tree as texts for people: with units, in the largest that fits, and "-"
 * for what is null or empty.
 */
#include "ctl/cell.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

static void write_list(FILE *out, json_object *list)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		fprintf(out, "%s%s", i ? "," : "",
			json_object_get_string(json_object_array_get_idx(list, i)));
}

/* How long ago that was, in its largest unit. */
static void write_since(FILE *out, json_object *value)
{
	int64_t then_s = json_object_get_int64(value);
	int64_t now_s = (int64_t)(realtime_us() / 1000000);
	uint64_t age_s = now_s > then_s ? (uint64_t)(now_s - then_s) : 0;

	if (!then_s)
		fputc('-', out);
	else if (age_s < 60)
		fprintf(out, "%" PRIu64 "s", age_s);
	else if (age_s < 3600)
		fprintf(out, "%" PRIu64 "m", age_s / 60);
	else if (age_s < 86400)
		fprintf(out, "%" PRIu64 "h", age_s / 3600);
	else
		fprintf(out, "%" PRIu64 "d", age_s / 86400);
}

static void write_duration(FILE *out, json_object *value)
{
	uint64_t ms = json_object_get_uint64(value);

	fputs(ms ? duration_text(ms).text : "-", out);
}

static void write_seconds(FILE *out, json_object *value)
{
	uint64_t seconds = json_object_get_uint64(value);

	fputs(seconds ? duration_text(seconds * 1000).text : "-", out);
}

static void write_share(FILE *out, json_object *value)
{
	double percent = json_object_get_double(value) * 100;

	fprintf(out, percent > 0 && percent < 9.95 ? "%.1f%%" : "%.0f%%", percent);
}

/* "dsl0 12, dsl1 7, - 3": the last of them over no line. */
static void write_picks(FILE *out, json_object *list)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *picks = json_object_array_get_idx(list, i);
		const char *uplink =
			json_object_get_string(json_object_object_get(picks, "uplink"));

		fprintf(out, "%s%s %s", i ? ", " : "", *uplink ? uplink : "-",
			json_object_get_string(json_object_object_get(picks, "picks")));
	}
}

static bool is_empty(json_object *value)
{
	if (!value)
		return true;
	if (json_object_is_type(value, json_type_array))
		return json_object_array_length(value) == 0;
	if (json_object_is_type(value, json_type_object))
		return json_object_object_length(value) == 0;
	return json_object_is_type(value, json_type_string) &&
	       json_object_get_string_len(value) == 0;
}

/* With a fraction below ten of a unit, in steps of 1000. */
static void write_scaled(FILE *out, json_object *value, const char *const *units, size_t n)
{
	double scaled = json_object_get_double(value);
	size_t unit = 0;

	for (; scaled >= 1000 && unit + 1 < n; unit++)
		scaled /= 1000;
	fprintf(out, unit && scaled < 9.95 ? "%.1f%s" : "%.0f%s", scaled, units[unit]);
}

static void write_bits(FILE *out, json_object *value)
{
	static const char *const units[] = { "bit", "kbit", "mbit", "gbit" };

	write_scaled(out, value, units, ELEMENTS_OF(units));
}

static void write_bytes(FILE *out, json_object *value)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };

	write_scaled(out, value, units, ELEMENTS_OF(units));
}

/* "peer 192.0.2.1, mtu 1492": what is null, empty, zero or false says nothing. */
static void write_members(FILE *out, json_object *object)
{
	const char *separator = "";

	json_object_object_foreach(object, key, value)
	{
		if (is_empty(value) || !json_object_get_boolean(value))
			continue;
		fprintf(out, "%s%s", separator, key);
		if (!json_object_is_type(value, json_type_boolean))
			fprintf(out, " %s", json_object_get_string(value));
		separator = ", ";
	}
}

static void write_text(FILE *out, json_object *value)
{
	if (json_object_is_type(value, json_type_array))
		write_list(out, value);
	else
		fputs(json_object_get_string(value), out);
}

static void write_filled(FILE *out, json_object *value, enum column_kind kind)
{
	switch (kind) {
	case COLUMN_TEXT:
	case COLUMN_NUMBER:
	case COLUMN_STATE:
		write_text(out, value);
		break;
	case COLUMN_HEX:
		fprintf(out, "0x%" PRIx64, json_object_get_uint64(value));
		break;
	case COLUMN_SINCE:
		write_since(out, value);
		break;
	case COLUMN_DURATION:
		write_duration(out, value);
		break;
	case COLUMN_SECONDS:
		write_seconds(out, value);
		break;
	case COLUMN_MS:
		fprintf(out, "%.1fms", json_object_get_double(value));
		break;
	case COLUMN_SHARE:
		write_share(out, value);
		break;
	case COLUMN_BITS:
		write_bits(out, value);
		break;
	case COLUMN_BYTES:
		write_bytes(out, value);
		break;
	case COLUMN_PICKS:
		write_picks(out, value);
		break;
	case COLUMN_MEMBERS:
		write_members(out, value);
		break;
	}
}

char *cell_text(json_object *value, enum column_kind kind)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (is_empty(value))
		fputc('-', out);
	else
		write_filled(out, value, kind);
	return fclose(out) == EOF ? NULL : TAKE_PTR(text);
}
