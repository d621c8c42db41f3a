/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes at work, against servers that are played within the same event loop, in both families.
 * Every check must come to a verdict other than the one it starts with, for the reason given.
 */
#include "lab.h"

#include "base/time.h"
#include "probe/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum {
	HANG_US = 60 * 1000 * 1000,
	INTERVAL_US = 20 * 1000,
	TIMEOUT_US = 20 * 1000 * 1000,
	SILENCE_US = 100 * 1000,
	REPLIES_MAX = 4
};

/*
 * A server on a port of its own. A stream gets reply after reply, the first at once if the server
 * greets, and is closed after the last; a datagram comes back, changed or not.
 */
struct peer {
	sd_event *event;
	sd_event_source *source;
	int fd;
	struct ip_address ip;
	uint16_t port;
	bool greets;
	bool silent;
	const char *replies[REPLIES_MAX];
	size_t (*change)(char *data, size_t size); /* what makes an answer of a datagram */
	char heard[1024]; /* the first message of the last client to speak */
	unsigned clients;
	LIST_HEAD(client_list, client) talking;
};

struct client {
	LIST_ENTRY(client) entry;
	struct peer *peer;
	sd_event_source *source;
	size_t replied;
	bool spoken;
	int fd;
};

static sd_event *event;
static struct probes *probes;
static const char *directory; /* of our data */

static socklen_t make_address(const struct ip_address *ip, uint16_t port,
			      struct sockaddr_storage *ret)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	memcpy(&v4.sin_addr, ip->bytes, sizeof(v4.sin_addr));
	memcpy(&v6.sin6_addr, ip->bytes, sizeof(v6.sin6_addr));
	if (ip->family == AF_INET)
		memcpy(ret, &v4, sizeof(v4));
	else
		memcpy(ret, &v6, sizeof(v6));
	return ip->family == AF_INET ? sizeof(v4) : sizeof(v6);
}

static void client_end(struct client *client)
{
	LIST_REMOVE(client, entry);
	sd_event_source_disable_unref(client->source);
	close(client->fd);
	free(client);
}

static bool reply(struct client *client)
{
	const char *text = client->peer->replies[client->replied++];

	if (text)
		send(client->fd, text, strlen(text), MSG_NOSIGNAL);
	return text && client->replied < REPLIES_MAX && client->peer->replies[client->replied];
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct client *client = userdata;
	char data[1024] = "";
	ssize_t size = recv(fd, data, sizeof(data) - 1, 0);

	if (size > 0 && !client->spoken)
		memcpy(client->peer->heard, data, sizeof(data));
	client->spoken = true;
	if (size <= 0 || !reply(client))
		client_end(client);
	return 0;
}

static int on_accept(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct peer *peer = userdata;
	struct client *client = calloc(1, sizeof(*client));

	assert_non_null(client);
	client->peer = peer;
	client->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	assert_true(client->fd >= 0);
	peer->clients++;
	LIST_INSERT_HEAD(&peer->talking, client, entry);
	assert_true(sd_event_add_io(event, &client->source, client->fd, EPOLLIN, on_client,
				    client) >= 0);
	if (peer->greets && !reply(client))
		client_end(client);
	return 0;
}

static int on_datagram(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct peer *peer = userdata;
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	char data[1024] = "";
	ssize_t size = recvfrom(fd, data, sizeof(data) - 1, 0, (struct sockaddr *)&from, &length);

	assert_true(size >= 0);
	peer->clients++;
	if (peer->silent)
		return 0;
	if (peer->change)
		size = (ssize_t)peer->change(data, (size_t)size);
	sendto(fd, data, (size_t)size, 0, (struct sockaddr *)&from, length);
	return 0;
}

