/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connection tracking with real connections. The box translates both ways; its server and its
 * clients use an address of their own on lo.
 *
 *   box: lo 10.9.0.1, fd09::1
 *        red 10.1.0.1/24, fd01::1/64 ---- black 10.1.0.2/24, fd01::2/64 : far
 *
 *   out:  10.9.0.1 -> 10.1.0.2:7000, seen as 10.1.0.1     (fd09::1 -> [fd01::2]:7000 likewise)
 *   in:   10.1.0.2 -> 10.1.0.1:8000, served by 10.9.0.1:80
 */
#include "netns.h"

#include "kernel/conntrack.h"
#include "kernel/kernel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

enum {
	OUT_MARK = 0x100,
	IN_MARK = 0x200,
	FOREIGN_MARK = 0x50000,
	MASK = 0xff00
};

static const char rules[] = "table inet test {\n"
			    " chain marks { type filter hook output priority -150;\n"
			    "  ct state new oifname red tcp dport 7000 ct mark set 0x00050100\n"
			    "  ct state new oifname red udp dport 7001 ct mark set 0x00050000\n"
			    "  ct state new oifname red meta l4proto udp ct label set 40\n"
			    "  ct state new oifname red tcp dport 7000 ct label set 127\n }\n"
			    " chain inward { type nat hook prerouting priority -100;\n"
			    "  iifname red tcp dport 8000 meta mark set 0 ct mark set 0x00050200 "
			    "dnat ip to 10.9.0.1:80\n }\n"
			    " chain outward { type nat hook postrouting priority 100;\n"
			    "  ip saddr 10.9.0.1 oifname red snat ip to 10.1.0.1\n"
			    "  ip6 saddr fd09::1 oifname red snat ip6 to fd01::1\n }\n"
			    "}\n";

struct fixture {
	struct kernel *kernel;
	int box, far; /* namespaces */
	ARRAY(int) sockets;
	ARRAY(struct flow) flows;
};

static void in_namespace(int fd)
{
	assert_int_equal(setns(fd, CLONE_NEWNET), 0);
}

