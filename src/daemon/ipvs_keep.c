/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The services made by ipvs are kept in RUNTIME_DIR/ipvs as the commands that make them. That a
 * weight has changed among thousands of services is a command more at the end; when those have
 * become many, and after every other change, the file is written anew. A last line without its end
 * was not written to its end, and does not count.
 */
#include "daemon/state.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	APPENDED_MAX = 64 * 1024 /* and a quarter of what was written whole */
};

static char *table_path(const struct daemon *d)
{
	char *path;

	return asprintf(&path, "%s/ipvs", d->runtime.directory) < 0 ? NULL : path;
}

static void cut_after_last_line(char *text)
{
	char *end = strrchr(text, '\n');

	*(end ? end + 1 : text) = '\0';
}

int ipvs_load(struct daemon *d)
{
	_cleanup_free_ char *path = table_path(d), *text = NULL;
	struct ipvs_refusal refusal = { 0 };
	int r = path ? file_read(path, &text) : -ENOMEM;

	ipvs_table_init(&d->ipvs);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return log_errno(LOG_ERR, r, "cannot read %s", path ? path : "ipvs");
	cut_after_last_line(text);
	r = ipvs_table_read(&d->ipvs, text, &refusal);
	if (r < 0)
		log_errno(LOG_WARNING, r, "%s: %s; what comes after is lost", path,
			  refusal.message);
	return r == -ENOMEM ? r : 0;
}

int ipvs_keep(struct daemon *d)
{
	_cleanup_free_ char *path = table_path(d), *text = NULL;
	int r = path ? ipvs_table_to_text(&d->ipvs, &text) : -ENOMEM;

	r = r < 0 ? r : file_replace(path, text);
	d->kept.appended = 0;
	d->kept.written = r < 0 ? 0 : strlen(text);
	return r;
}

static int command_line(const struct ipvs_command *command, char **ret)
{
	size_t size;
	FILE *out = open_memstream(ret, &size);

	if (!out)
		return -ENOMEM;
	ipvs_print(command, out);
	fputc('\n', out);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}

int ipvs_keep_change(struct daemon *d, const struct ipvs_command *command)
{
	_cleanup_free_ char *path = table_path(d), *line = NULL;
	int r = path ? command_line(command, &line) : -ENOMEM;

	if (r < 0)
		return r;
	d->kept.appended += strlen(line);
	if (!d->kept.written || d->kept.appended > APPENDED_MAX + d->kept.written / 4 ||
	    file_append(path, line) < 0)
		return ipvs_keep(d);
	return 0;
}
