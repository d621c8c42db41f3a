/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many short TCP connections, one after the other on each of some sockets at a time, from several
 * addresses in turn: each is opened, asks with a byte, gets a byte, and is reset. A reset leaves
 * nothing behind, so that no ports are used up in TIME_WAIT; and the byte makes sure that a server
 * was reached, since a proxy would accept a connection by itself.
 *
 * usage: clients serve ADDRESS PORT [ADDRESS PORT...]
 *        clients run ADDRESS PORT MILLISECONDS SOCKETS FIRST-CLIENT CLIENTS
 *        clients cpu PID...
 *
 * `run` prints how many connections were served, how many were not, and the nanoseconds of CPU time
 * that it took, the kernel's included; `cpu` prints the same of other processes, in all, up to now.
 * `serve` prints a line when it listens, and serves until it is killed.
 */
#include "base/cleanup.h"
#include "base/time.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum {
	EVENTS_MAX = 64,
	BACKLOG = 4096,
	PATIENCE_MS = 20000,  /* a connection that nobody serves for so long is an error */
	LISTENER = 1U << 31U, /* in the data of an event, beside the descriptor */
};

static uint64_t nanoseconds(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
}

static int watch_fd(int epoll, int fd, uint32_t events, uint32_t flags)
{
	struct epoll_event event = { .events = events, .data.u32 = (uint32_t)fd | flags };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int reset_at_close(int fd)
{
	const struct linger linger = { .l_onoff = 1 };

	return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) < 0 ? -errno : 0;
}

static bool parse_address(const char *address, const char *port, struct sockaddr_in *ret)
{
	*ret = (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)strtoul(port, NULL, 10)) };
	return inet_aton(address, &ret->sin_addr) != 0;
}

/* --- the servers ------------------------------------------------------------------------------ */

static int listen_at(int epoll, const struct sockaddr_in *address)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;
	int r;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return -errno;
	r = watch_fd(epoll, fd, EPOLLIN, LISTENER);
	if (r == 0)
		TAKE_FD(fd);
	return r;
}

/* Who has gone before it was accepted is no error. */
static int accept_all(int epoll, int listener)
{
	int fd, r = 0;

	while (r == 0 && (fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		r = watch_fd(epoll, fd, EPOLLIN, 0);
	return r < 0 || errno == EAGAIN || errno == ECONNABORTED ? r : -errno;
}

static void answer(int fd)
{
	char byte;

	if (recv(fd, &byte, 1, 0) != 1 || send(fd, &byte, 1, MSG_NOSIGNAL) != 1)
		close(fd);
}

static int serve(int epoll)
{
	struct epoll_event events[EVENTS_MAX];
	int n, r = 0;

	puts("listening");
	fflush(stdout);
	while (r == 0 && (n = epoll_wait(epoll, events, EVENTS_MAX, -1)) >= 0)
		for (int i = 0; r == 0 && i < n; i++) {
			int fd = (int)(events[i].data.u32 & ~LISTENER);

			if (events[i].data.u32 & LISTENER)
				r = accept_all(epoll, fd);
			else
				answer(fd);
		}
	return r < 0 ? r : -errno;
}

/* --- the clients ------------------------------------------------------------------------------ */

struct crowd {
	struct sockaddr_in server;
	uint32_t first, clients, next; /* addresses, host order */
	uint64_t served, failed;
	int epoll;
	unsigned open;
};

/* The port is the kernel's choice, made when the server is known. */
static int bind_to_next(struct crowd *crowd, int fd)
{
	const int on = 1;
	const struct sockaddr_in client = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(crowd->first + crowd->next++ % crowd->clients),
	};

	if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&client, sizeof(client)) < 0)
		return -errno;
	return 0;
}

static int begin(struct crowd *crowd)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = fd < 0 ? -errno : reset_at_close(fd);

	r = r < 0 ? r : bind_to_next(crowd, fd);
	if (r == 0 &&
	    connect(fd, (const struct sockaddr *)&crowd->server, sizeof(crowd->server)) < 0 &&
	    errno != EINPROGRESS)
		r = -errno;
	r = r < 0 ? r : watch_fd(crowd->epoll, fd, EPOLLOUT, 0);
	if (r < 0)
		return r;
	TAKE_FD(fd);
	crowd->open++;
	return 0;
}

