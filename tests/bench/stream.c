/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A steady stream of numbered UDP datagrams of one connection, and what came of it. Both ends run
 * until they get SIGTERM and then say what they saw, a line each: the sender how many it sent, and
 * how many errors came back; the receiver how many came, of how many sources, and the longest time
 * without any, in microseconds.
 */
#include "base/array.h"
#include "base/cleanup.h"
#include "base/time.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

enum {
	SOURCES_MAX = 16,
	NUMBERS_MAX = 1 << 24, /* of one run, hours of it */
	ROOM = 32 << 20, /* bytes: none is lost while the receiver waits for a CPU for seconds */
	LAST_MS = 200    /* in which what was sent before the end comes */
};

struct source {
	struct in_addr address;
	uint64_t datagrams;
};

struct receiver {
	struct source sources[SOURCES_MAX];
	size_t n;
	uint64_t came, twice, gap_us, last_us;
	uint8_t *seen; /* a bit for each number */
};

static int end_fd(void)
{
	sigset_t end;

	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &end, NULL) < 0)
		return -errno;
	return signalfd(-1, &end, SFD_CLOEXEC);
}

static int timer_fd(long pace_us)
{
	const struct timespec pace = { .tv_nsec = pace_us * 1000 };
	const struct itimerspec timer = { .it_interval = pace, .it_value = pace };
	_cleanup_close_ int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (fd < 0 || timerfd_settime(fd, 0, &timer, NULL) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* What is wrong with the way is reported by the next send, instead of sending. */
static int send_one(int fd, uint64_t number, uint64_t *errors)
{
	for (;;) {
		if (send(fd, &number, sizeof(number), 0) >= 0)
			return 0;
		if (errno == EPERM || errno == ENOBUFS)
			return -errno;
		fprintf(stderr, "stream: %s\n", strerror(errno));
		++*errors;
	}
}

static int run_sender(int fd, long pace_us)
{
	struct pollfd polled[] = { { .fd = end_fd(), .events = POLLIN },
				   { .fd = timer_fd(pace_us), .events = POLLIN } };
	uint64_t sent = 0, errors = 0, times;
	int r = 0;

	while (r == 0 && poll(polled, ELEMENTS_OF(polled), -1) > 0 && !polled[0].revents) {
		if (read(polled[1].fd, &times, sizeof(times)) < 0)
			return -errno;
		for (; times && r == 0; times--)
			r = send_one(fd, sent++, &errors);
	}
	printf("sent %" PRIu64 " errors %" PRIu64 "\n", sent, errors);
	return r;
}

static void count_source(struct receiver *receiver, struct in_addr address)
{
	struct source *source = receiver->sources;

	while (source < receiver->sources + receiver->n && source->address.s_addr != address.s_addr)
		source++;
	if (source == receiver->sources + receiver->n) {
		if (receiver->n == SOURCES_MAX)
			return;
		receiver->n++;
		source->address = address;
	}
	source->datagrams++;
}

static void count_number(struct receiver *receiver, uint64_t number)
{
	uint8_t bit = (uint8_t)(1U << number % 8);

	if (number >= NUMBERS_MAX)
		return;
	if (receiver->seen[number / 8] & bit)
		receiver->twice++;
	else
		receiver->came++;
	receiver->seen[number / 8] |= bit;
}

static int receive_one(int fd, struct receiver *receiver)
{
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	uint64_t number, now = monotonic_us();

	if (recvfrom(fd, &number, sizeof(number), MSG_DONTWAIT, (struct sockaddr *)&from, &size) !=
	    sizeof(number))
		return -errno;
	if (receiver->last_us && now - receiver->last_us > receiver->gap_us)
		receiver->gap_us = now - receiver->last_us;
	receiver->last_us = now;
	count_source(receiver, from.sin_addr);
	count_number(receiver, number);
	return 0;
}

static int run_receiver(int fd)
{
	_cleanup_free_ uint8_t *seen = calloc(1, NUMBERS_MAX / 8);
	struct pollfd polled[] = { { .fd = end_fd(), .events = POLLIN },
				   { .fd = fd, .events = POLLIN } };
	struct receiver receiver = { .seen = seen };
	const int room = ROOM;
	int r = seen ? 0 : -ENOMEM;

	if (r == 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		r = -errno;
	while (r == 0 && poll(polled, ELEMENTS_OF(polled), -1) > 0 && !polled[0].revents)
		r = receive_one(fd, &receiver);
	/* The last of them may still be on its way in the kernel. */
	while (r == 0 && poll(polled + 1, 1, LAST_MS) > 0)
		r = receive_one(fd, &receiver);
	printf("came %" PRIu64 " twice %" PRIu64 " longest-gap-us %" PRIu64, receiver.came,
	       receiver.twice, receiver.gap_us);
	for (size_t i = 0; i < receiver.n; i++)
		printf(" %s=%" PRIu64, inet_ntoa(receiver.sources[i].address),
		       receiver.sources[i].datagrams);
	printf("\n");
	return r;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r;

	if (argc < 3 || argc > 4 || !inet_aton(argv[1], &address.sin_addr)) {
		fprintf(stderr, "Usage: stream ADDRESS PORT [MICROSECONDS]\n"
				"  receives there, or sends there at this pace\n");
		return 2;
	}
	address.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
	if (fd < 0)
		return 1;
	if (argc == 4)
		r = connect(fd, (struct sockaddr *)&address, sizeof(address));
	else
		r = bind(fd, (struct sockaddr *)&address, sizeof(address));
	if (r < 0)
		r = -errno;
	else
		r = argc == 4 ? run_sender(fd, strtol(argv[3], NULL, 10)) : run_receiver(fd);
	if (r < 0)
		fprintf(stderr, "stream: %s\n", strerror(-r));
	return r < 0;
}
