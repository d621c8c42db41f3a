/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prepares the text of a configuration for libconfig, whose scanner is not fit for a daemon's
 * files: it ends the process when @include names a directory, cuts integers down to 32 bits, takes
 * a comment that is never closed for the end of the file, and knows included files only relative to
 * one directory. So includes are spliced in here, comments are dropped, and every integer is given
 * the suffix that makes it 64 bits wide. Nothing else of the language is touched, and lines are
 * kept, so that libconfig's line numbers can be traced back to file and line.
 *
 * The tricky bit: libconfig gives a string in an array the line of the token after it. Newlines
 * between a string and the punctuation that follows are therefore held back until after that.
 */
#include "config/source.h"

#include "config/report.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	INCLUDE_DEPTH_MAX = 10,
	SOURCE_SIZE_MAX = 16 * 1024 * 1024
};

struct scanner {
	struct source *source;
	struct report *report;
	FILE *out;
	unsigned line;     /* of the flat text */
	unsigned depth;    /* of includes */
	bool after_string; /* and nothing but space since */
	unsigned held;     /* newlines not written yet */
	size_t written;    /* bytes, but for those of comments */
};

static void write_held(struct scanner *scanner)
{
	for (; scanner->held; scanner->held--)
		fputc_unlocked('\n', scanner->out);
	scanner->after_string = false;
}

static void write_text(struct scanner *scanner, const char *text, size_t size)
{
	bool closes = size == 1 && strchr(",;])}", *text);

	if (!closes)
		write_held(scanner);
	fwrite_unlocked(text, 1, size, scanner->out);
	scanner->written += size;
	write_held(scanner);
}

static void write_newline(struct scanner *scanner)
{
	scanner->line++;
	scanner->written++;
	if (scanner->after_string)
		scanner->held++;
	else
		fputc_unlocked('\n', scanner->out);
}

static const char *scan_string(struct scanner *scanner, const char *p)
{
	const char *start = p++;

	for (; *p && *p != '"' && *p != '\n'; p++)
		if (*p == '\\' && (p[1] == '\\' || p[1] == '"'))
			p++;
	if (*p != '"') {
		report_add(scanner->report, scanner->line, "a string is not closed on this line");
		return p;
	}
	p++;
	write_text(scanner, start, (size_t)(p - start));
	scanner->after_string = true;
	return p;
}

static const char *scan_comment(struct scanner *scanner, const char *p)
{
	unsigned line = scanner->line;

	for (p += 2; *p && !(p[0] == '*' && p[1] == '/'); p++)
		if (*p == '\n')
			write_newline(scanner);
	if (!*p) {
		report_add(scanner->report, line, "this comment is never closed");
		return p;
	}
	fputc_unlocked(' ', scanner->out);
	return p + 2;
}

/* Where a fraction or an exponent ends; `p` itself if there is none. */
static const char *skip_fraction(const char *p)
{
	const char *exponent;

	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++)
			;
	if (*p != 'e' && *p != 'E')
		return p;
	exponent = p + 1;
	exponent += *exponent == '-' || *exponent == '+';
	if (!isdigit((unsigned char)*exponent))
		return p;
	for (p = exponent; isdigit((unsigned char)*p); p++)
		;
	return p;
}

/* A number that no key allows anyway is cut off at 18 digits, which fit into 64 bits. */
static const char *scan_number(struct scanner *scanner, const char *p)
{
	bool hex = p[0] == '0' && (p[1] == 'x' || p[1] == 'X') && isxdigit((unsigned char)p[2]);
	const char *start = p, *digits, *end;

	for (p += hex ? 2 : 0; *p == '0'; p++)
		;
	for (digits = p; hex ? isxdigit((unsigned char)*p) : isdigit((unsigned char)*p); p++)
		;
	end = hex ? p : skip_fraction(p);
	if (end > p) {
		write_text(scanner, start, (size_t)(end - start));
	} else if (p - digits > (hex ? 15 : 18)) {
		write_text(scanner, "999999999999999999L", 19);
	} else {
		write_text(scanner, start, (size_t)(p - start));
		write_text(scanner, "L", 1);
	}
	for (int i = 0; i < 2 && *end == 'L'; i++)
		end++;
	return end;
}

static const char *scan_name(struct scanner *scanner, const char *p)
{
	const char *start = p;

	while (isalnum((unsigned char)*p) || (*p && strchr("-_*", *p)))
		p++;
	write_text(scanner, start, (size_t)(p - start));
	return p;
}

static int begin_segment(struct scanner *scanner, const char *file, unsigned line)
{
	struct source_segment segment = { scanner->line, { file, line } };

	return array_push(&scanner->source->segments, segment);
}

static int scan(struct scanner *scanner, const char *text);

static int load_included(const char *path, char **ret)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? source_load(path, ret) : -ENOTSUP;
}

/* The included text in place of the directive, on lines of its own. */
static int splice(struct scanner *scanner, const char *path, const char *text)
{
	struct source_place here = source_place(scanner->source, scanner->line);
	int r;

	write_held(scanner);
	write_newline(scanner);
	r = begin_segment(scanner, path, 1);
	scanner->depth++;
	if (r == 0)
		r = scan(scanner, text);
	scanner->depth--;
	write_newline(scanner);
	return r < 0 ? r : begin_segment(scanner, here.file, here.line);
}

