/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands for pppd's plugin, and for the process it is in: every line that is read from a FIFO,
 * words of KEY=VALUE, becomes a datagram, and the time just before that is written, of the
 * monotonic clock in microseconds.
 */
#include "base/cleanup.h"
#include "base/time.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static int tell(int fd, const struct sockaddr_un *where, const char *text, size_t size)
{
	uint64_t now = monotonic_us();

	if (sendto(fd, text, size, 0, (const struct sockaddr *)where, sizeof(*where)) < 0)
		return -errno;
	printf("%" PRIu64 "\n", now);
	return fflush(stdout) < 0 ? -errno : 0;
}

static int run(const struct sockaddr_un *where)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	ssize_t size;
	int r = fd < 0 ? -errno : 0;

	while (r == 0 && (size = getline(&line, &room, stdin)) > 0) {
		for (char *p = line; *p; p++)
			if (*p == ' ')
				*p = '\n';
		r = tell(fd, where, line, (size_t)size);
	}
	return r;
}

int main(int argc, char **argv)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	int r;

	if (argc != 3 || strlen(argv[1]) >= sizeof(where.sun_path)) {
		fprintf(stderr, "Usage: told SOCKET FIFO\n");
		return 2;
	}
	strcpy(where.sun_path, argv[1]);
	r = freopen(argv[2], "re", stdin) ? run(&where) : -errno;
	if (r < 0)
		fprintf(stderr, "told: %s\n", strerror(-r));
	return r < 0;
}
