/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's checks without the daemon: so many of a kind against one server, and what they cost
 * in time of the CPU, kernel's share included, once every check has had its first answer. The
 * server is another process, so that its work is not counted. With port 0 it takes one that is
 * free, which it prints.
 *
 * usage: checks serve ADDRESS PORT
 *        checks run KIND NUMBER INTERVAL_MS SECONDS ADDRESS PORT
 */
#include "base/time.h"
#include "probe/probe.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

struct bench {
	sd_event *event;
	struct probes *probes;
	struct probe **v;
	size_t n;
};

struct total {
	uint64_t runs, failures, cpu_us, now_us;
};

static const char page[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nup\n";

/* To what may be asked, a page; then the end. */
static int on_client(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	char data[2048];

	if (recv(fd, data, sizeof(data), 0) > 0 && send(fd, page, strlen(page), MSG_NOSIGNAL) < 0 &&
	    errno != EPIPE && errno != ECONNRESET)
		warn("send");
	sd_event_source_disable_unref(source);
	return 0;
}

static int on_accept(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	sd_event_source *client;
	int accepted;

	while ((accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		int r = sd_event_add_io(userdata, &client, accepted, EPOLLIN, on_client, NULL);

		if (r < 0)
			return r;
		sd_event_source_set_io_fd_own(client, true);
	}
	return 0;
}

static int serve(sd_event *event, const struct ip_address *ip, uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, r;

	memcpy(&address.sin_addr, ip->bytes, sizeof(address.sin_addr));
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 4096) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		return -errno;
	printf("%u\n", ntohs(address.sin_port));
	fflush(stdout);
	r = sd_event_add_io(event, NULL, fd, EPOLLIN, on_accept, event);
	return r < 0 ? r : sd_event_loop(event);
}

static struct total total(const struct bench *bench)
{
	struct total total = { .now_us = monotonic_us() };
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	total.cpu_us = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
		       (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	for (size_t i = 0; i < bench->n; i++) {
		total.runs += probe_result(bench->v[i])->runs;
		total.failures += probe_result(bench->v[i])->failures;
	}
	return total;
}

static bool all_known(const struct bench *bench)
{
	for (size_t i = 0; i < bench->n; i++)
		if (!probe_result(bench->v[i])->known)
			return false;
	return true;
}

static int run_until(const struct bench *bench, uint64_t end_us)
{
	while (monotonic_us() < end_us) {
		int r = sd_event_run(bench->event, end_us - monotonic_us());

		if (r < 0)
			return r;
	}
	return 0;
}

static int measure(const struct bench *bench, uint64_t seconds)
{
	struct total before, after;
	double elapsed, checks;
	int r = 0;

	while (r >= 0 && !all_known(bench))
		r = sd_event_run(bench->event, UINT64_MAX);
	before = total(bench);
	r = r < 0 ? r : run_until(bench, before.now_us + seconds * 1000000);
	if (r < 0)
		return r;
	after = total(bench);
	elapsed = (double)(after.now_us - before.now_us) / 1e6;
	checks = (double)(after.runs - before.runs);
	printf("per-second %.1f\n", checks / elapsed);
	printf("failures %" PRIu64 "\n", after.failures - before.failures);
	printf("cpu-percent %.2f\n", (double)(after.cpu_us - before.cpu_us) / 1e4 / elapsed);
	printf("cpu-us-each %.1f\n", (double)(after.cpu_us - before.cpu_us) / checks);
	return 0;
}

static int run(struct bench *bench, struct probe_spec spec, uint64_t seconds)
{
	int r = probes_new(bench->event, &bench->probes);

	for (size_t i = 0; r >= 0 && i < bench->n; i++)
		r = probe_add(bench->probes, &spec, NULL, NULL, &bench->v[i]);
	return r < 0 ? r : measure(bench, seconds);
}

/* As many descriptors as the system lets a process have. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		err(EXIT_FAILURE, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		err(EXIT_FAILURE, "setrlimit");
}

static enum probe_kind kind_named(const char *name)
{
	enum probe_kind kind = 0;

	while (kind < PROBE_KIND_MAX && strcmp(probe_kind_name(kind), name) != 0)
		kind++;
	return kind;
}

static int run_command(sd_event *event, char **words)
{
	uint64_t interval_us = strtoull(words[2], NULL, 10) * 1000;
	struct probe_spec spec = { .kind = kind_named(words[0]),
				   .port = (uint16_t)atoi(words[5]),
				   .interval_us = interval_us,
				   .timeout_us = interval_us,
				   .script = "/bin/true",
				   .initial_up = true };
	struct bench bench = { .event = event, .n = strtoul(words[1], NULL, 10) };
	int r = ip_parse(words[4], &spec.target);

	if (r < 0)
		return r;
	bench.v = calloc(bench.n + 1, sizeof(*bench.v));
	if (!bench.v)
		return -ENOMEM;
	raise_limit();
	r = run(&bench, spec, strtoull(words[3], NULL, 10));
	probes_free(bench.probes);
	free(bench.v);
	return r;
}

int main(int argc, char **argv)
{
	struct ip_address ip;
	sd_event *event;
	int r = sd_event_new(&event);

	if (r >= 0 && argc == 4 && strcmp(argv[1], "serve") == 0 && ip_parse(argv[2], &ip) == 0)
		r = serve(event, &ip, (uint16_t)atoi(argv[3]));
	else if (r >= 0 && argc == 8 && strcmp(argv[1], "run") == 0)
		r = run_command(event, argv + 2);
	else
		errx(2, "usage: checks serve ADDRESS PORT | "
			"run KIND NUMBER INTERVAL_MS SECONDS ADDRESS PORT");
	sd_event_unref(event);
	if (r < 0)
		errx(EXIT_FAILURE, "%s", strerror(-r));
	return EXIT_SUCCESS;
}
