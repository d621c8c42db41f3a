/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client that waits for an answer learns at once that its connection is gone: its entry is
 * deleted, it is provoked, and the rules of a service answer with a reset. What provokes belongs to
 * no connection, and has to be untracked to leave where nothing invalid may. The service's
 * addresses are such that the gateway has (10.1.0.1, fd01::1) and such that it has not (10.8.0.1,
 * fd08::1).
 *
 *   client: black 10.1.0.2/24, fd01::2/64 ---- gateway: red 10.1.0.1/24, fd01::1/64
 *                                              gateway: grey 10.2.0.1/24, fd02::1/64
 *   server: white 10.2.0.2/24, fd02::2/64 ---- (replies go back by the gateway)
 */
#include "netns.h"

#include "base/time.h"
#include "kernel/kernel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

enum {
	MARK = 0x100,
	MANY = 300,
	HANG_MS = 10 * 1000
};

static const char rules[] =
	"table inet test {\n"
	" chain serve { type nat hook prerouting priority -100;\n"
	"  ip daddr { 10.1.0.1, 10.8.0.1 } tcp dport 80 goto service\n"
	"  ip6 daddr { fd01::1, fd08::1 } tcp dport 80 goto service\n }\n"
	" chain service {\n"
	"  tcp flags & 0x17 != 0x02 reject with tcp reset\n"
	"  meta l4proto tcp dnat ip to 10.2.0.2:8000\n"
	"  meta l4proto tcp dnat ip6 to [fd02::2]:8000\n }\n"
	" chain untracked { type filter hook output priority -300;\n"
	"  meta mark & 0xff00 != 0 tcp flags & 0x17 == 0x12 notrack counter\n }\n"
	" chain egress { type filter hook postrouting priority 110;\n"
	"  oifname red ct state invalid drop\n }\n"
	"}\n";

struct fixture {
	struct kernel *kernel;
	int gateway, client, server; /* namespaces */
	ARRAY(int) sockets;
	ARRAY(struct flow) deleted;
	struct ip_address vip;
};

static void in_namespace(int fd)
{
	assert_int_equal(setns(fd, CLONE_NEWNET), 0);
}

/* Without duplicate address detection: a handshake that waits for it repeats segments. */
static int namespace_new(void)
{
	int fd;

	netns_enter();
	run("echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad");
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void make_link(const struct fixture *f, int namespace, const char *near, const char *far,
		      int net)
{
	in_namespace(namespace);
	run("ip link add %s type veth peer name %s netns /proc/%d/fd/%d && ip link set %s up && "
	    "ip address add 10.%d.0.2/24 dev %s && ip address add fd0%d::2/64 dev %s nodad",
	    far, near, getpid(), f->gateway, far, net, far, net, far);
	in_namespace(f->gateway);
	run("ip link set %s up && ip address add 10.%d.0.1/24 dev %s && "
	    "ip address add fd0%d::1/64 dev %s nodad",
	    near, net, near, net, near);
	in_namespace(namespace);
	run("ip route add default via 10.%d.0.1 && ip route add default via fd0%d::1", net, net);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->client = namespace_new();
	f->server = namespace_new();
	f->gateway = namespace_new();
	make_link(f, f->client, "red", "black", 1);
	make_link(f, f->server, "grey", "white", 2);
	in_namespace(f->gateway);
	run("echo 1 >/proc/sys/net/ipv4/ip_forward && "
	    "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding && nft '%s'",
	    rules);
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
	array_done(&f->deleted);
	close(f->gateway);
	close(f->client);
	close(f->server);
	free(f);
	return 0;
}

static int socket_at(struct fixture *f, int namespace, uint8_t family)
{
	int fd;

	in_namespace(namespace);
	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	in_namespace(f->gateway);
	assert_true(fd >= 0);
	assert_int_equal(array_push(&f->sockets, fd), 0);
	return fd;
}

static socklen_t socket_address(const struct ip_address *address, uint16_t port,
				struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;

	memset(ret, 0, sizeof(*ret));
	ret->ss_family = address->family;
	if (address->family == AF_INET6) {
		v6->sin6_port = htons(port);
		memcpy(&v6->sin6_addr, address->bytes, sizeof(v6->sin6_addr));
		return sizeof(*v6);
	}
	v4->sin_port = htons(port);
	memcpy(&v4->sin_addr, address->bytes, sizeof(v4->sin_addr));
	return sizeof(*v4);
}

static int serve(struct fixture *f, uint8_t family)
{
	struct ip_address own = address_of(family == AF_INET6 ? "fd02::2" : "10.2.0.2");
	struct sockaddr_storage address;
	socklen_t size = socket_address(&own, 8000, &address);
	int fd = socket_at(f, f->server, family);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 16), 0);
	return fd;
}

