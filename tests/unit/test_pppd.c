/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pppd's plugin: what it tells, when it is heard or not, and by whom. */
#include "base/cleanup.h"
#include "pppd/fake.h"
#include "uplink/ppp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/uplinkd-pppd.XXXXXX", path[64];
static int listener = -1;

static void listen_on(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int yes = 1;

	strcpy(address.sun_path, path);
	listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(listener >= 0);
	assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)), 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void listen_no_more(void)
{
	close(listener);
	unlink(path);
}

/* The next message, or false. */
static bool heard(struct ppp_message *ret, struct ucred *ret_sender)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	char text[4096];
	struct iovec part = { text, sizeof(text) };
	struct msghdr header = { .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control) };
	ssize_t size = recvmsg(listener, &header, MSG_DONTWAIT);

	if (size < 0) {
		assert_int_equal(errno, EAGAIN);
		return false;
	}
	assert_int_equal(ppp_message_parse(text, (size_t)size, ret), 0);
	assert_int_equal(control.header.cmsg_type, SCM_CREDENTIALS);
	if (ret_sender)
		memcpy(ret_sender, CMSG_DATA(&control.header), sizeof(*ret_sender));
	return true;
}

static void forget_all(void)
{
	struct ppp_message message;

	while (heard(&message, NULL))
		;
}

/* The next message is of this event, and says so of what goes over the session and why it ended. */
static void expect(enum ppp_event event, int up, const char *end)
{
	struct ppp_message message;

	assert_true(heard(&message, NULL));
	assert_string_equal(ppp_event_text(message.event), ppp_event_text(event));
	assert_int_equal(message.up, up);
	assert_string_equal(message.end, end);
}

static void expect_nothing(void)
{
	struct ppp_message message;

	assert_false(heard(&message, NULL));
}

static void dial(void)
{
	fake_set_lcp(1, "");
	fake_set_status(0);
	fake_notify(FAKE_PHASE, fake_serialconn);
	fake_set_interface("ppp0");
}

static void connect_both(void)
{
	dial();
	fake_negotiate();
	fake_notify(FAKE_IP_UP, 0);
	fake_notify(FAKE_IPV6_UP, 0);
	forget_all();
}

static int set_up(void **state)
{
	listen_on();
	return 0;
}

static int tear_down(void **state)
{
	fake_notify(FAKE_PHASE, fake_dead);
	listen_no_more();
	return 0;
}

static void test_session(void **state)
{
	struct ppp_message m;

	dial();
	expect(PPP_START, 0, "");
	fake_negotiate();
	fake_notify(FAKE_IPV6_UP, 0);
	expect(PPP_IPV6_UP, 1 << FAMILY_V6, "");
	fake_notify(FAKE_IP_UP, 0);
	assert_true(heard(&m, NULL));
	assert_int_equal(m.event, PPP_IP_UP);
	assert_int_equal(m.up, 1 << FAMILY_V4 | 1 << FAMILY_V6);
	assert_string_equal(m.interface, "ppp0");
	assert_string_equal(m.device, "eth1");
	assert_string_equal(m.ipparam, "office");
	assert_int_equal(m.pid, getpid());
	assert_int_equal(m.persists, 1);
	assert_string_equal(ip_text(&m.local[FAMILY_V4]).text, "192.0.2.7");
	assert_string_equal(ip_text(&m.peer[FAMILY_V4]).text, "192.0.2.1");
	assert_string_equal(ip_text(&m.local[FAMILY_V6]).text, "fe80::7");
	assert_string_equal(ip_text(&m.peer[FAMILY_V6]).text, "fe80::1");
	assert_string_equal(ip_text(&m.dns[0]).text, "192.0.2.53");
	assert_string_equal(ip_text(&m.dns[1]).text, "192.0.2.54");
	assert_int_equal(m.mtu, 1492);
	assert_int_equal(m.mru, 1480);
	/* One protocol ends, the session does not. */
	fake_notify(FAKE_IP_DOWN, 0);
	expect(PPP_IP_DOWN, 1 << FAMILY_V6, "");
}

