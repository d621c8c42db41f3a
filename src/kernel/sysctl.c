/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel parameters as files. A path is used as it stands: an interface's name is one component
 * of it, whatever dots the name has. What does not exist (its interface has gone, or the kernel
 * has no IPv6) needs no value.
 */
#include "kernel/sysctl.h"

#include "base/file.h"

#include <errno.h>
#include <linux/limits.h>
#include <stdio.h>
#include <string.h>

static int full_path(const char *path, char ret[static PATH_MAX])
{
	return snprintf(ret, PATH_MAX, "/proc/sys/%s", path) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int sysctl_read(const char *path, char **ret)
{
	char full[PATH_MAX];
	int r = full_path(path, full);

	r = r < 0 ? r : file_read(full, ret);
	if (r == 0)
		(*ret)[strcspn(*ret, "\n")] = '\0';
	return r;
}

long sysctl_number(const char *path)
{
	_cleanup_free_ char *text = NULL;

	return sysctl_read(path, &text) < 0 ? 0 : strtol(text, NULL, 10);
}

int sysctl_observe(const struct objects *wanted, struct objects *found)
{
	found->sysctls.n = 0;
	array_foreach(&wanted->sysctls, sysctl) {
		_cleanup_free_ char *text = NULL;
		struct sysctl_object present = { .path = sysctl->path };
		int r = sysctl_read(sysctl->path, &text);

		if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		snprintf(present.value, sizeof(present.value), "%s", text);
		r = array_push(&found->sysctls, present);
		if (r < 0)
			return r;
	}
	return 0;
}

int sysctl_apply(const struct sysctl_object *sysctl)
{
	char full[PATH_MAX];
	int r = full_path(sysctl->path, full);

	r = r < 0 ? r : file_write(full, sysctl->value);
	return r == -ENOENT ? 0 : r;
}
