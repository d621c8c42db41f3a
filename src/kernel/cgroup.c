/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding control groups. A unit may be anywhere that systemd puts units: in slices, and in the
 * managers of users; several users may each have one of the same name. A path is followed as far
 * as it exists. Every directory that is looked through is watched before it is read, so that what
 * appears in it meanwhile is either found or announced. A restarted unit has a new directory and
 * with it a new id.
 *
 * Where no cgroup2 is mounted there is nothing to find.
 */
#include "kernel/cgroup.h"

#include "base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

static void closedirp(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

static void endmntentp(FILE **mounts)
{
	if (*mounts)
		endmntent(*mounts);
}

int cgroups_init(struct cgroups *cgroups)
{
	cgroups->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	return cgroups->inotify < 0 && errno != EMFILE ? -errno : 0;
}

static void forget_names(struct cgroups *cgroups)
{
	array_foreach(&cgroups->names, name)
		free(*name);
	array_done(&cgroups->names);
}

void cgroups_done(struct cgroups *cgroups)
{
	forget_names(cgroups);
	closep(&cgroups->inotify);
}

int cgroups_watch(struct cgroups *cgroups, const char *const *names, size_t n)
{
	forget_names(cgroups);
	for (size_t i = 0; i < n; i++) {
		char *name = strdup(names[i]);
		int r = name ? array_push(&cgroups->names, name) : -ENOMEM;

		if (r != 0) {
			free(name);
			return r;
		}
	}
	return 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length > end_length && strcmp(text + length - end_length, end) == 0;
}

static bool is_unit(const char *name)
{
	static const char *const suffixes[] = { ".service", ".slice", ".scope",
						".socket",  ".mount", ".swap" };
	bool unit = false;

	for (size_t i = 0; i < ELEMENTS_OF(suffixes); i++)
		unit = unit || ends_with(name, suffixes[i]);
	return unit && !strchr(name, '/');
}

/* Directories in which systemd puts other units. */
static bool holds_units(const char *name)
{
	return ends_with(name, ".slice") ||
	       (strncmp(name, "user@", 5) == 0 && ends_with(name, ".service"));
}

/* The mount point of cgroup2, of PATH_MAX bytes. False: there is none. */
static bool find_root(char *ret)
{
	_cleanup_(endmntentp) FILE *mounts = setmntent("/proc/self/mounts", "re");
	char line[2 * PATH_MAX];
	struct mntent mount;

	while (mounts && getmntent_r(mounts, &mount, line, sizeof(line)))
		if (strcmp(mount.mnt_type, "cgroup2") == 0)
			return snprintf(ret, PATH_MAX, "%s", mount.mnt_dir) < PATH_MAX;
	return false;
}

/* A search for one name. */
struct search {
	struct cgroups *cgroups;
	struct facts *facts;
	const char *name;
	char path[PATH_MAX]; /* where it is now; what follows the root's length is the cgroup's */
	size_t root;
	int unwatched; /* why something is not, or 0 */
};

/* Appends "/name" to the path; the former length, or 0 when there is no room for it here or in the
 * facts. */
static size_t descend(struct search *search, const char *name, size_t length)
{
	size_t before = strlen(search->path);

	if (before + 1 + length >= sizeof(search->path) ||
	    before - search->root + length >= sizeof(((struct cgroup *)0)->path))
		return 0;
	search->path[before] = '/';
	memcpy(search->path + before + 1, name, length);
	search->path[before + 1 + length] = '\0';
	return before;
}

/* What cannot be watched can still be looked through. */
static void watch_here(struct search *search)
{
	const uint32_t mask = IN_CREATE | IN_DELETE | IN_MOVE | IN_ONLYDIR;

	if (search->cgroups->inotify < 0)
		search->unwatched = -EMFILE;
	else if (inotify_add_watch(search->cgroups->inotify, search->path, mask) < 0 &&
		 errno != ENOENT && errno != ENOTDIR)
		search->unwatched = -errno;
}

static unsigned count_parts(const char *path)
{
	unsigned parts = 1;

	for (; *path; path++)
		parts += *path == '/';
	return parts;
}

static int found_here(struct search *search)
{
	const char *path = search->path + search->root + 1;
	struct cgroup cgroup = { .level = count_parts(path) };
	struct stat status;

	if (stat(search->path, &status) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (!S_ISDIR(status.st_mode))
		return 0;
	cgroup.id = status.st_ino;
	if (snprintf(cgroup.name, sizeof(cgroup.name), "%s", search->name) >=
		    (int)sizeof(cgroup.name) ||
	    snprintf(cgroup.path, sizeof(cgroup.path), "%s", path) >= (int)sizeof(cgroup.path))
		return -ENAMETOOLONG;
	return array_push(&search->facts->cgroups, cgroup);
}

static int search_units(struct search *search);

/* A directory found during the search: the unit itself, or one that may hold it, or both. */
static int search_entry(struct search *search, const char *name)
{
	bool found = strcmp(name, search->name) == 0, holds = holds_units(name);
	size_t before;
	int r = 0;

	if (!found && !holds)
		return 0;
	before = descend(search, name, strlen(name));
	/* Users make groups below their managers' as deep as they like; that is no failure. */
	if (before == 0)
		return 0;
	if (found)
		r = found_here(search);
	if (r == 0 && holds)
		r = search_units(search);
	search->path[before] = '\0';
	return r;
}

static int search_units(struct search *search)
{
	_cleanup_(closedirp) DIR *directory = NULL;
	int r = 0;

	watch_here(search);
	directory = opendir(search->path);
	if (!directory)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	while (r == 0) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(directory);
		if (!entry)
			return errno == ENOENT ? 0 : -errno;
		r = search_entry(search, entry->d_name);
	}
	return r;
}

static int search_path(struct search *search)
{
	const char *part = search->name;

	while (*part) {
		size_t length = strcspn(part, "/");

		watch_here(search);
		if (length && descend(search, part, length) == 0)
			return -ENAMETOOLONG;
		part += length + (part[length] == '/');
	}
	return found_here(search);
}

int cgroups_observe(struct cgroups *cgroups, struct facts *facts)
{
	struct search search = { .cgroups = cgroups, .facts = facts };
	int r = 0;

	facts->cgroups.n = 0;
	if (cgroups->names.n == 0 || !find_root(search.path))
		return 0;
	search.root = strlen(search.path);
	array_foreach(&cgroups->names, name) {
		search.name = *name;
		search.path[search.root] = '\0';
		r = is_unit(*name) ? search_units(&search) : search_path(&search);
		if (r < 0)
			break;
	}
	return r < 0 ? r : search.unwatched;
}

static bool is_part_of(const char *part, const char *path)
{
	size_t length;

	for (; *path; path += length + (path[length] == '/')) {
		length = strcspn(path, "/");
		if (strlen(part) == length && memcmp(part, path, length) == 0)
			return true;
	}
	return false;
}

/* Other people's services come and go in the same directories. */
static bool matters(const struct cgroups *cgroups, const struct inotify_event *event)
{
	if (event->mask & IN_Q_OVERFLOW)
		return true;
	if (event->len == 0)
		return false;
	if (holds_units(event->name))
		return cgroups->names.n > 0;
	array_foreach(&cgroups->names, name)
		if (is_part_of(event->name, *name))
			return true;
	return false;
}

int cgroups_read_events(struct cgroups *cgroups, bool *ret_changed)
{
	_Alignas(struct inotify_event) char buffer[4096];
	bool changed = false;

	for (;;) {
		ssize_t size = read(cgroups->inotify, buffer, sizeof(buffer));

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0 && errno != EAGAIN)
			return -errno;
		if (size <= 0)
			break;
		for (const char *next = buffer; next < buffer + size;) {
			const struct inotify_event *event = (const void *)next;

			changed = changed || matters(cgroups, event);
			next += sizeof(*event) + event->len;
		}
	}
	*ret_changed = changed;
	return 0;
}
