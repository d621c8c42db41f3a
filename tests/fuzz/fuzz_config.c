/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text either is refused with a message that names the file, or loads and prints as a text that
 * loads and prints as itself.
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

static char *print(const struct config *config)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int r;

	assert(out);
	config_print(config, out);
	r = fclose(out);
	assert(r == 0);
	return text;
}

static void check_refused(int error, const char *messages)
{
	assert(error == -EINVAL && messages);
	assert(strncmp(messages, FUZZ_PATH ":", strlen(FUZZ_PATH ":")) == 0);
	assert(messages[strlen(messages) - 1] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size), *errors = NULL;
	_cleanup_free_ char *first = NULL, *second = NULL;
	_cleanup_(config_freep) struct config *config = NULL, *again = NULL;
	int r;

	assert(text);
	r = config_parse(FUZZ_PATH, text, &config, &errors);
	if (r < 0) {
		check_refused(r, errors);
		return 0;
	}
	first = print(config);
	r = config_parse(FUZZ_PATH, first, &again, &errors);
	assert(r == 0);
	second = print(again);
	assert(strcmp(first, second) == 0);
	return 0;
}
