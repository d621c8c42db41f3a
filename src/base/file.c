/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files read and written whole: the runtime directory's state and the kernel's /proc knobs.
 */
#include "base/file.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	FILE_MAX = 16 * 1024 * 1024
};

int file_read(const char *path, char **ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t used = 0, room = 0;

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t n;

		if (used + 1 >= room) {
			char *grown = realloc(text, room ? room * 2 : 4096);

			if (!grown)
				return -ENOMEM;
			text = grown;
			room = room ? room * 2 : 4096;
			if (room > FILE_MAX)
				return -EFBIG;
		}
		n = read(fd, text + used, room - used - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	text[used] = '\0';
	*ret = TAKE_PTR(text);
	return 0;
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		left -= (size_t)n;
	}
	return 0;
}

int file_write(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : write_all(fd, text);
}

int file_append(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	return fd < 0 ? -errno : write_all(fd, text);
}

static int replace(const char *path, const char *text, mode_t mode)
{
	_cleanup_free_ char *next = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	if (asprintf(&next, "%s.new", path) < 0) {
		next = NULL;
		return -ENOMEM;
	}
	fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text);
	if (r >= 0 && fchmod(fd, mode) < 0)
		r = -errno;
	if (r < 0 || rename(next, path) < 0) {
		r = r < 0 ? r : -errno;
		unlink(next);
		return r;
	}
	return 0;
}

int file_replace(const char *path, const char *text)
{
	return replace(path, text, 0600);
}

int file_publish(const char *path, const char *text)
{
	return replace(path, text, 0644);
}

int directory_create(const char *path, unsigned mode)
{
	_cleanup_free_ char *part = strdup(path);

	if (!part)
		return -ENOMEM;
	for (char *p = part + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(part, mode) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return mkdir(part, mode) < 0 && errno != EEXIST ? -errno : 0;
}

int standard_fds_hold(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
			return -errno;
	return 0;
}
