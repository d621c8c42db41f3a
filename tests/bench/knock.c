/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Knocks at a UDP port, every time with a new source port and so as a new connection, at a steady
 * pace until it is killed.
 */
#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

/* A socket that was never bound gets a port when it first sends. */
static int knock(const struct sockaddr_in *door)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || sendto(fd, "?", 1, 0, (const struct sockaddr *)door, sizeof(*door)) < 0)
		return -errno;
	return 0;
}

static int run(const struct sockaddr_in *door, long pace_us)
{
	const struct timespec pace = { .tv_nsec = pace_us * 1000 };
	const struct itimerspec timer = { .it_interval = pace, .it_value = pace };
	_cleanup_close_ int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	uint64_t times;

	if (fd < 0 || timerfd_settime(fd, 0, &timer, NULL) < 0)
		return -errno;
	while (read(fd, &times, sizeof(times)) > 0) {
		int r = knock(door);

		/* Where there is no way at the moment there may be one at the next. */
		if (r < 0 && r != -ENETUNREACH && r != -EHOSTUNREACH && r != -EPERM)
			return r;
	}
	return -errno;
}

int main(int argc, char **argv)
{
	struct sockaddr_in door = { .sin_family = AF_INET };
	int r;

	if (argc != 4 || !inet_aton(argv[1], &door.sin_addr)) {
		fprintf(stderr, "Usage: knock ADDRESS PORT MICROSECONDS\n");
		return 2;
	}
	door.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
	r = run(&door, strtol(argv[3], NULL, 10));
	fprintf(stderr, "knock: %s\n", strerror(-r));
	return 1;
}
