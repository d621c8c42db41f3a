/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every change is heard of, others' affairs are not, and lost news are noticed.
 */
#include "netns.h"

#include "kernel/kernel.h"
#include "kernel/rtnl/rtnl.h"

#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
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

/* What changes, and what must at least be told. */
struct hearing {
	unsigned wanted, heard;
	bool done;
};

static void on_changed(unsigned parts, void *userdata)
{
	struct hearing *hearing = userdata;

	hearing->heard |= parts;
	hearing->done = (hearing->heard & hearing->wanted) == hearing->wanted;
}

static const struct {
	const char *command;
	unsigned parts;
} events[] = {
	{ "ip link add blue type veth peer name green", KERNEL_LINKS | KERNEL_SYSCTLS },
	{ "ip link set green up && ip link set blue up", KERNEL_LINKS },
	{ "ip address add 10.2.0.1/24 dev blue", KERNEL_ADDRESSES },
	{ "ip address add fd02::1/64 dev blue", KERNEL_ADDRESSES },
	{ "ip route add 203.0.113.0/24 via 10.2.0.2", KERNEL_ROUTES },
	{ "ip -6 route add 2001:db8::/48 via fd02::2", KERNEL_ROUTES },
	{ "ip route add 203.0.113.0/24 via 10.2.0.2 table 77 protocol 117", KERNEL_ROUTES },
	{ "ip route delete 203.0.113.0/24 via 10.2.0.2 table 77", KERNEL_ROUTES },
	{ "ip rule add from 10.2.0.1 table 77 protocol 117", KERNEL_RULES },
	{ "ip -6 rule add from fd02::1 table 77 protocol 117", KERNEL_RULES },
	{ "ip rule delete from 10.2.0.1", KERNEL_RULES },
	{ "ip -6 rule delete from fd02::1", KERNEL_RULES },
	{ "echo 1 >/proc/sys/net/ipv4/conf/blue/rp_filter", KERNEL_SYSCTLS },
	{ "nft add table inet uplinkd", KERNEL_NFT },
	{ "nft delete table inet uplinkd", KERNEL_NFT },
	{ "ip address delete 10.2.0.1/24 dev blue", KERNEL_ADDRESSES | KERNEL_ROUTES },
	{ "ip link set blue down", KERNEL_LINKS | KERNEL_ROUTES },
	{ "ip link delete blue", KERNEL_LINKS | KERNEL_ROUTES },
};

static void test_changes_are_heard(void **state)
{
	struct kernel *kernel = *state;
	struct hearing hearing = { 0 };
	const struct kernel_callbacks callbacks = { .changed = on_changed, .userdata = &hearing };
	sd_event *event;

	assert_int_equal(sd_event_new(&event), 0);
	assert_int_equal(kernel->ops->attach(kernel, event, &callbacks), 0);
	for (size_t i = 0; i < ELEMENTS_OF(events); i++) {
		while (sd_event_run(event, 0) > 0)
			continue;
		hearing = (struct hearing){ .wanted = events[i].parts };
		run("%s", events[i].command);
		loop_until(event, &hearing.done);
	}
	sd_event_unref(event);
}

/* News of others' routes and rules; links and their addresses settle at the same time. */
struct gossip {
	unsigned messages, parts;
};

static int listen_in(const struct nlmsghdr *message, void *userdata)
{
	struct gossip *gossip = userdata;
	bool rule = message->nlmsg_type == RTM_NEWRULE || message->nlmsg_type == RTM_DELRULE;
	bool route = message->nlmsg_type == RTM_NEWROUTE || message->nlmsg_type == RTM_DELROUTE;

	if (!rule && !(route && rtnl_route_table(message) == 77))
		return 0;
	gossip->messages++;
	return rtnl_read_event(message, &gossip->parts);
}

static void test_others_are_not_heard(void **state)
{
	struct rtnl rtnl = { 0 };
	struct gossip gossip = { 0 };

	assert_int_equal(rtnl_init(&rtnl), 0);
	run("ip route add 203.0.113.0/24 via 10.1.0.2 table 77 && "
	    "ip rule add from 10.2.0.1 table 77 && "
	    "ip rule delete from 10.2.0.1 && ip route flush table 77");
	assert_int_equal(netlink_read_events(&rtnl.events, listen_in, &gossip), 0);
	assert_int_equal(gossip.messages, 4);
	assert_int_equal(gossip.parts, 0);
	rtnl_done(&rtnl);
}

static void test_lost_news_are_noticed(void **state)
{
	struct rtnl rtnl = { 0 };
	int size = 1;
	unsigned parts = 0;

	assert_int_equal(rtnl_init(&rtnl), 0);
	assert_int_equal(setsockopt(netlink_fd(&rtnl.events), SOL_SOCKET, SO_RCVBUFFORCE, &size,
				    sizeof(size)),
			 0);
	run("for i in $(seq 50); do ip route add 203.0.113.$i via 10.1.0.2; done");
	assert_int_equal(rtnl_read_events(&rtnl, &parts), 0);
	assert_int_equal(parts, KERNEL_EVERYTHING);
	parts = 0;
	assert_int_equal(rtnl_read_events(&rtnl, &parts), 0);
	assert_int_not_equal(parts, KERNEL_EVERYTHING);
	rtnl_done(&rtnl);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_changes_are_heard),
		TEST(test_others_are_not_heard),
		TEST(test_lost_news_are_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
