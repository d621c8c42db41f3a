/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Announcements, as the other end of the link sees them.
 */
#include "netns.h"

#include "kernel/kernel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static int set_up(void **state)
{
	struct kernel *kernel;

	netns_enter();
	make_red();
	assert_int_equal(kernel_open(&kernel), 0);
	*state = kernel;
	return 0;
}

static int tear_down(void **state)
{
	kernel_close(*state);
	return 0;
}

/* A socket that sees what arrives at black. */
static int listen_at_black(uint16_t protocol)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(protocol),
				       .sll_ifindex = link_index("black") };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* The next frame that has `what` at `offset`. */
static void read_frame(int fd, uint8_t *frame, size_t size, size_t offset, const void *what,
		       size_t length)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	do {
		assert_int_equal(poll(&wait, 1, 30000), 1);
		assert_true(recv(fd, frame, size, 0) > 0);
	} while (memcmp(frame + offset, what, length) != 0);
}

static void test_arp_announcement(void **state)
{
	struct kernel *kernel = *state;
	struct ip_address address = address_of("10.1.0.10");
	_cleanup_close_ int fd = listen_at_black(ETH_P_ARP);
	uint8_t frame[128];

	run("ip link set red address 02:00:00:00:00:01");
	assert_int_equal(kernel->ops->announce(kernel, link_index("red"), &address), 0);
	for (uint8_t operation = 1; operation <= 2; operation++) {
		/* hardware, protocol, operation, sender: red's address, then the announced one */
		read_frame(fd, frame, sizeof(frame), 14 + 14, address.bytes, 4);
		assert_memory_equal(frame, "\xff\xff\xff\xff\xff\xff\2\0\0\0\0\1\x08\x06", 14);
		assert_memory_equal(frame + 14, "\0\1\x08\0\6\4\0", 7);
		assert_int_equal(frame[21], operation);
		assert_memory_equal(frame + 22, "\2\0\0\0\0\1", 6);
		assert_memory_equal(frame + 38, address.bytes, 4);
	}
}

/* The sum over a message that carries a right checksum is 0xffff. */
static uint16_t icmp6_sum(const uint8_t *ip)
{
	size_t size = (size_t)(ip[4] << 8 | ip[5]);
	uint32_t sum = (uint32_t)size + IPPROTO_ICMPV6;

	for (size_t i = 8; i < 40 + size; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void test_neighbour_advertisement(void **state)
{
	struct kernel *kernel = *state;
	struct ip_address address = address_of("fd01::10");
	_cleanup_close_ int fd = listen_at_black(ETH_P_IPV6);
	uint8_t frame[256], *ip = frame + 14, *icmp = ip + 40;

	run("ip link set red address 02:00:00:00:00:01");
	for (uint8_t forwarding = 0; forwarding <= 1; forwarding++) {
		run("echo %u >/proc/sys/net/ipv6/conf/red/forwarding", forwarding);
		assert_int_equal(kernel->ops->announce(kernel, link_index("red"), &address), 0);
		read_frame(fd, frame, sizeof(frame), 14 + 8, address.bytes, 16);
		assert_memory_equal(frame, "\x33\x33\0\0\0\1\2\0\0\0\0\1\x86\xdd", 14);
		assert_int_equal(ip[7], 255);
		assert_memory_equal(ip + 24, "\xff\2\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
		assert_int_equal(icmp6_sum(ip), 0xffff);
		assert_int_equal(icmp[0], 136);
		assert_int_equal(icmp[4], forwarding ? 0xa0 : 0x20);
		assert_memory_equal(icmp + 8, address.bytes, 16);
		assert_memory_equal(icmp + 24, "\2\1\2\0\0\0\0\1", 8);
	}
}

/* Hosts take it from a link-local address, with a hop limit that no router lets through, only. */
static void test_router_advertisement(void **state)
{
	struct kernel *kernel = *state;
	struct ip_address net = address_of("2001:db8:1::");
	struct advertisement advertisement = { .link = link_index("red"),
					       .router_s = 1800,
					       .v = { { { net, 64 }, 0, 7200 } },
					       .n = 1 };
	_cleanup_close_ int fd = listen_at_black(ETH_P_IPV6);
	uint8_t frame[256], *ip = frame + 14, *icmp = ip + 40, *option = icmp + 16;

	run("ip address add fe80::99/64 dev red nodad && ip address add fd01::99/64 dev red nodad");
	assert_int_equal(kernel->ops->advertise(kernel, &advertisement), 0);
	read_frame(fd, frame, sizeof(frame), 14 + 40 + 16 + 16, net.bytes, 16);
	assert_int_equal(ip[7], 255);
	assert_memory_equal(ip + 8, "\xfe\x80", 2);
	assert_memory_equal(ip + 24, "\xff\2\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	assert_int_equal(icmp6_sum(ip), 0xffff);
	assert_memory_equal(icmp, "\x86\0", 2);
	assert_memory_equal(icmp + 4, "\0\0\x07\x08\0\0\0\0\0\0\0\0", 12);
	assert_memory_equal(option, "\3\4\x40\xc0\0\0\x1c\x20\0\0\0\0\0\0\0\0", 16);
	advertisement.link = 12345;
	assert_true(kernel->ops->advertise(kernel, &advertisement) < 0);
}

static void test_nobody_to_tell(void **state)
{
	struct kernel *kernel = *state;
	struct ip_address address = address_of("10.1.0.10");

	assert_int_equal(kernel->ops->announce(kernel, link_index("lo"), &address), 0);
	assert_int_equal(kernel->ops->announce(kernel, 12345, &address), -ENODEV);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_arp_announcement),
		TEST(test_neighbour_advertisement),
		TEST(test_router_advertisement),
		TEST(test_nobody_to_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