static int namespace_fd(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void make_network(struct fixture *f)
{
	netns_enter();
	f->box = namespace_fd();
	netns_enter();
	f->far = namespace_fd();
	run("ip link add black type veth peer name red netns /proc/%d/fd/%d && ip link set black up && ip address add 10.1.0.2/24 dev black && "
	    "ip address add fd01::2/64 dev black nodad",
	    getpid(), f->box);
	in_namespace(f->box);
	run("ip link set red up && ip address add 10.1.0.1/24 dev red && "
	    "ip address add fd01::1/64 dev red nodad && ip address add 10.9.0.1 dev lo && "
	    "ip address add fd09::1 dev lo nodad && nft '%s'",
	    rules);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	make_network(f);
	assert_int_equal(kernel_open(&f->kernel), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	kernel_close(f->kernel);
	array_foreach(&f->sockets, fd)
		close(*fd);
	array_done(&f->sockets);
	array_done(&f->flows);
	close(f->box);
	close(f->far);
	free(f);
	return 0;
}

static socklen_t socket_address(const char *text, uint16_t port, struct sockaddr_storage *ret)
{
	struct ip_address address = address_of(text);
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;

	memset(ret, 0, sizeof(*ret));
	ret->ss_family = address.family;
	if (address.family == AF_INET6) {
		v6->sin6_port = htons(port);
		memcpy(&v6->sin6_addr, address.bytes, 16);
		return sizeof(*v6);
	}
	v4->sin_port = htons(port);
	memcpy(&v4->sin_addr, address.bytes, 4);
	return sizeof(*v4);
}

/* A socket of a namespace, bound to an address. */
static int socket_at(struct fixture *f, int namespace, int type, const char *text, uint16_t port)
{
	struct sockaddr_storage address;
	socklen_t size = socket_address(text, port, &address);
	int fd;

	in_namespace(namespace);
	fd = socket(address.ss_family, type | SOCK_CLOEXEC, 0);
	in_namespace(f->box);
	assert_true(fd >= 0);
	assert_int_equal(array_push(&f->sockets, fd), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	return fd;
}

static int listen_at(struct fixture *f, int namespace, const char *text, uint16_t port)
{
	int fd = socket_at(f, namespace, SOCK_STREAM, text, port);

	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* Connects and accepts. The client's socket. */
static int connect_to(struct fixture *f, int namespace, const char *from, const char *to,
		      uint16_t port, int listener)
{
	int fd = socket_at(f, namespace, SOCK_STREAM, from, 0), accepted;
	struct sockaddr_storage address;
	socklen_t size = socket_address(to, port, &address);

	assert_int_equal(connect(fd, (struct sockaddr *)&address, size), 0);
	accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(accepted >= 0);
	assert_int_equal(array_push(&f->sockets, accepted), 0);
	return fd;
}

static void connect_all(struct fixture *f)
{
	int far = listen_at(f, f->far, "10.1.0.2", 7000),
	    far6 = listen_at(f, f->far, "fd01::2", 7000);
	int near = listen_at(f, f->box, "10.9.0.1", 80);
	int udp = socket_at(f, f->box, SOCK_DGRAM, "10.9.0.1", 5000);
	struct sockaddr_storage address;
	socklen_t size = socket_address("10.1.0.2", 7001, &address);

	connect_to(f, f->box, "10.9.0.1", "10.1.0.2", 7000, far);
	connect_to(f, f->box, "fd09::1", "fd01::2", 7000, far6);
	connect_to(f, f->far, "10.1.0.2", "10.1.0.1", 8000, near);
	assert_int_equal(sendto(udp, "x", 1, 0, (struct sockaddr *)&address, size), 1);
}

static void keep_flow(const struct flow *flow, void *userdata)
{
	struct fixture *f = userdata;

	/* neighbour discovery and the like are tracked as well */
	if (flow->protocol == IPPROTO_TCP || flow->protocol == IPPROTO_UDP)
		assert_int_equal(array_push(&f->flows, *flow), 0);
}

static size_t dump(struct fixture *f)
{
	f->flows.n = 0;
	assert_int_equal(f->kernel->ops->flows_dump(f->kernel, keep_flow, f), 0);
	return f->flows.n;
}

static const struct flow *flow_to(struct fixture *f, const char *destination, uint16_t port)
{
	struct ip_address address = address_of(destination);

	array_foreach(&f->flows, flow)
		if (ip_equal(&flow->destination, &address) && flow->destination_port == port)
			return flow;
	return NULL;
}

static void assert_address(const struct ip_address *address, const char *text)
{
	assert_string_equal(ip_text(address).text, text);
}

static void test_dump(void **state)
{
	struct fixture *f = *state;
	const struct flow *flow;

	connect_all(f);
	assert_int_equal(dump(f), 4);

	flow = flow_to(f, "10.1.0.2", 7000);
	assert_non_null(flow);
	assert_address(&flow->client, "10.9.0.1");
	assert_address(&flow->server, "10.1.0.2");
	assert_address(&flow->seen, "10.1.0.1");
	assert_int_equal(flow->mark, FOREIGN_MARK | OUT_MARK);
	assert_true(flow->active && flow->id != 0);
	assert_true(flow->client_port != 0 && flow->server_port == 7000);
	assert_true(flow->seen_port == flow->client_port);
	assert_true(flow_has_label(flow, 127) && !flow_has_label(flow, 40));

	flow = flow_to(f, "10.1.0.1", 8000);
	assert_non_null(flow);
	assert_address(&flow->client, "10.1.0.2");
	assert_address(&flow->server, "10.9.0.1");
	assert_address(&flow->seen, "10.1.0.2");
	assert_true(flow->server_port == 80 && flow->active);
	assert_int_equal(flow->mark, FOREIGN_MARK | IN_MARK);

	flow = flow_to(f, "fd01::2", 7000);
	assert_non_null(flow);
	assert_address(&flow->client, "fd09::1");
	assert_address(&flow->seen, "fd01::1");

	flow = flow_to(f, "10.1.0.2", 7001);
	assert_non_null(flow);
	assert_true(flow->protocol == IPPROTO_UDP && !flow->active && flow->client_port == 5000);
	assert_true(flow_has_label(flow, 40) && !flow_has_label(flow, 127));
}

static void test_dump_by_mark(void **state)
{
	struct fixture *f = *state;

	connect_all(f);
	assert_int_equal(
		f->kernel->ops->flows_dump_mark(f->kernel, AF_INET, OUT_MARK, MASK, keep_flow, f),
		0);
	assert_int_equal(f->flows.n, 1);
	assert_non_null(flow_to(f, "10.1.0.2", 7000));
}

static void test_delete_by_mark(void **state)
{
	struct fixture *f = *state;

	connect_all(f);
	assert_int_equal(
		f->kernel->ops->flows_delete_mark(f->kernel, AF_INET, OUT_MARK, MASK, NULL, NULL),
		0);
	assert_int_equal(dump(f), 3); /* the other family is not meant */
	assert_int_equal(
		f->kernel->ops->flows_delete_mark(f->kernel, AF_INET6, OUT_MARK, MASK, NULL, NULL),
		0);
	assert_int_equal(dump(f), 2);
	assert_non_null(flow_to(f, "10.1.0.1", 8000));
	assert_non_null(flow_to(f, "10.1.0.2", 7001));
	assert_int_equal(
		f->kernel->ops->flows_delete_mark(f->kernel, AF_INET, OUT_MARK, MASK, NULL, NULL),
		0);
}

static void test_delete_datagrams(void **state)
{
	struct fixture *f = *state;
	const struct flow *flow;
	uint32_t mark;
	int r;

	connect_all(f);
	assert_int_equal(dump(f), 4);
	flow = flow_to(f, "10.1.0.2", 7001);
	assert_non_null(flow);
	mark = flow->mark & MASK;
	r = f->kernel->ops->flows_delete_datagrams(f->kernel, AF_INET, OUT_MARK, MASK);
	if (r == -EOPNOTSUPP) /* and nothing else is said against it */
		skip();
	assert_int_equal(r, 0);
	assert_int_equal(f->kernel->ops->flows_delete_datagrams(f->kernel, AF_INET6, mark, MASK),
			 0);
	assert_int_equal(dump(f), 4);
	assert_int_equal(f->kernel->ops->flows_delete_datagrams(f->kernel, AF_INET, mark, MASK), 0);
	assert_int_equal(dump(f), 3);
	assert_null(flow_to(f, "10.1.0.2", 7001));
}

static bool is_of(const struct flow *flow, void *userdata)
{
	return flow_is_of(flow, userdata);
}

static void delete_address(struct fixture *f, const char *text)
{
	struct ip_address address = address_of(text);

	assert_int_equal(f->kernel->ops->flows_delete(f->kernel, is_of, &address), 0);
}

static void test_delete_by_address(void **state)
{
	struct fixture *f = *state;

	connect_all(f);
	delete_address(f, "10.9.0.1"); /* a client without translation and a server: not meant */
	assert_int_equal(dump(f), 4);
	delete_address(f, "fd01::1");
	assert_int_equal(dump(f), 3);
	assert_null(flow_to(f, "fd01::2", 7000));
	delete_address(f, "10.1.0.1");
	assert_int_equal(dump(f), 0);
}

/* Which to delete, and how many of them there were. */
struct choice {
	uint8_t protocol;
	size_t n;
};

static bool is_chosen(const struct flow *flow, void *userdata)
{
	struct choice *choice = userdata;

	choice->n += flow->protocol == choice->protocol;
	return flow->protocol == choice->protocol;
}

static void test_delete_by_choice(void **state)
{
	struct fixture *f = *state;
	struct choice choice = { .protocol = IPPROTO_TCP };

	connect_all(f);
	assert_int_equal(f->kernel->ops->flows_delete(f->kernel, is_chosen, &choice), 0);
	assert_int_equal(choice.n, 3);
	assert_int_equal(dump(f), 1);
	assert_non_null(flow_to(f, "10.1.0.2", 7001));
}

/* Asked of nothing but what has the mark. */
static void test_delete_by_mark_and_choice(void **state)
{
	struct fixture *f = *state;
	struct choice tcp = { .protocol = IPPROTO_TCP }, udp = { .protocol = IPPROTO_UDP };

	connect_all(f);
	assert_int_equal(f->kernel->ops->flows_delete_mark(f->kernel, AF_INET, OUT_MARK, MASK,
							   is_chosen, &udp),
			 0);
	assert_int_equal(udp.n, 0);
	assert_int_equal(dump(f), 4);
	assert_int_equal(f->kernel->ops->flows_delete_mark(f->kernel, AF_INET, OUT_MARK, MASK,
							   is_chosen, &tcp),
			 0);
	assert_int_equal(tcp.n, 1);
	assert_int_equal(dump(f), 3);
	assert_null(flow_to(f, "10.1.0.2", 7000));
}

/* Binds it, and returns the link's index. */
static int bind_to_link(int fd, const char *name)
{
	int link = 0;
	socklen_t size = sizeof(link);

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)),
			 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &link, &size), 0);
	return link;
}