static void end(struct crowd *crowd, int fd, bool served)
{
	close(fd);
	crowd->open--;
	if (served)
		crowd->served++;
	else
		crowd->failed++;
}

/* Connected: asks. Answered, or failed at either: ends. */
static void go_on(struct crowd *crowd, const struct epoll_event *event)
{
	int fd = (int)event->data.u32;
	struct epoll_event next = { .events = EPOLLIN, .data = event->data };
	char byte = '?';

	if (event->events & (EPOLLERR | EPOLLHUP))
		end(crowd, fd, false);
	else if (event->events & EPOLLIN)
		end(crowd, fd, recv(fd, &byte, 1, 0) == 1);
	else if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 ||
		 epoll_ctl(crowd->epoll, EPOLL_CTL_MOD, fd, &next) < 0)
		end(crowd, fd, false);
}

/* As many at a time as `sockets`, until it is time; those that are open then are not counted. */
static int run(struct crowd *crowd, unsigned sockets, uint64_t until_us)
{
	struct epoll_event events[EVENTS_MAX];
	int n, r = 0;

	while (monotonic_us() < until_us) {
		while (r == 0 && crowd->open < sockets)
			r = begin(crowd);
		if (r < 0)
			return r;
		n = epoll_wait(crowd->epoll, events, EVENTS_MAX, PATIENCE_MS);
		if (n <= 0)
			return n < 0 ? -errno : -ETIMEDOUT;
		for (int i = 0; i < n; i++)
			go_on(crowd, &events[i]);
	}
	return 0;
}

static int print_cpu(int n, char **pids)
{
	uint64_t total = 0;

	for (int i = 0; i < n; i++) {
		struct timespec time;
		clockid_t clock;
		int r = clock_getcpuclockid((pid_t)strtol(pids[i], NULL, 10), &clock);

		if (r != 0 || clock_gettime(clock, &time) < 0)
			return r ? -r : -errno;
		total += nanoseconds(&time);
	}
	printf("%" PRIu64 "\n", total);
	return 0;
}

/* --- the command ------------------------------------------------------------------------------ */

static int usage(void)
{
	fprintf(stderr,
		"Usage: clients serve ADDRESS PORT [ADDRESS PORT...]\n"
		"       clients run ADDRESS PORT MILLISECONDS SOCKETS FIRST-CLIENT CLIENTS\n");
	return -EINVAL;
}

static int main_serve(int epoll, int n, char **arguments)
{
	struct sockaddr_in address;
	int r = n >= 2 && n % 2 == 0 ? 0 : usage();

	for (int i = 0; r == 0 && i < n; i += 2)
		r = parse_address(arguments[i], arguments[i + 1], &address)
			    ? listen_at(epoll, &address)
			    : usage();
	return r < 0 ? r : serve(epoll);
}

static int main_run(int epoll, int n, char **arguments)
{
	struct crowd crowd = { .epoll = epoll };
	struct in_addr first;
	struct timespec cpu;
	int r;

	if (n != 6 || !parse_address(arguments[0], arguments[1], &crowd.server) ||
	    !inet_aton(arguments[4], &first))
		return usage();
	crowd.first = ntohl(first.s_addr);
	crowd.clients = (uint32_t)strtoul(arguments[5], NULL, 10);
	if (!crowd.clients)
		return usage();
	r = run(&crowd, (unsigned)strtoul(arguments[3], NULL, 10),
		monotonic_us() + strtoul(arguments[2], NULL, 10) * 1000);
	if (r == 0 && clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) < 0)
		r = -errno;
	if (r == 0)
		printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", crowd.served, crowd.failed,
		       nanoseconds(&cpu));
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_close_ int epoll = epoll_create1(EPOLL_CLOEXEC);
	int r = epoll < 0 ? -errno : 0;

	if (r == 0 && argc > 2 && strcmp(argv[1], "serve") == 0)
		r = main_serve(epoll, argc - 2, argv + 2);
	else if (r == 0 && argc > 2 && strcmp(argv[1], "run") == 0)
		r = main_run(epoll, argc - 2, argv + 2);
	else if (r == 0 && argc > 2 && strcmp(argv[1], "cpu") == 0)
		r = print_cpu(argc - 2, argv + 2);
	else if (r == 0)
		r = usage();
	if (r < 0)
		fprintf(stderr, "clients: %s\n", strerror(-r));
	return r == -EINVAL ? 2 : r < 0;
}