/* Bound to a port that the kernel chooses. */
static int bind_any(const struct ip_address *ip, int type, uint16_t *ret_port)
{
	struct sockaddr_storage address = { 0 };
	socklen_t size = make_address(ip, 0, &address);
	int fd = socket(ip->family, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*ret_port = ntohs(ip->family == AF_INET ? ((struct sockaddr_in *)&address)->sin_port
						: ((struct sockaddr_in6 *)&address)->sin6_port);
	return fd;
}

static void peer_open(struct peer *peer, const char *ip, int type)
{
	peer->ip = address(ip);
	peer->fd = bind_any(&peer->ip, type, &peer->port);
	assert_true(type == SOCK_DGRAM || listen(peer->fd, 1024) == 0);
	assert_true(sd_event_add_io(event, &peer->source, peer->fd, EPOLLIN,
				    type == SOCK_DGRAM ? on_datagram : on_accept, peer) >= 0);
}

static void peer_close(struct peer *peer)
{
	while (!LIST_EMPTY(&peer->talking))
		client_end(LIST_FIRST(&peer->talking));
	sd_event_source_disable_unref(peer->source);
	close(peer->fd);
}

static struct probe_spec spec_for(enum probe_kind kind, const struct peer *peer)
{
	return (struct probe_spec){ .kind = kind,
				    .target = peer->ip,
				    .port = peer->port,
				    .interval_us = INTERVAL_US,
				    .timeout_us = TIMEOUT_US };
}

static void on_changed(struct probe *probe, const struct probe_result *result, void *userdata)
{
	*(struct probe_result *)userdata = *result;
}

/* The first result that changes anything. */
static struct probe_result check(const struct probe_spec *spec)
{
	struct probe_result result = { 0 };
	struct probe *probe = NULL;
	uint64_t end_us = monotonic_us() + HANG_US;

	assert_int_equal(probe_add(probes, spec, on_changed, &result, &probe), 0);
	while (!result.runs) {
		assert_true(monotonic_us() < end_us);
		assert_true(sd_event_run(event, HANG_US) >= 0);
	}
	probe_remove(probe);
	return result;
}

static void assert_check(struct probe_spec spec, bool up, const char *reason)
{
	struct probe_result result;

	spec.initial_up = !up;
	result = check(&spec);
	assert_string_equal(result.reason, reason);
	assert_int_equal(result.up, up);
	assert_true(result.known);
	assert_false(result.unsent);
}

static const char *const loopback[] = { "127.0.0.1", "::1" };

/* Runs the test with a server of this kind in each family. */
static void with_peer(struct peer like, int type, void (*run)(struct peer *peer))
{
	for (size_t i = 0; i < ELEMENTS_OF(loopback); i++) {
		struct peer peer = like;

		peer_open(&peer, loopback[i], type);
		run(&peer);
		peer_close(&peer);
	}
}

static void run_tcp(struct peer *peer)
{
	assert_check(spec_for(PROBE_TCP, peer), true, "connected");
}

/* A port that is bound and does not listen. */
static void run_closed(struct peer *peer)
{
	struct peer closed = { .ip = peer->ip };
	int fd = bind_any(&closed.ip, SOCK_STREAM, &closed.port);

	assert_check(spec_for(PROBE_TCP, &closed), false, "connection refused");
	assert_check(spec_for(PROBE_HTTP, &closed), false, "connection refused");
	assert_check(spec_for(PROBE_SMTP, &closed), false, "connection refused");
	close(fd);
}

static void tcp(void **state)
{
	with_peer((struct peer){ 0 }, SOCK_STREAM, run_tcp);
	with_peer((struct peer){ 0 }, SOCK_STREAM, run_closed);
}

static void run_page(struct peer *peer)
{
	struct probe_spec spec = spec_for(PROBE_HTTP, peer);

	assert_check(spec, true, "http status 200");
	spec.status = "300-399";
	assert_check(spec, false, "http status 200");
	spec.status = NULL;
	spec.body = "well";
	assert_check(spec, true, "http status 200");
	spec.body = "ill";
	assert_check(spec, false, "http status 200, text not found");
	spec.body = NULL;
	spec.regex = "^all( is)? well$";
	assert_check(spec, true, "http status 200");
	spec.regex = "^is";
	assert_check(spec, false, "http status 200, expression does not match");
}

static void run_request(struct peer *peer)
{
	struct probe_spec spec = spec_for(PROBE_HTTP, peer);

	spec.host = "www.example";
	spec.path = "/a/../health?x=1";
	assert_check(spec, false, "http status 503");
	assert_int_equal(strncmp(peer->heard, "GET /a/../health?x=1 HTTP/1.1\r\n", 31), 0);
	assert_non_null(strstr(peer->heard, "\r\nHost: www.example\r\n"));
}

static void run_redirect(struct peer *peer)
{
	struct probe_spec spec = spec_for(PROBE_HTTP, peer);
	char redirect[128];

	snprintf(redirect, sizeof(redirect),
		 "HTTP/1.1 302 Found\r\nLocation: http://elsewhere.invalid:%u/\r\n"
		 "Content-Length: 0\r\nConnection: close\r\n\r\n",
		 peer->port);
	peer->replies[0] = redirect;
	assert_check(spec, true, "http status 302");
	assert_int_equal(peer->clients, 1);
	spec.redirects = true;
	assert_check(spec, false, "Maximum (5) redirects followed");
	assert_int_equal(peer->clients, 1 + 6);
}

static void http(void **state)
{
	struct peer peer = { .replies = { "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n"
					  "good day\nall is well\n" } };

	with_peer(peer, SOCK_STREAM, run_page);
	peer.replies[0] = "HTTP/1.0 503 Busy\r\n\r\nbusy";
	with_peer(peer, SOCK_STREAM, run_request);
	with_peer((struct peer){ 0 }, SOCK_STREAM, run_redirect);
}

static void run_no_http(struct peer *peer)
{
	struct probe_spec spec = spec_for(PROBE_HTTP, peer);

	assert_check(spec, false, "Received HTTP/0.9 when not allowed");
	spec.kind = PROBE_HTTPS;
	spec.initial_up = true;
	assert_false(check(&spec).up);
}

static void what_is_no_http(void **state)
{
	with_peer((struct peer){ .replies = { "SSH-2.0-OpenSSH_9.2\r\n" } }, SOCK_STREAM,
		  run_no_http);
}

static void run_secure(const char *ip, unsigned port)
{
	const struct peer peer = { .ip = address(ip), .port = (uint16_t)port };
	struct probe_spec spec = spec_for(PROBE_HTTPS, &peer);

	assert_check(spec, true, "http status 200");
	spec.body = "nobody";
	assert_check(spec, true, "http status 200");
	spec.host = spec.body = "www.example";
	assert_check(spec, true, "http status 200");
	spec.verify = true;
	assert_check(spec, false, "SSL certificate problem: self-signed certificate");
}

/* Starts probe/https.py, which talks to us over a socket and ends when that is closed. */
static pid_t start_server(int *ret_socket)
{
	char *program = NULL, *certificate = NULL;
	int pair[2];
	pid_t pid;

	assert_true(asprintf(&program, "%s/https.py", directory) > 0);
	assert_true(asprintf(&certificate, "%s/server.pem", directory) > 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(pair[1], STDIN_FILENO);
		dup2(pair[1], STDOUT_FILENO);
		execl(program, program, certificate, NULL);
		_exit(EXIT_FAILURE);
	}
	close(pair[1]);
	free(program);
	free(certificate);
	*ret_socket = pair[0];
	return pid;
}

static void https(void **state)
{
	char ports[32] = "", *end;
	int talk, status;
	pid_t pid = start_server(&talk);

	assert_true(read(talk, ports, sizeof(ports) - 1) > 0);
	run_secure("127.0.0.1", (unsigned)strtoul(ports, &end, 10));
	run_secure("::1", (unsigned)strtoul(end, NULL, 10));
	close(talk);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void run_mail(struct peer *peer)
{
	struct probe_spec spec = spec_for(PROBE_SMTP, peer);
	char wanted[64];

	assert_check(spec, true, "smtp 250");
	snprintf(wanted, sizeof(wanted), "EHLO [%s%s]\r\n",
		 peer->ip.family == AF_INET6 ? "IPv6:" : "", ip_text(&peer->ip).text);
	assert_string_equal(peer->heard, wanted);
	spec.host = "gateway.example";
	assert_check(spec, true, "smtp 250");
	assert_string_equal(peer->heard, "EHLO gateway.example\r\n");
	peer->replies[1] = "451 later\r\n";
	assert_check(spec, false, "smtp answer 451");
	peer->replies[1] = NULL;
	assert_check(spec, false, "connection closed");
	peer->replies[0] = "554 no\r\n";
	assert_check(spec, false, "smtp greeting 554");
	peer->replies[0] = "+OK POP3 ready\r\n";
	assert_check(spec, false, "answer is not smtp");
}

static void smtp(void **state)
{
	with_peer((struct peer){ .greets = true,
				 .replies = { "220-mx\r\n220 ready\r\n", "250-mx\r\n250 HELP\r\n",
					      "221 bye\r\n" } },
		  SOCK_STREAM, run_mail);
}

static struct probe_result ask_agent(struct peer *peer, const char *line)
{
	struct probe_spec spec = spec_for(PROBE_AGENT, peer);

	spec.fail = spec.pass = 3;
	spec.initial_up = true;
	peer->replies[0] = line;
	return check(&spec);
}

static void run_agent(struct peer *peer)
{
	struct probe_result result = ask_agent(peer, "50% maxconn:7\n");

	assert_true(result.up && result.known);
	assert_int_equal(result.agent_weight, 50);
	assert_int_equal(result.agent_maxconn, 7);
	assert_string_equal(result.reason, "agent: 50% maxconn:7");
	result = ask_agent(peer, "down # disk full\n");
	assert_false(result.up);
	assert_int_equal(result.agent_weight, -1);
	assert_string_equal(result.reason, "agent: down # disk full");
	assert_true(ask_agent(peer, "drain").agent_drain);
	assert_true(ask_agent(peer, "maint\r\n").agent_maint);
	result = ask_agent(peer, "what?\n");
	assert_true(result.up && !result.known);
	assert_int_equal(result.failures, 1);
	assert_string_equal(result.reason, "agent is not understood");
}

static void run_asked_agent(struct peer *peer)
{
	struct probe_spec spec = spec_for(PROBE_AGENT, peer);

	spec.payload = "state?\\n";
	assert_check(spec, true, "agent: up");
	assert_string_equal(peer->heard, "state?\n");
}

static void agents(void **state)
{
	with_peer((struct peer){ .greets = true }, SOCK_STREAM, run_agent);
	with_peer((struct peer){ .replies = { "up\n" } }, SOCK_STREAM, run_asked_agent);
}

static void run_echo(struct peer *peer)
{
	struct probe_spec spec = spec_for(PROBE_UDP, peer);

	spec.payload = "a\\x00b";
	assert_check(spec, true, "answered");
	spec.expect = "a\\0";
	assert_check(spec, true, "answered");
	spec.expect = "b";
	assert_check(spec, false, "unexpected answer");
	spec.port = 1; /* tcpmux, which nobody has over UDP */
	assert_check(spec, false, "connection refused");
}

static void run_silent(struct peer *peer)
{
	struct probe_spec spec = spec_for(PROBE_UDP, peer);

	spec.payload = "anybody?";
	spec.timeout_us = SILENCE_US;
	assert_check(spec, false, "no answer in 100ms");
	/* We may have been away for the 100 ms, with both before us. */
	while (!peer->clients)
		assert_true(sd_event_run(event, HANG_US) > 0);
	assert_int_equal(peer->clients, 1);
}

static void udp(void **state)
{
	with_peer((struct peer){ 0 }, SOCK_DGRAM, run_echo);
	with_peer((struct peer){ .silent = true }, SOCK_DGRAM, run_silent);
}

/* The question as an answer, with and without a record, and with a refusal. */
static size_t add_record(char *data, size_t size)
{
	static const char record[] = "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1";

	data[2] |= (char)0x80;
	data[7] = 1;
	memcpy(data + size, record, sizeof(record) - 1);
	return size + sizeof(record) - 1;
}

static size_t add_nothing(char *data, size_t size)
{
	data[2] |= (char)0x80;
	return size;
}

static size_t refuse(char *data, size_t size)
{
	data[2] |= (char)0x80;
	data[3] = 5;
	return size;
}

static size_t fail_itself(char *data, size_t size)
{
	data[2] |= (char)0x80;
	data[3] = 2;
	return size;
}

static void run_dns(struct peer *peer)
{
	struct probe_spec spec = spec_for(PROBE_DNS, peer);

	spec.dns_name = "www.example";
	assert_check(spec, true, "dns answer");
	peer->change = add_nothing;
	assert_check(spec, false, "dns answer without a record");
	peer->change = refuse;
	assert_check(spec, false, "dns answer REFUSED");
	spec.dns_rcode = 5;
	assert_check(spec, true, "dns answer");
	spec.dns_rcode = 0;
	spec.dns_any = true;
	assert_check(spec, true, "dns answer");
	peer->change = add_nothing;
	assert_check(spec, true, "dns answer");
	peer->change = fail_itself;
	assert_check(spec, false, "dns answer SERVFAIL");
	peer->change = NULL; /* a question is no answer */
	spec.timeout_us = SILENCE_US;
	assert_check(spec, false, "no answer in 100ms");
}

static void dns(void **state)
{
	with_peer((struct peer){ .change = add_record }, SOCK_DGRAM, run_dns);
}

static void icmp(void **state)
{
	for (size_t i = 0; i < ELEMENTS_OF(loopback); i++) {
		const struct peer nobody = { .ip = address(loopback[i]) };
		struct probe_spec spec = spec_for(PROBE_ICMP, &nobody);

		if (check(&spec).unsent) {
			print_message("no right to send ICMP\n");
			skip();
		}
		assert_check(spec, true, "echo reply");
	}
}

static void write_script(char *path, const char *text)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
}

/* Valgrind has none. */
static bool has_pidfd(void)
{
	_cleanup_close_ int fd = pidfd_open(getpid(), 0);

	return fd >= 0;
}

static void scripts(void **state)
{
	const struct peer peer = { .ip = address("2001:db8::1"), .port = 80 };
	struct probe_spec spec = spec_for(PROBE_SCRIPT, &peer);
	char path[] = "/tmp/uplinkd-script-XXXXXX", slow[] = "/tmp/uplinkd-script-XXXXXX";

	if (!has_pidfd()) {
		print_message("no pidfd\n");
		skip();
	}
	write_script(path, "#!/bin/sh\n"
			   "[ \"$*\" = '2001:db8::1 80' ] || exit 1\n"
			   "[ \"$UPLINKD_ADDRESS $UPLINKD_PORT\" = '2001:db8::1 80' ] || exit 2\n"
			   "[ -z \"$HOME\" ] || exit 3\n"
			   "[ \"$UPLINKD_STATE\" = down ] || kill -9 $$\n");
	spec.script = path;
	assert_check(spec, true, "exit status 0");
	assert_check(spec, false, "killed by signal 9");
	spec.port = 81;
	assert_check(spec, false, "exit status 1");
	write_script(slow, "#!/bin/sh\nsleep 60\n");
	spec.script = slow;
	spec.timeout_us = SILENCE_US;
	assert_check(spec, false, "no answer in 100ms");
	unlink(path);
	unlink(slow);
	assert_string_equal(check(&spec).reason, "cannot be sent: no such file or directory");
}

/* What is no TCP or UDP may fail earlier, for want of privilege. */
static const char *cannot_be_sent(enum probe_kind kind)
{
	if ((kind == PROBE_ICMP || kind == PROBE_ARP || kind == PROBE_ND) && geteuid() != 0)
		return "cannot be sent: operation not permitted";
	return "cannot be sent: no such device";
}

static void what_cannot_be_sent(void **state)
{
	const struct peer peer = { .ip = address("127.0.0.1"), .port = 9 };

	for (enum probe_kind kind = 0; kind < PROBE_KIND_MAX; kind++) {
		struct probe_spec spec = spec_for(kind, &peer);
		struct probe_result result;

		if (kind == PROBE_SCRIPT)
			continue; /* has no socket */
		if (kind == PROBE_ND)
			spec.target = address("::1");
		if (kind == PROBE_ARP || kind == PROBE_ND)
			spec.source = spec.target;
		spec.device = "uplinkd-none";
		spec.payload = "x";
		spec.initial_up = true;
		result = check(&spec);
		assert_true(result.unsent && result.up && !result.known);
		assert_string_equal(result.reason, cannot_be_sent(kind));
		spec.unsent_fails = true;
		assert_int_equal(check(&spec).up, kind == PROBE_AGENT);
	}
}

static void wrong_specs(void **state)
{
	const struct peer peer = { .ip = address("127.0.0.1"), .port = 9 };
	struct probe_spec specs[] = {
		spec_for(PROBE_KIND_MAX, &peer), spec_for(PROBE_TCP, &peer),
		spec_for(PROBE_TCP, &peer),      spec_for(PROBE_TCP, &peer),
		spec_for(PROBE_UDP, &peer),      spec_for(PROBE_SCRIPT, &peer),
		spec_for(PROBE_HTTP, &peer),     spec_for(PROBE_HTTP, &peer),
		spec_for(PROBE_HTTP, &peer),     spec_for(PROBE_HTTP, &peer),
		spec_for(PROBE_DNS, &peer),      spec_for(PROBE_SMTP, &peer),
		spec_for(PROBE_AGENT, &peer),
	};
	struct probe *probe;

	specs[1].port = 0;
	specs[2].target = (struct ip_address){ 0 };
	specs[3].interval_us = 0;
	specs[5].script = "relative";
	specs[6].path = "no-slash";
	specs[7].host = "evil\r\nHeader: x";
	specs[8].regex = "(";
	specs[9].status = "2xx";
	specs[10].dns_name = "a..b";
	specs[11].host = "a b";
	specs[12].payload = "\\q";
	for (size_t i = 0; i < ELEMENTS_OF(specs); i++) {
		assert_non_null(probe_spec_error(&specs[i]));
		assert_int_equal(probe_add(probes, &specs[i], NULL, NULL, &probe), -EINVAL);
	}
}

static void remove_itself(struct probe *probe, const struct probe_result *result, void *userdata)
{
	++*(unsigned *)userdata;
	probe_remove(probe);
}

/* Hundreds at once, each of which goes away in its own callback; the rest with the engine. */
static void run_many(struct peer *peer)
{
	unsigned removed = 0, wanted = 300;
	uint64_t end_us = monotonic_us() + HANG_US;
	struct probe *probe;

	for (unsigned i = 0; i < wanted; i++) {
		struct probe_spec spec = spec_for(i % 2 ? PROBE_HTTP : PROBE_TCP, peer);

		assert_int_equal(probe_add(probes, &spec, remove_itself, &removed, &probe), 0);
	}
	while (removed < wanted) {
		assert_true(monotonic_us() < end_us);
		assert_true(sd_event_run(event, HANG_US) >= 0);
	}
}

static void many_at_once(void **state)
{
	with_peer((struct peer){ .replies = { "HTTP/1.0 200 OK\r\n\r\n" } }, SOCK_STREAM, run_many);
}

/* Every kind, running when the engine is freed. */
static void run_left(struct peer *peer)
{
	uint64_t end_us = monotonic_us() + 3 * INTERVAL_US;
	struct probes *others;
	struct probe *probe;

	assert_int_equal(probes_new(event, &others), 0);
	for (enum probe_kind kind = 0; kind < PROBE_KIND_MAX; kind++) {
		struct probe_spec spec = spec_for(kind, peer);

		spec.payload = "x";
		spec.script = "/bin/cat";
		spec.device = "lo";
		spec.source = peer->ip;
		if (kind == (peer->ip.family == AF_INET ? PROBE_ND : PROBE_ARP))
			continue;
		assert_int_equal(probe_add(others, &spec, NULL, NULL, &probe), 0);
	}
	while (monotonic_us() < end_us)
		assert_true(sd_event_run(event, INTERVAL_US) >= 0);
	probes_free(others);
}

static void ended_while_running(void **state)
{
	with_peer((struct peer){ .greets = true, .replies = { "", "" } }, SOCK_STREAM, run_left);
}

static int set_up(void **state)
{
	assert_true(sd_event_new(&event) >= 0);
	return probes_new(event, &probes);
}

static int tear_down(void **state)
{
	probes_free(probes);
	sd_event_unref(event);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp),
		cmocka_unit_test(http),
		cmocka_unit_test(what_is_no_http),
		cmocka_unit_test(https),
		cmocka_unit_test(smtp),
		cmocka_unit_test(agents),
		cmocka_unit_test(udp),
		cmocka_unit_test(dns),
		cmocka_unit_test(icmp),
		cmocka_unit_test(scripts),
		cmocka_unit_test(what_cannot_be_sent),
		cmocka_unit_test(wrong_specs),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(ended_while_running),
	};

	directory = argc > 1 ? argv[1] : "probe";
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
