/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A crowd of TCP clients and the servers that they end up at, in one process: starting processes is
 * what costs most under emulation. The servers are listening sockets made in one network namespace,
 * the clients connect from many addresses of another, and as both ends are here it is known which
 * server took whom.
 *
 * Who comes from where to where, when, and for how long follows from the seed alone. Arrivals are a
 * Poisson process, and stays are exponential, or for ever. What is said in the end: connections of
 * each server, and the distance of the connections held at a time from those that would be a
 * server's by its weight, as a mean over servers, and over arrivals and departures.
 */
#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	SERVERS_MAX = 64,
	FIRST_PORT = 1024, /* of the first client; each has its own */
	CLIENTS_MAX = 60000,
	PATIENCE_S = 10, /* for the last to get through */
	STAY_MS = 30,    /* at least, for nobody can go who has not arrived */
};

struct server {
	struct sockaddr_in address;
	unsigned weight;
	unsigned opened, held;
};

struct client {
	struct sockaddr_in from, to;
	double comes, goes; /* seconds from the start; goes is 0 for never */
	int fd;
	struct server *server; /* NULL: nobody has taken it yet */
};

struct moment {
	double when;
	struct client *client;
};

struct crowd {
	struct server servers[SERVERS_MAX];
	size_t n_servers;
	struct client *clients;
	size_t n, taken, left, failed; /* left: closed by the server, too */
	struct moment *moments;
	size_t n_moments;
	unsigned total_weight, held;
	double rate, stay; /* a second; seconds */
	double distance, largest, late;
	size_t samples;
	struct timespec start;
	int epoll;
};

static double now(const struct crowd *crowd)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)(t.tv_sec - crowd->start.tv_sec) +
	       (double)(t.tv_nsec - crowd->start.tv_nsec) * 1e-9;
}

/* --- who comes when ------------------------------------------------------------------------- */

static double exponential(unsigned short *seed, double mean)
{
	return -log(1 - erand48(seed)) * mean;
}

static int moment_compare(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	return (x->when > y->when) - (x->when < y->when);
}

/* The clients' addresses are of 10.1.0.0/16. */
static void invite(struct crowd *crowd, unsigned short *seed, const struct sockaddr_in *to,
		   unsigned destinations)
{
	double t = 0;

	for (size_t i = 0; i < crowd->n; i++) {
		struct client *client = &crowd->clients[i];

		t += crowd->rate > 0 ? exponential(seed, 1 / crowd->rate) : 0;
		client->comes = t;
		client->goes =
			crowd->stay > 0 ? t + STAY_MS / 1000.0 + exponential(seed, crowd->stay) : 0;
		client->fd = -1;
		client->from.sin_family = AF_INET;
		client->from.sin_addr.s_addr =
			htonl(0x0a010000 | (uint32_t)(1 + erand48(seed) * 65000));
		client->from.sin_port = htons((uint16_t)(FIRST_PORT + i));
		client->to = *to;
		client->to.sin_addr.s_addr = htonl(ntohl(to->sin_addr.s_addr) +
						   (uint32_t)(erand48(seed) * destinations));
		crowd->moments[crowd->n_moments++] = (struct moment){ client->comes, client };
		if (client->goes > 0)
			crowd->moments[crowd->n_moments++] =
				(struct moment){ client->goes, client };
	}
	if (crowd->rate > 0)
		qsort(crowd->moments, crowd->n_moments, sizeof(*crowd->moments), moment_compare);
}

/* --- what happens --------------------------------------------------------------------------- */

/* Whenever somebody came or went, while about as many come as go. */
static void measure(struct crowd *crowd)
{
	double sum = 0;

	if (crowd->stay <= 0 || now(crowd) < crowd->stay ||
	    now(crowd) > crowd->clients[crowd->n - 1].comes)
		return;
	for (size_t i = 0; i < crowd->n_servers; i++) {
		const struct server *server = &crowd->servers[i];
		double ideal = (double)crowd->held * server->weight / crowd->total_weight;
		double off = fabs(server->held - ideal);

		sum += off;
		crowd->largest = fmax(crowd->largest, off);
	}
	crowd->distance += sum / (double)crowd->n_servers;
	crowd->samples++;
}

