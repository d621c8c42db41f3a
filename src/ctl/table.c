/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one place that lays out columns. All cells are made first, since the widest decides. On a
 * terminal the last column is folded to its width; what another program reads has a row a line.
 */
#include "ctl/table.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

enum {
	GAP = 2,
	FOLD_LEAST = 40 /* in less room folding makes things worse */
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

static int cells_make(struct cells *cells, json_object *rows, const struct column *columns)
{
	cells->v = calloc(cells->rows * cells->columns, sizeof(*cells->v));
	if (!cells->v)
		return -ENOMEM;
	for (size_t i = 0; i < cells->rows * cells->columns; i++) {
		json_object *row = json_object_array_get_idx(rows, i / cells->columns), *value;
		const struct column *column = &columns[i % cells->columns];
		bool known = json_object_object_get_ex(row, column->key, &value);

		cells->v[i] = known ? cell_text(value, column->kind) : strdup("");
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
		{ "up", "\033[32m" },       { "good", "\033[32m" },    { "degraded", "\033[33m" },
		{ "probing", "\033[33m" },  { "drained", "\033[33m" }, { "overloaded", "\033[33m" },
		{ "disabled", "\033[33m" }, { "poor", "\033[33m" },    { "unsent", "\033[33m" },
		{ "down", "\033[31m" },     { "absent", "\033[31m" },  { "unusable", "\033[31m" },
		{ "bad", "\033[31m" },
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

/* Of the terminal; 0 where there is none. */
static size_t terminal_width(void)
{
	struct winsize size;

	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col
										     : 0;
}

/* Up to the next blank; a command in backquotes, which somebody may want to copy, is one word. */
static size_t word_length(const char *text)
{
	const char *quote = *text == '`' ? strchr(text + 1, '`') : NULL;

	return quote ? (size_t)(quote + 1 - text) : strcspn(text, " ");
}

/* Behind the last word that fits, or behind the first if none does. */
static const char *fold_at(const char *text, size_t room)
{
	const char *end = text + word_length(text), *next = end;

	while (*next && (size_t)(next - text) <= room) {
		end = next;
		next += strspn(next, " ");
		next += word_length(next);
	}
	return end;
}

/* What begins at `column` goes on there in the next line. */
static void print_folded(const char *text, size_t column, size_t terminal)
{
	size_t room = terminal > column ? terminal - column : 0;

	while (room >= FOLD_LEAST && width_of(text) > room) {
		const char *end = fold_at(text, room);

		if (!*end)
			break;
		printf("%.*s\n%*s", (int)(end - text), text, (int)column, "");
		text = end + strspn(end, " ");
	}
	fputs(text, stdout);
}

/* One cell with its padding; the gap before it is written only once there is something to part. */
static void print_cell(const char *text, const struct column *column, size_t width, size_t *pending,
		       bool colour)
{
	const char *paint = colour && column->kind == COLUMN_STATE ? state_colour(text) : NULL;
	bool right = column->kind == COLUMN_NUMBER || column->kind == COLUMN_HEX ||
		     column->kind == COLUMN_MS || column->kind == COLUMN_SHARE ||
		     column->kind == COLUMN_BITS || column->kind == COLUMN_BYTES;
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

/* The last cell of a row: where there is too little room, it has the next line for itself. */
static void print_last(const char *text, size_t pending, size_t start, size_t indent)
{
	size_t terminal = terminal_width(), width = width_of(text);
	size_t room = terminal > start ? terminal - start : 0;

	if (terminal && width > room && room < FOLD_LEAST) {
		printf("\n%*s", (int)indent, "");
		start = indent;
	} else {
		printf("%*s", (int)pending, "");
	}
	print_folded(text, start, terminal);
}

static void print_row(char *const *cells, const struct column *columns, const size_t *widths,
		      size_t n, bool colour)
{
	bool folds = columns[n - 1].kind == COLUMN_TEXT;
	size_t pending = 0, start = 0;

	for (size_t i = 0; i + folds < n; i++) {
		print_cell(cells[i], &columns[i], widths[i], &pending, colour);
		start += widths[i] ? widths[i] + GAP : 0;
	}
	if (folds && widths[n - 1] && *cells[n - 1])
		print_last(cells[n - 1], pending, start, widths[0] + GAP);
	putchar('\n');
}

int table_print(json_object *rows, const struct column *columns, size_t n)
{
	_cleanup_(cells_done) struct cells cells = {
		.rows = json_object_array_length(rows),
		.columns = n,
	};
	_cleanup_free_ size_t *widths = calloc(n, sizeof(*widths));
	size_t pending = 0;

	if (!widths || (cells.rows && cells_make(&cells, rows, columns) < 0))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		widths[i] = column_width(&cells, &columns[i], i);
		print_cell(columns[i].title, &columns[i], widths[i], &pending, false);
	}
	putchar('\n');
	for (size_t row = 0; row < cells.rows; row++)
		print_row(cells.v + row * n, columns, widths, n, wants_colour());
	return 0;
}

static int print_line(const char *title, json_object *value, const struct column *column,
		      size_t start)
{
	_cleanup_free_ char *text = cell_text(value, column->kind);
	const char *paint;

	if (!text)
		return -ENOMEM;
	if (column->optional && strcmp(text, "-") == 0)
		return 0;
	paint = column->kind == COLUMN_STATE && wants_colour() ? state_colour(text) : NULL;
	printf("%-*s%s", (int)start, title, paint ? paint : "");
	print_folded(text, start, terminal_width());
	puts(paint ? "\033[0m" : "");
	return 0;
}

int table_print_sheet(json_object *object, const struct column *columns, size_t n)
{
	size_t start = 0;
	int r = 0;

	for (size_t i = 0; i < n; i++)
		if (strlen(columns[i].title) + GAP > start)
			start = strlen(columns[i].title) + GAP;
	for (size_t i = 0; r >= 0 && i < n; i++) {
		json_object *value = json_object_object_get(object, columns[i].key);
		bool list = columns[i].kind == COLUMN_TEXT &&
			    json_object_is_type(value, json_type_array);
		size_t lines = list ? json_object_array_length(value) : 0;

		if (lines == 0)
			r = print_line(columns[i].title, value, &columns[i], start);
		for (size_t k = 0; r >= 0 && k < lines; k++)
			r = print_line(k ? "" : columns[i].title,
				       json_object_array_get_idx(value, k), &columns[i], start);
	}
	return r;
}
