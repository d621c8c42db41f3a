/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runtime directory. Files are small texts, replaced whole and only when they change; a file
 * that is missing or damaged costs no more than a renumbering.
 */
#include "daemon/runtime.h"

#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const names[RUNTIME_FILE_MAX] = {
	[RUNTIME_LINES] = "lines",         [RUNTIME_SLOTS] = "slots",
	[RUNTIME_OVERRIDES] = "overrides", [RUNTIME_SYSCTLS] = "sysctls",
	[RUNTIME_DOWN] = "down",           [RUNTIME_MEMORIES] = "trust",
	[RUNTIME_DELEGATED] = "delegated",
};

static int sysctls_to_text(const struct runtime *runtime, char **ret)
{
	size_t size;
	FILE *out = open_memstream(ret, &size);

	if (!out)
		return -ENOMEM;
	array_foreach(&runtime->sysctls, sysctl)
		fprintf(out, "%s %s\n", sysctl->path, sysctl->value);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}

static int sysctls_from_text(struct runtime *runtime, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;

	if (!copy)
		return -ENOMEM;
	while ((line = strsep(&rest, "\n"))) {
		struct saved_sysctl sysctl = { 0 };

		/* The file names what will be written to: nothing outside net/ is ever ours. */
		if (sscanf(line, "%127s %15s", sysctl.path, sysctl.value) != 2 ||
		    strncmp(sysctl.path, "net/", 4) != 0 || strstr(sysctl.path, ".."))
			continue;
		if (array_push(&runtime->sysctls, sysctl) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int copy_text(const char *text, char **ret)
{
	char *copy = strdup(text ? text : "");

	if (!copy)
		return -ENOMEM;
	free(*ret);
	*ret = copy;
	return 0;
}

static int to_text(const struct runtime *runtime, enum runtime_file file, char **ret)
{
	switch (file) {
	case RUNTIME_LINES:
		return line_numbers_to_text(&runtime->numbers, ret);
	case RUNTIME_SLOTS:
		return slots_to_text(&runtime->slots, ret);
	case RUNTIME_OVERRIDES:
		return overrides_to_text(&runtime->overrides, ret);
	case RUNTIME_SYSCTLS:
		return sysctls_to_text(runtime, ret);
	case RUNTIME_DOWN:
		return copy_text(runtime->down, ret);
	case RUNTIME_MEMORIES:
		return line_memories_to_text(&runtime->memories, ret);
	case RUNTIME_DELEGATED:
		return delegations_to_text(&runtime->delegations, ret);
	case RUNTIME_FILE_MAX:
		break;
	}
	return -EINVAL;
}

static int from_text(struct runtime *runtime, enum runtime_file file, const char *text)
{
	switch (file) {
	case RUNTIME_LINES:
		return line_numbers_from_text(&runtime->numbers, text);
	case RUNTIME_SLOTS:
		return slots_from_text(&runtime->slots, text);
	case RUNTIME_OVERRIDES:
		return overrides_from_text(&runtime->overrides, text);
	case RUNTIME_SYSCTLS:
		return sysctls_from_text(runtime, text);
	case RUNTIME_DOWN:
		return copy_text(text, &runtime->down);
	case RUNTIME_MEMORIES:
		return line_memories_from_text(&runtime->memories, text);
	case RUNTIME_DELEGATED:
		return delegations_from_text(&runtime->delegations, text);
	case RUNTIME_FILE_MAX:
		break;
	}
	return -EINVAL;
}

static char *file_path(const struct runtime *runtime, enum runtime_file file)
{
	char *path;

	return asprintf(&path, "%s/%s", runtime->directory, names[file]) < 0 ? NULL : path;
}

static int load_file(struct runtime *runtime, enum runtime_file file)
{
	_cleanup_free_ char *path = file_path(runtime, file);
	_cleanup_free_ char *text = NULL;
	int r;

	if (!path)
		return log_oom();
	r = file_read(path, &text);
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = from_text(runtime, file, text);
	if (r < 0)
		return log_errno(LOG_ERR, r, "cannot read %s", path);
	runtime->written[file] = TAKE_PTR(text);
	return 0;
}

int runtime_load(struct runtime *runtime, const char *directory)
{
	int r;

	*runtime = (struct runtime){ .directory = directory };
	r = directory_create(directory, 0755);
	if (r < 0)
		return log_errno(LOG_ERR, r, "cannot create %s", directory);
	for (enum runtime_file file = 0; r == 0 && file < RUNTIME_FILE_MAX; file++)
		r = load_file(runtime, file);
	return r;
}

static int save_file(struct runtime *runtime, enum runtime_file file)
{
	_cleanup_free_ char *path = file_path(runtime, file);
	_cleanup_free_ char *text = NULL;
	int r = path ? to_text(runtime, file, &text) : -ENOMEM;

	if (r < 0)
		return log_oom();
	if (runtime->written[file] && strcmp(text, runtime->written[file]) == 0)
		return 0;
	r = file_replace(path, text);
	if (r < 0) {
		if (r != runtime->refused)
			log_errno(LOG_ERR, r, "cannot write %s, trying again with what comes",
				  path);
		return r;
	}
	free(runtime->written[file]);
	runtime->written[file] = TAKE_PTR(text);
	return 0;
}

int runtime_save(struct runtime *runtime)
{
	int first = 0;

	for (enum runtime_file file = 0; file < RUNTIME_FILE_MAX; file++) {
		int r = save_file(runtime, file);

		first = first ? first : r;
	}
	runtime->refused = first;
	return first;
}

static bool is_saved(const struct runtime *runtime, const char *path)
{
	array_foreach(&runtime->sysctls, sysctl)
		if (strcmp(sysctl->path, path) == 0)
			return true;
	return false;
}

int runtime_keep_sysctls(struct runtime *runtime, const struct plan *plan)
{
	array_foreach(&plan->steps, step) {
		const struct sysctl_object *found = step->found;
		struct saved_sysctl sysctl = { 0 };
		int r;

		if (step->kind != OBJECT_SYSCTL || is_saved(runtime, found->path))
			continue;
		snprintf(sysctl.path, sizeof(sysctl.path), "%s", found->path);
		snprintf(sysctl.value, sizeof(sysctl.value), "%s", found->value);
		r = array_push(&runtime->sysctls, sysctl);
		if (r < 0)
			return r;
	}
	return 0;
}

static int restore_sysctl(const struct saved_sysctl *sysctl)
{
	char path[160];
	int r;

	snprintf(path, sizeof(path), "/proc/sys/%s", sysctl->path);
	r = file_write(path, sysctl->value);
	/* The interface may be gone, and its parameters with it; or take no such packets any more.
	 */
	return r == -ENOENT || r == -EINVAL ? 0 : r;
}

int runtime_restore(struct runtime *runtime)
{
	int first = 0;

	/* In reverse: forwarding was switched on last. */
	for (size_t i = runtime->sysctls.n; i-- > 0;) {
		int r = restore_sysctl(&runtime->sysctls.v[i]);

		first = first ? first : r;
	}
	runtime->sysctls.n = 0;
	slots_done(&runtime->slots);
	return first;
}

bool runtime_is_down(const struct runtime *runtime, const char *service, const char *server)
{
	size_t name = strlen(service), length = strlen(server);

	for (const char *p = runtime->down; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : p)
		if (strncmp(p, service, name) == 0 && p[name] == ' ' &&
		    strncmp(p + name + 1, server, length) == 0 && p[name + 1 + length] == '\n')
			return true;
	return false;
}

void runtime_done(struct runtime *runtime)
{
	line_numbers_done(&runtime->numbers);
	slots_done(&runtime->slots);
	overrides_done(&runtime->overrides);
	array_done(&runtime->sysctls);
	free(runtime->down);
	line_memories_done(&runtime->memories);
	delegations_done(&runtime->delegations);
	for (enum runtime_file file = 0; file < RUNTIME_FILE_MAX; file++)
		free(runtime->written[file]);
}