static int watch(struct crowd *crowd, int fd, uint32_t events, void *what)
{
	struct epoll_event event = { .events = events, .data.ptr = what };

	return epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int come(struct crowd *crowd, struct client *client)
{
	int one = 1;

	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd < 0 ||
	    setsockopt(client->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(client->fd, (struct sockaddr *)&client->from, sizeof(client->from)) < 0)
		return -errno;
	if (connect(client->fd, (struct sockaddr *)&client->to, sizeof(client->to)) < 0 &&
	    errno != EINPROGRESS)
		return -errno;
	return watch(crowd, client->fd, 0, client); /* errors are always told */
}

static int take(struct crowd *crowd, int listener, struct server *server)
{
	for (;;) {
		struct sockaddr_in peer;
		socklen_t length = sizeof(peer);
		int fd = accept4(listener, (struct sockaddr *)&peer, &length,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct client *client;
		int r;

		if (fd < 0)
			return errno == EAGAIN ? 0 : -errno;
		client = &crowd->clients[ntohs(peer.sin_port) - FIRST_PORT];
		client->server = server;
		server->opened++;
		server->held++;
		crowd->held++;
		crowd->taken++;
		measure(crowd);
		/* The server's end closes by itself when the client does; see serve(). */
		r = watch(crowd, fd, EPOLLRDHUP, (void *)((uintptr_t)fd << 1 | 1));
		if (r < 0)
			return r;
	}
}

/* Listeners are told by their server, clients by themselves, accepted sockets by an odd number. */
static int serve(struct crowd *crowd, const int *listeners, const struct epoll_event *event)
{
	uintptr_t odd = (uintptr_t)event->data.ptr;
	struct server *server = event->data.ptr;
	struct client *client = event->data.ptr;

	if (odd & 1) {
		crowd->left++;
		close((int)(odd >> 1));
		return 0;
	}
	if (server >= crowd->servers && server < crowd->servers + crowd->n_servers)
		return take(crowd, listeners[server - crowd->servers], server);
	crowd->failed += !client->server;
	return epoll_ctl(crowd->epoll, EPOLL_CTL_DEL, client->fd, NULL) < 0 ? -errno : 0;
}

static int serve_until(struct crowd *crowd, const int *listeners, double when)
{
	struct epoll_event events[64];
	int n;

	do {
		double left = when - now(crowd);

		n = epoll_wait(crowd->epoll, events, 64, left > 0 ? (int)ceil(left * 1000) : 0);
		if (n < 0)
			return -errno;
		for (int i = 0; i < n; i++) {
			int r = serve(crowd, listeners, &events[i]);

			if (r < 0)
				return r;
		}
	} while (n > 0 || now(crowd) < when);
	return 0;
}

/* Until that count is reached. */
static int serve_while(struct crowd *crowd, const int *listeners, const size_t *count, size_t least)
{
	double end = now(crowd) + PATIENCE_S;
	int r = 0;

	while (r == 0 && *count < least && now(crowd) < end)
		r = serve_until(crowd, listeners, now(crowd) + 0.01);
	return r;
}

/* Who was not taken yet, because this machine stood still for a while, waits for that. */
static int go(struct crowd *crowd, const int *listeners, struct client *client)
{
	double end = now(crowd) + PATIENCE_S;
	int r = 0;

	while (r == 0 && !client->server && now(crowd) < end)
		r = serve_until(crowd, listeners, now(crowd) + 0.01);
	close(client->fd);
	client->fd = -1;
	if (!client->server) {
		crowd->failed++;
		return r;
	}
	client->server->held--;
	crowd->held--;
	measure(crowd);
	return r;
}

static int run(struct crowd *crowd, const int *listeners)
{
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &crowd->start);
	for (size_t i = 0; r == 0 && i < crowd->n_moments; i++) {
		struct client *client = crowd->moments[i].client;

		r = serve_until(crowd, listeners, crowd->moments[i].when);
		if (r < 0)
			break;
		if (crowd->rate > 0)
			crowd->late = fmax(crowd->late, now(crowd) - crowd->moments[i].when);
		if (client->fd < 0)
			r = come(crowd, client);
		else
			r = go(crowd, listeners, client);
	}
	return r < 0 ? r : serve_while(crowd, listeners, &crowd->taken, crowd->n - crowd->failed);
}

/* Those who stayed go by a reset, which leaves nothing behind for a crowd that comes afterwards. */
static int end(struct crowd *crowd, const int *listeners)
{
	const struct linger at_once = { .l_onoff = 1 };

	for (size_t i = 0; i < crowd->n; i++) {
		int fd = crowd->clients[i].fd;

		if (fd < 0)
			continue;
		if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) < 0)
			return -errno;
		close(fd);
		if (i % 64 == 0) {
			int r = serve_until(crowd, listeners, now(crowd));

			if (r < 0)
				return r;
		}
	}
	return serve_while(crowd, listeners, &crowd->left, crowd->taken);
}