/* A client of the service that waits for an answer. */
static int connect_client(struct fixture *f, int listener)
{
	struct sockaddr_storage address;
	socklen_t size = socket_address(&f->vip, 80, &address);
	int fd = socket_at(f, f->client, f->vip.family), accepted;

	assert_int_equal(connect(fd, (struct sockaddr *)&address, size), 0);
	accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(accepted >= 0);
	assert_int_equal(array_push(&f->sockets, accepted), 0);
	return fd;
}

static bool is_served(const struct flow *flow, void *userdata)
{
	struct fixture *f = userdata;

	if (!ip_equal(&flow->destination, &f->vip) || flow->destination_port != 80)
		return false;
	assert_int_equal(array_push(&f->deleted, *flow), 0);
	return true;
}

static void end_connections(struct fixture *f, size_t n)
{
	f->deleted.n = 0;
	assert_int_equal(f->kernel->ops->flows_delete(f->kernel, is_served, f), 0);
	assert_int_equal(f->deleted.n, n);
	array_foreach(&f->deleted, flow)
		assert_int_equal(f->kernel->ops->provoke(f->kernel, flow, MARK), 0);
}

static void assert_reset(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char byte;

	assert_int_equal(poll(&ready, 1, HANG_MS), 1);
	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, ECONNRESET);
}

static void assert_no_entry(struct fixture *f)
{
	f->deleted.n = 0;
	assert_int_equal(f->kernel->ops->flows_delete(f->kernel, is_served, f), 0);
	assert_int_equal(f->deleted.n, 0);
}

/* `n` connections to the service at `vip` end at once, and leave nothing behind. */
static void check_resets(struct fixture *f, const char *vip, int n)
{
	int listener, fds[MANY];
	uint64_t start;

	f->vip = address_of(vip);
	listener = serve(f, f->vip.family);
	for (int i = 0; i < n; i++)
		fds[i] = connect_client(f, listener);
	start = monotonic_us();
	end_connections(f, (size_t)n);
	for (int i = 0; i < n; i++)
		assert_reset(fds[i]);
	printf("%d clients of %s reset after %" PRIu64 " us\n", n, vip, monotonic_us() - start);
	assert_no_entry(f);
}

static void test_address_of_the_box(void **state)
{
	check_resets(*state, "10.1.0.1", 1);
	check_resets(*state, "fd01::1", 1);
}

static void test_address_of_nobody(void **state)
{
	check_resets(*state, "10.8.0.1", 1);
	check_resets(*state, "fd08::1", 1);
}

static void test_many(void **state)
{
	check_resets(*state, "10.8.0.1", MANY);
}

/* A firewall and NAT before the client let pass what provokes it. */
static void test_behind_nat(void **state)
{
	static const char nat[] =
		"table inet test {\n"
		" chain out { type nat hook postrouting priority 100;\n"
		"  oifname black masquerade\n }\n"
		" chain in { type filter hook input priority 0; policy drop;\n"
		"  ct state established accept\n  icmpv6 type != echo-request accept\n }\n"
		"}\n";
	struct fixture *f = *state;

	in_namespace(f->client);
	run("ip address add 10.7.0.2 dev lo && ip address add fd07::2 dev lo nodad && "
	    "ip route replace default via 10.1.0.1 src 10.7.0.2 && "
	    "ip -6 route replace default via fd01::1 src fd07::2 && nft '%s'",
	    nat);
	in_namespace(f->gateway);
	check_resets(f, "10.8.0.1", 1);
	check_resets(f, "fd08::1", 1);
}

/* It carries the mark of its line. */
static void test_mark(void **state)
{
	_cleanup_free_ char *text = NULL;

	check_resets(*state, "10.8.0.1", 1);
	text = output_of("nft list chain inet test untracked");
	assert_non_null(strstr(text, "counter packets 1 "));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_address_of_the_box),
		TEST(test_address_of_nobody),
		TEST(test_many),
		TEST(test_behind_nat),
		TEST(test_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