static int include(struct scanner *scanner, const char *name)
{
	const char *file = source_place(scanner->source, scanner->line).file;
	const char *slash = *name == '/' ? NULL : strrchr(file, '/');
	_cleanup_free_ char *text = NULL;
	const char *path;
	int r;

	path = arena_printf(&scanner->source->arena, "%.*s%s", slash ? (int)(slash + 1 - file) : 0,
			    file, name);
	if (!path)
		return -ENOMEM;
	if (scanner->depth == INCLUDE_DEPTH_MAX) {
		report_add(scanner->report, scanner->line,
			   "@include: files include each other more than %u deep",
			   INCLUDE_DEPTH_MAX);
		return 0;
	}
	r = load_included(path, &text);
	if (r == 0)
		return splice(scanner, path, text);
	if (r == -ENOMEM)
		return r;
	report_add(scanner->report, scanner->line, "@include: cannot read %s: %s", path,
		   source_error_text(r));
	return 0;
}

/* At the "@". Escapes are those of libconfig: a backslash before a quote or another backslash. */
static int scan_include(struct scanner *scanner, const char **at, bool line_start)
{
	const char *p = *at, *word = "@include";
	_cleanup_free_ char *name = NULL;
	size_t n = 0;

	if (line_start && strncmp(p, word, strlen(word)) == 0)
		for (p += strlen(word); *p == ' ' || *p == '\t'; p++)
			;
	name = calloc(1, strcspn(p, "\n") + 1);
	if (!name)
		return -ENOMEM;
	if (*p == '"')
		for (p++; *p && *p != '"' && *p != '\n'; p++) {
			p += p[0] == '\\' && (p[1] == '\\' || p[1] == '"');
			name[n++] = *p;
		}
	if (*p != '"' || !n) {
		report_add(scanner->report, scanner->line,
			   "\"@\" is only allowed as @include \"FILE\" at the beginning of a line");
		*at += strcspn(*at, "\n");
		return 0;
	}
	*at = p + 1;
	return include(scanner, name);
}

static bool begins_number(const char *p)
{
	return isdigit((unsigned char)p[0]) || (p[0] == '.' && isdigit((unsigned char)p[1]));
}

/* One token from `*at` on; *at moves behind it. */
static int scan_token(struct scanner *scanner, const char **at, bool line_start)
{
	const char *p = *at;

	if (*p == '@')
		return scan_include(scanner, at, line_start);
	if (*p == '#' || (p[0] == '/' && p[1] == '/')) {
		p += strcspn(p, "\n");
	} else if (p[0] == '/' && p[1] == '*') {
		p = scan_comment(scanner, p);
	} else if (*p == '"') {
		p = scan_string(scanner, p);
	} else if (begins_number(p)) {
		p = scan_number(scanner, p);
	} else if (isalpha((unsigned char)*p) || *p == '*') {
		p = scan_name(scanner, p);
	} else {
		write_text(scanner, p, 1);
		p++;
	}
	*at = p;
	return 0;
}

static int scan(struct scanner *scanner, const char *text)
{
	bool line_start = true;
	int r = 0;

	while (*text && r == 0) {
		if (scanner->written > SOURCE_SIZE_MAX) {
			report_add(scanner->report, scanner->line,
				   "the configuration is larger than %u MiB",
				   SOURCE_SIZE_MAX >> 20);
			return 0;
		}
		if (*text == '\n') {
			write_newline(scanner);
			line_start = true;
			text++;
		} else if (isspace((unsigned char)*text)) {
			if (!scanner->after_string)
				fputc_unlocked(' ', scanner->out);
			scanner->written++;
			text++;
		} else {
			r = scan_token(scanner, &text, line_start);
			line_start = false;
		}
	}
	return r;
}

int source_read(struct source *source, const char *path, const char *text, struct report *report,
		char **ret)
{
	struct scanner scanner = { .source = source, .report = report, .line = source->lines + 1 };
	_cleanup_free_ char *flat = NULL;
	size_t size;
	int r;

	scanner.out = open_memstream(&flat, &size);
	if (!scanner.out)
		return -ENOMEM;
	for (unsigned i = 0; i < source->lines; i++)
		fputc_unlocked('\n', scanner.out);
	r = begin_segment(&scanner, path, 1);
	if (r == 0)
		r = scan(&scanner, text);
	write_held(&scanner);
	if (ferror(scanner.out) && r == 0)
		r = -ENOMEM;
	if (fclose(scanner.out) != 0 && r == 0)
		r = -ENOMEM;
	source->lines = scanner.line;
	if (r == 0)
		*ret = TAKE_PTR(flat);
	return r;
}

void source_done(struct source *source)
{
	array_done(&source->segments);
	arena_done(&source->arena);
}

struct source_place source_place(const struct source *source, unsigned line)
{
	size_t i = source->segments.n - 1;

	while (i && source->segments.v[i].first > line)
		i--;
	return (struct source_place){
		.file = source->segments.v[i].place.file,
		.line = source->segments.v[i].place.line + (line - source->segments.v[i].first),
	};
}

const char *source_error_text(int error)
{
	if (error == -EILSEQ)
		return "it holds a NUL byte";
	return error == -ENOTSUP ? "it is not a regular file" : strerror(-error);
}

int source_load(const char *path, char **ret)
{
	_cleanup_free_ char *text = NULL;
	FILE *file = fopen(path, "re");
	ssize_t n;
	size_t room = 0;
	int r = 0;

	if (!file)
		return -errno;
	errno = 0;
	n = getdelim(&text, &room, '\0', file);
	if (ferror(file) || (n < 0 && !feof(file)))
		r = errno ? -errno : -EIO;
	else if (n > 0 && text[n - 1] == '\0')
		r = -EILSEQ;
	fclose(file);
	if (r < 0)
		return r;
	if (n < 0) {
		free(text);
		text = calloc(1, 1);
	}
	if (!text)
		return -ENOMEM;
	*ret = TAKE_PTR(text);
	return 0;
}
