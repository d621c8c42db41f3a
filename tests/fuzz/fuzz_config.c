/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text either is refused with a message that names the file, or loads and prints as a text that
 * loads and prints as itself. What follows a NUL byte is the text of the dynamic services.
 */
#include "config/config.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* Below no directory, so that an @include with a relative path finds nothing. */
#define FUZZ_PATH "/dev/null/fuzz.conf"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_options(void);
const char *__lsan_default_suppressions(void);

const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

/* libconfig 1.5 forgets a string it has scanned when the text then turns out to be no grammar. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static char *print(const struct config *config,
		   void (*printer)(const struct config *config, FILE *out))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int r;

	assert(out);
	printer(config, out);
	r = fclose(out);
	assert(r == 0);
	return text;
}

static void check_refused(int error, const char *messages)
{
	assert(error == -EINVAL && messages);
	assert(strncmp(messages, FUZZ_PATH ":", strlen(FUZZ_PATH ":")) == 0 ||
	       strncmp(messages, CONFIG_MORE ":", strlen(CONFIG_MORE ":")) == 0);
	assert(messages[strlen(messages) - 1] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size), *errors = NULL;
	_cleanup_free_ char *more = NULL, *first = NULL, *second = NULL, *more_first = NULL,
			    *more_second = NULL;
	_cleanup_(config_freep) struct config *config = NULL, *again = NULL;
	size_t length;
	int r;

	assert(text);
	length = strlen(text);
	if (length < size)
		more = strndup((const char *)data + length + 1, size - length - 1);
	r = config_parse(FUZZ_PATH, text, more, &config, &errors);
	if (r < 0) {
		check_refused(r, errors);
		return 0;
	}
	first = print(config, config_print);
	more_first = print(config, config_print_dynamic);
	r = config_parse(FUZZ_PATH, first, more_first, &again, &errors);
	assert(r == 0);
	second = print(again, config_print);
	more_second = print(again, config_print_dynamic);
	assert(strcmp(first, second) == 0);
	assert(strcmp(more_first, more_second) == 0);
	return 0;
}