static void test_ended_by_peer(void **state)
{
	connect_both();
	fake_lcp_received(fake_terminate_request, "good\nbye");
	fake_set_lcp(0, "");
	fake_notify(FAKE_IPV6_DOWN, 0);
	expect(PPP_IPV6_DOWN, 0, "peer terminated: good?bye");
	fake_notify(FAKE_IP_DOWN, 0);
	expect(PPP_IP_DOWN, 0, "peer terminated: good?bye");
}

static void test_ended_by_us(void **state)
{
	connect_both();
	fake_set_lcp(1, "Peer not responding");
	fake_notify(FAKE_PHASE, fake_terminate);
	expect(PPP_PHASE, 1 << FAMILY_V4 | 1 << FAMILY_V6, "");
	fake_notify(FAKE_IP_DOWN, 0);
	expect(PPP_IP_DOWN, 0, "no echo replies");
}

static void test_hung_up(void **state)
{
	connect_both();
	fake_set_lcp(0, "");
	fake_set_status(fake_hangup);
	fake_notify(FAKE_IP_DOWN, 0);
	expect(PPP_IP_DOWN, 0, "carrier lost");
}

static void test_echo(void **state)
{
	struct ppp_message message;

	connect_both();
	fake_lcp_sent(fake_echo_request);
	fake_pass(500);
	fake_lcp_received(fake_echo_reply, "");
	fake_pass(2000);
	expect_nothing();
	for (int lost = 1; lost <= 2; lost++) {
		fake_lcp_sent(fake_echo_request);
		fake_pass(999);
		expect_nothing();
		fake_pass(2);
		assert_true(heard(&message, NULL));
		assert_int_equal(message.event, PPP_ECHO);
		assert_int_equal(message.echo_lost, lost);
	}
	fake_lcp_received(fake_echo_reply, "");
	assert_true(heard(&message, NULL));
	assert_int_equal(message.echo_lost, 0);
}

/* Whatever it is, and until somebody listens. */
static void test_absent(void **state)
{
	listen_no_more();
	dial();
	fake_notify(FAKE_IP_UP, 0);
	fake_pass(7000);
	listen_on();
	fake_pass(5000);
	expect(PPP_PHASE, 1 << FAMILY_V4, "");
	fake_pass(20000);
	expect_nothing();

	listen_no_more();
	fake_set_lcp(0, "");
	fake_set_status(fake_hangup);
	fake_notify(FAKE_IP_DOWN, 0);
	fake_notify(FAKE_PHASE, fake_holdoff);
	listen_on();
	fake_pass(5001);
	expect(PPP_PHASE, 0, "carrier lost");
	fake_pass(20000);
	expect_nothing();
}

static bool send_anything(int fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(address.sun_path, path);
	return sendto(fd, "event=phase\n", 12, MSG_DONTWAIT, (struct sockaddr *)&address,
		      sizeof(address)) == 12;
}

/* A daemon that is busy is told soon. */
static void test_busy(void **state)
{
	_cleanup_close_ int other = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	connect_both();
	while (send_anything(other))
		;
	fake_set_lcp(0, "");
	fake_set_status(fake_hangup);
	fake_notify(FAKE_IP_DOWN, 0);
	fake_pass(200);
	forget_all();
	fake_pass(60);
	expect(PPP_PHASE, 0, "carrier lost");
	expect_nothing();
}

/* pppd of a user who may dial: setuid root. */
static void test_setuid(void **state)
{
	struct ppp_message message;
	struct ucred sender;

	if (geteuid() != 0 || setresuid(65534, 0, 0) < 0)
		skip();
	dial();
	assert_true(heard(&message, &sender));
	assert_int_equal(sender.uid, 0);
	assert_int_equal(sender.pid, getpid());
	assert_int_equal(setresuid(0, 0, 0), 0);
}

#define SESSION_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SESSION_TEST(test_session),     SESSION_TEST(test_ended_by_peer),
		SESSION_TEST(test_ended_by_us), SESSION_TEST(test_hung_up),
		SESSION_TEST(test_echo),        SESSION_TEST(test_absent),
		SESSION_TEST(test_busy),        SESSION_TEST(test_setuid),
	};
	int failed;

	if (!mkdtemp(directory))
		return 1;
	snprintf(path, sizeof(path), "%s/ppp", directory);
	fake_load(path);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(directory);
	return failed;
}
