/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one place that lays out columns. All cells are made first, since the widest decides.
 */
#include "ctl/table.h"

#include "base/cleanup.h"
#include "base/time.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
	GAP = 2
};

struct cells {
	char **v; /* row by row */
	size_t rows, columns;
};

static void cells_done(struct cells *cells)
{
	for (size_t i = 0; cells->v && i < cells->rows * cells->columns; i++)
		free(cells->v[i]);
	free(cells->v);
}

/* Characters, not bytes: continuation bytes of UTF-8 take no room. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

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
	return json_object_is_type(value, json_type_string) &&
	       json_object_get_string_len(value) == 0;
}

static void write_cell(FILE *out, json_object *value, enum column_kind kind)
{
	if (is_empty(value))
		fputc('-', out);
	else if (kind == COLUMN_HEX)
		fprintf(out, "0x%" PRIx64, json_object_get_uint64(value));
	else if (kind == COLUMN_SINCE)
		write_since(out, value);
	else if (kind == COLUMN_DURATION)
		write_duration(out, value);
	else if (kind == COLUMN_PICKS)
		write_picks(out, value);
	else if (kind == COLUMN_SECONDS)
		write_seconds(out, value);
	else if (kind == COLUMN_MS)
		fprintf(out, "%.1fms", json_object_get_double(value));
	else if (kind == COLUMN_SHARE)
		write_share(out, value);
	else if (json_object_is_type(value, json_type_array))
		write_list(out, value);
	else
		fputs(json_object_get_string(value), out);
}

/* A new string, or NULL without memory. */
static char *cell_text(json_object *row, const struct column *column)
{
	_cleanup_free_ char *text = NULL;
	json_object *value;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (json_object_object_get_ex(row, column->key, &value))
		write_cell(out, value, column->kind);
	if (fclose(out) == EOF)
		return NULL;
	return TAKE_PTR(text);
}

static int cells_make(struct cells *cells, json_object *rows, const struct column *columns)
{
	cells->v = calloc(cells->rows * cells->columns, sizeof(*cells->v));
	if (!cells->v)
		return -ENOMEM;
	for (size_t i = 0; i < cells->rows * cells->columns; i++) {
		json_object *row = json_object_array_get_idx(rows, i / cells->columns);

		cells->v[i] = cell_text(row, &columns[i % cells->columns]);
		if (!cells->v[i])
			return -ENOMEM;
	}
	return 0;
}

static bool is_filled(const struct cells *cells, size_t column)
{
	for (size_t row = 0; row < cells->rows; row++) {
		const char *cell = cells->v[row * cells->columns + column];

		if (*cell && strcmp(cell, "-") != 0)
			return true;
	}
	return false;
}

/* 0: the column is left out. */
static size_t column_width(const struct cells *cells, const struct column *spec, size_t column)
{
	size_t width = width_of(spec->title);

	if (spec->optional && !is_filled(cells, column))
		return 0;

	for (size_t row = 0; row < cells->rows; row++) {
		size_t cell = width_of(cells->v[row * cells->columns + column]);

		if (cell > width)
			width = cell;
	}
	return width;
}

static const char *state_colour(const char *state)
{
	static const struct {
		const char *state, *colour;
	} colours[] = {
		{ "up", "\033[32m" },      { "degraded", "\033[33m" }, { "probing", "\033[33m" },
		{ "drained", "\033[33m" }, { "disabled", "\033[33m" }, { "down", "\033[31m" },
		{ "absent", "\033[31m" },
	};

	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
		if (strcmp(colours[i].state, state) == 0)
			return colours[i].colour;
	return NULL;
}

static bool wants_colour(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
	       !(term && strcmp(term, "dumb") == 0);
}

/* One cell with its padding; the gap before it is written only once there is something to part. */
static void print_cell(const char *text, const struct column *column, size_t width, size_t *pending,
		       bool colour)
{
	const char *paint = colour && column->kind == COLUMN_STATE ? state_colour(text) : NULL;
	bool right = column->kind == COLUMN_NUMBER || column->kind == COLUMN_HEX ||
		     column->kind == COLUMN_MS || column->kind == COLUMN_SHARE;
	size_t padding = width - width_of(text);

	if (!width)
		return;
	if (!*text) {
		*pending += width + GAP;
		return;
	}
	printf("%*s%s%s%s", (int)(*pending + (right ? padding : 0)), "", paint ? paint : "", text,
	       paint ? "\033[0m" : "");
	*pending = GAP + (right ? 0 : padding);
}

int table_print(json_object *rows, const struct column *columns, size_t n)
{
	_cleanup_(cells_done) struct cells cells = {
		.rows = json_object_array_length(rows),
		.columns = n,
	};
	_cleanup_free_ size_t *widths = calloc(n, sizeof(*widths));
	bool colour = wants_colour();
	size_t pending = 0;

	if (!widths || (cells.rows && cells_make(&cells, rows, columns) < 0))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		widths[i] = column_width(&cells, &columns[i], i);
		print_cell(columns[i].title, &columns[i], widths[i], &pending, false);
	}
	putchar('\n');
	for (size_t row = 0; row < cells.rows; row++) {
		pending = 0;
		for (size_t i = 0; i < n; i++)
			print_cell(cells.v[row * n + i], &columns[i], widths[i], &pending, colour);
		putchar('\n');
	}
	return 0;
}