/* --- the outside ---------------------------------------------------------------------------- */

static int enter(const char *namespace)
{
	char path[128];
	_cleanup_close_ int fd = -1;

	snprintf(path, sizeof(path), "/run/netns/%s", namespace);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 || setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
}

static int listen_at(struct crowd *crowd, struct server *server, int *ret)
{
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&server->address, sizeof(server->address)) < 0 ||
	    listen(fd, 4096) < 0)
		return -errno;
	*ret = fd;
	return watch(crowd, fd, EPOLLIN, server);
}

/* "ADDRESS:PORT" or "ADDRESS:PORT=WEIGHT" */
static bool parse(const char *text, struct sockaddr_in *ret, unsigned *ret_weight)
{
	char address[INET_ADDRSTRLEN];
	unsigned port, weight = 1;

	if (sscanf(text, "%15[0-9.]:%u=%u", address, &port, &weight) < 2 || port > UINT16_MAX ||
	    inet_pton(AF_INET, address, &ret->sin_addr) != 1)
		return false;
	ret->sin_family = AF_INET;
	ret->sin_port = htons((uint16_t)port);
	*ret_weight = weight;
	return true;
}

static int write_log(const struct crowd *crowd, const char *path)
{
	FILE *log = fopen(path, "we");

	if (!log)
		return -errno;
	for (size_t i = 0; i < crowd->n; i++) {
		char from[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN], at[INET_ADDRSTRLEN];
		const struct client *client = &crowd->clients[i];

		if (!client->server)
			continue;
		inet_ntop(AF_INET, &client->from.sin_addr, from, sizeof(from));
		inet_ntop(AF_INET, &client->to.sin_addr, to, sizeof(to));
		inet_ntop(AF_INET, &client->server->address.sin_addr, at, sizeof(at));
		fprintf(log, "%s %s %s\n", from, to, at);
	}
	return fclose(log) < 0 ? -errno : 0;
}

static int report(const struct crowd *crowd, const char *log)
{
	for (size_t i = 0; i < crowd->n_servers; i++) {
		const struct server *server = &crowd->servers[i];
		char at[INET_ADDRSTRLEN];

		inet_ntop(AF_INET, &server->address.sin_addr, at, sizeof(at));
		printf("server %s %u %u\n", at, server->weight, server->opened);
	}
	printf("late %.0f\n", crowd->late * 1000);
	if (crowd->samples)
		printf("distance %.2f %.1f\n", crowd->distance / (double)crowd->samples,
		       crowd->largest);
	return log ? write_log(crowd, log) : 0;
}

static int usage(void)
{
	fputs("usage: crowd [option...] CLIENTS-NETNS SERVERS-NETNS ADDRESS:PORT SERVER:PORT=WEIGHT...\n"
	      "  --count N         clients (default 1000)\n"
	      "  --rate N          a second (default: as many as it takes)\n"
	      "  --stay SECONDS    mean (default: to the end)\n"
	      "  --destinations N  addresses from ADDRESS on, one of which each client asks\n"
	      "  --seed N\n"
	      "  --log FILE        \"CLIENT DESTINATION SERVER\" for each\n",
	      stderr);
	return 2;
}