/* A socket is ended by its own end and the other, and by its link, if it is bound to one; one that
 * is not there is no error. */
static void test_end_socket(void **state)
{
	struct fixture *f = *state;
	int far = listen_at(f, f->far, "10.1.0.2", 7000),
	    far6 = listen_at(f, f->far, "fd01::2", 7000);
	int ended[] = { connect_to(f, f->box, "10.9.0.1", "10.1.0.2", 7000, far),
			connect_to(f, f->box, "fd09::1", "fd01::2", 7000, far6) };
	int other = connect_to(f, f->box, "10.9.0.1", "10.1.0.2", 7000, far);
	const char *to[] = { "10.1.0.2", "fd01::2" };
	int link = bind_to_link(ended[0], "red");
	char byte;

	assert_int_equal(dump(f), 3);
	for (size_t i = 0; i < ELEMENTS_OF(ended); i++) {
		struct sockaddr_storage own;
		socklen_t size = sizeof(own);
		const struct sockaddr_in *port = (const struct sockaddr_in *)&own;
		struct flow flow = *flow_to(f, to[i], 7000);
		int r;

		assert_int_equal(getsockname(ended[i], (struct sockaddr *)&own, &size), 0);
		flow.client_port = ntohs(port->sin_port);
		r = f->kernel->ops->end_socket(f->kernel, &flow, link);
		if (r == -EOPNOTSUPP)
			skip();
		assert_int_equal(r, 0);
		assert_int_equal(recv(ended[i], &byte, 1, MSG_DONTWAIT), -1);
		assert_int_equal(errno, ECONNABORTED);
		assert_int_equal(f->kernel->ops->end_socket(f->kernel, &flow, link), 0);
	}
	assert_int_equal(recv(other, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

/* The handshake is told when the kernel counts, and nothing when it does not. */
static void test_counters(void **state)
{
	struct fixture *f = *state;
	const struct flow *flow;

	connect_all(f);
	assert_int_equal(dump(f), 4);
	flow = flow_to(f, "10.1.0.2", 7000);
	assert_true(flow->assured && flow->state == TCP_CONNTRACK_ESTABLISHED);
	assert_true(flow->timeout_s > 0 && flow->packets[FLOW_ORIGINAL] == 0);
	assert_false(flow_to(f, "10.1.0.2", 7001)->assured);

	run("echo 1 >/proc/sys/net/netfilter/nf_conntrack_acct");
	connect_to(f, f->box, "10.9.0.1", "10.1.0.2", 7002, listen_at(f, f->far, "10.1.0.2", 7002));
	assert_int_equal(dump(f), 5);
	flow = flow_to(f, "10.1.0.2", 7002);
	assert_int_equal(flow->packets[FLOW_ORIGINAL], 2);
	assert_int_equal(flow->packets[FLOW_REPLY], 1);
	assert_true(flow->bytes[FLOW_ORIGINAL] > flow->bytes[FLOW_REPLY]);
}

/* UDP from one port of the box to the first `n` of the far side. */
static void send_from(struct fixture *f, uint16_t from, uint16_t n)
{
	int udp = socket_at(f, f->box, SOCK_DGRAM, "10.9.0.1", from);

	for (uint16_t port = 1; port <= n; port++) {
		struct sockaddr_storage address;
		socklen_t size = socket_address("10.1.0.2", port, &address);

		assert_int_equal(sendto(udp, "x", 1, 0, (struct sockaddr *)&address, size), 1);
	}
}

static void test_delete_many(void **state)
{
	struct fixture *f = *state;
	uint64_t before = f->kernel->ops->stats(f->kernel).changes;

	send_from(f, 5000, 1000);
	assert_int_equal(dump(f), 1000);
	delete_address(f, "10.1.0.1");
	assert_int_equal(dump(f), 0);
	assert_int_equal(f->kernel->ops->stats(f->kernel).changes - before, 1000);
}

static void test_adoption(void **state)
{
	struct fixture *f = *state;
	const struct flow_owner owners[] = { { address_of("10.1.0.1"), 0x700 },
					     { address_of("fd01::1"), 0x800 } };

	connect_all(f);
	run("conntrack -U -f ipv6 -m 0x30000 2>&1");
	assert_int_equal(f->kernel->ops->flows_adopt(f->kernel, owners, 2, MASK), 0);
	assert_int_equal(dump(f), 4);
	assert_int_equal(flow_to(f, "10.1.0.2", 7001)->mark, FOREIGN_MARK | 0x700);
	assert_int_equal(flow_to(f, "fd01::2", 7000)->mark, 0x30000 | 0x800);
	assert_int_equal(flow_to(f, "10.1.0.2", 7000)->mark, FOREIGN_MARK | OUT_MARK);
	assert_int_equal(flow_to(f, "10.1.0.1", 8000)->mark, FOREIGN_MARK | IN_MARK);
}

/* What was told of the connection to port 7000. */
struct history {
	uint32_t id;
	bool began, became_active, ended, lost;
};

static void on_flow(enum flow_event event, const struct flow *flow, void *userdata)
{
	struct history *history = userdata;

	if (event == FLOW_LOST) {
		history->lost = true;
		return;
	}
	if (flow->destination_port != 7000)
		return;
	if (event == FLOW_NEW) {
		history->id = flow->id;
		history->began = flow->mark == (FOREIGN_MARK | OUT_MARK);
	}
	assert_int_equal(flow->id, history->id);
	history->became_active = history->became_active || flow->active;
	history->ended = history->ended || event == FLOW_END;
}

static void on_changed(unsigned parts, void *userdata)
{
}

static void test_watch(void **state)
{
	struct fixture *f = *state;
	struct history history = { 0 };
	const struct kernel_callbacks callbacks = { on_changed, on_flow, &history };
	sd_event *event;
	int listener;

	assert_int_equal(sd_event_new(&event), 0);
	assert_int_equal(f->kernel->ops->attach(f->kernel, event, &callbacks), 0);
	assert_int_equal(f->kernel->ops->flows_watch(f->kernel, FLOW_WATCH_EVERYTHING), 0);
	assert_int_equal(f->kernel->ops->flows_watch(f->kernel, FLOW_WATCH_EVERYTHING), 0);
	listener = listen_at(f, f->far, "10.1.0.2", 7000);
	connect_to(f, f->box, "10.9.0.1", "10.1.0.2", 7000, listener);
	loop_until(event, &history.became_active);
	assert_true(history.began);
	assert_int_equal(
		f->kernel->ops->flows_delete_mark(f->kernel, AF_INET, OUT_MARK, MASK, NULL, NULL),
		0);
	loop_until(event, &history.ended);
	assert_false(history.lost);

	assert_int_equal(f->kernel->ops->flows_watch(f->kernel, FLOW_WATCH_NOTHING), 0);
	history = (struct history){ 0 };
	connect_to(f, f->box, "10.9.0.1", "10.1.0.2", 7000, listener);
	while (sd_event_run(event, 0) > 0)
		continue;
	assert_false(history.began);
	sd_event_unref(event);
}

static void test_lost_news_are_told(void **state)
{
	struct fixture *f = *state;
	struct conntrack conntrack = { 0 };
	struct history history = { 0 };
	const struct kernel_callbacks callbacks = { on_changed, on_flow, &history };
	struct pollfd events = { .events = POLLIN };
	int size = 1;

	assert_int_equal(conntrack_init(&conntrack), 0);
	assert_int_equal(conntrack_watch(&conntrack, FLOW_WATCH_EVERYTHING), 0);
	events.fd = netlink_fd(&conntrack.events);
	assert_int_equal(setsockopt(netlink_fd(&conntrack.events), SOL_SOCKET, SO_RCVBUFFORCE,
				    &size, sizeof(size)),
			 0);
	send_from(f, 5000, 1000);
	assert_int_equal(conntrack_read_events(&conntrack, &callbacks), 0);
	assert_true(history.lost);
	/* Nothing of before is told after. */
	send_from(f, 5000, 1000);
	assert_int_equal(conntrack_hear(&conntrack, &callbacks), 0);
	assert_int_equal(poll(&events, 1, 0), 0);
	conntrack_done(&conntrack);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_dump),
		TEST(test_delete_by_mark),
		TEST(test_delete_datagrams),
		TEST(test_delete_by_address),
		TEST(test_dump_by_mark),
		TEST(test_delete_by_choice),
		TEST(test_delete_by_mark_and_choice),
		TEST(test_end_socket),
		TEST(test_counters),
		TEST(test_delete_many),
		TEST(test_adoption),
		TEST(test_watch),
		TEST(test_lost_news_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
