/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives a fuzz target every file of its corpus, without a fuzzer, so that what was once found is
 * tried again in every build. The files are taken in order of their names.
 */
#include "base/cleanup.h"

#include <dirent.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void closefilep(FILE **file)
{
	if (*file)
		fclose(*file);
}

static void replay(const char *directory, const char *name)
{
	_cleanup_(closefilep) FILE *file = NULL;
	_cleanup_free_ uint8_t *data = NULL;
	_cleanup_free_ char *path = NULL;
	size_t size;
	long end;

	if (asprintf(&path, "%s/%s", directory, name) < 0)
		err(EXIT_FAILURE, "%s", name);
	file = fopen(path, "re");
	if (!file || fseek(file, 0, SEEK_END) < 0 || (end = ftell(file)) < 0)
		err(EXIT_FAILURE, "%s", path);
	rewind(file);
	/* Of exactly this size, so that the sanitizer sees a read beyond the end. */
	size = (size_t)end;
	data = malloc(size ? size : 1);
	if (!data || fread(data, 1, size, file) != size)
		err(EXIT_FAILURE, "%s", path);
	LLVMFuzzerTestOneInput(data, size);
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	int n;

	if (argc != 2)
		errx(EXIT_FAILURE, "usage: %s CORPUS", argv[0]);
	n = scandir(argv[1], &entries, is_input, alphasort);
	if (n < 0)
		err(EXIT_FAILURE, "%s", argv[1]);
	for (int i = 0; i < n; i++) {
		replay(argv[1], entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	printf("%d inputs\n", n);
	return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