static int gather(struct crowd *crowd, char **argv, int *listeners)
{
	struct rlimit files = { 1 << 17, 1 << 17 };
	int r = setrlimit(RLIMIT_NOFILE, &files) < 0 ? -errno : enter(argv[1]);

	for (size_t i = 0; r == 0 && i < crowd->n_servers; i++)
		r = listen_at(crowd, &crowd->servers[i], &listeners[i]);
	r = r < 0 ? r : enter(argv[0]);
	r = r < 0 ? r : run(crowd, listeners);
	return r < 0 ? r : end(crowd, listeners);
}

struct wishes {
	unsigned short seed[3];
	unsigned destinations;
	struct sockaddr_in to;
	const char *log;
};

static bool parse_option(int option, struct crowd *crowd, struct wishes *wishes)
{
	switch (option) {
	case 'c':
		crowd->n = strtoul(optarg, NULL, 10);
		return true;
	case 'r':
		crowd->rate = strtod(optarg, NULL);
		return true;
	case 's':
		crowd->stay = strtod(optarg, NULL);
		return true;
	case 'd':
		wishes->destinations = (unsigned)strtoul(optarg, NULL, 10);
		return true;
	case 'S':
		wishes->seed[0] = (unsigned short)strtoul(optarg, NULL, 10);
		return true;
	case 'l':
		wishes->log = optarg;
		return true;
	}
	return false;
}

static bool parse_servers(struct crowd *crowd, int n, char **texts)
{
	if (n < 1 || n > SERVERS_MAX)
		return false;
	for (; crowd->n_servers < (size_t)n; crowd->n_servers++) {
		struct server *server = &crowd->servers[crowd->n_servers];

		if (!parse(texts[crowd->n_servers], &server->address, &server->weight))
			return false;
		crowd->total_weight += server->weight;
	}
	return crowd->total_weight > 0;
}

static bool parse_all(int argc, char **argv, struct crowd *crowd, struct wishes *wishes)
{
	static const struct option options[] = {
		{ "count", required_argument, NULL, 'c' },
		{ "rate", required_argument, NULL, 'r' },
		{ "stay", required_argument, NULL, 's' },
		{ "destinations", required_argument, NULL, 'd' },
		{ "seed", required_argument, NULL, 'S' },
		{ "log", required_argument, NULL, 'l' },
		{ 0 },
	};
	unsigned unused;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!parse_option(c, crowd, wishes))
			return false;
	return argc - optind > 3 && crowd->n > 0 && crowd->n <= CLIENTS_MAX &&
	       parse(argv[optind + 2], &wishes->to, &unused) &&
	       parse_servers(crowd, argc - optind - 3, argv + optind + 3);
}

static int prepare(struct crowd *crowd, struct wishes *wishes)
{
	crowd->clients = calloc(crowd->n, sizeof(*crowd->clients));
	crowd->moments = calloc(2 * crowd->n, sizeof(*crowd->moments));
	if (!crowd->clients || !crowd->moments)
		return -ENOMEM;
	crowd->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (crowd->epoll < 0)
		return -errno;
	invite(crowd, wishes->seed, &wishes->to, wishes->destinations);
	return 0;
}

int main(int argc, char **argv)
{
	struct wishes wishes = { .seed = { 1, 2, 3 }, .destinations = 1 };
	struct crowd crowd = { .n = 1000, .epoll = -1 };
	int listeners[SERVERS_MAX], r;

	if (!parse_all(argc, argv, &crowd, &wishes))
		return usage();
	r = prepare(&crowd, &wishes);
	r = r < 0 ? r : gather(&crowd, argv + optind, listeners);
	r = r < 0 ? r : report(&crowd, wishes.log);
	if (r < 0)
		fprintf(stderr, "crowd: %s\n", strerror(-r));
	else if (crowd.taken < crowd.n)
		fprintf(stderr, "crowd: %zu of %zu were taken by nobody, %zu refused\n",
			crowd.n - crowd.taken, crowd.n, crowd.failed);
	free(crowd.clients);
	free(crowd.moments);
	return r < 0 || crowd.taken < crowd.n || crowd.failed;
}
