/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a link carried and a chain counted, as the kernel tells it, against packets that were sent.
 */
#include "netns.h"

#include "kernel/kernel.h"
#include "kernel/rtnl/rtnl.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int set_up(void **state)
{
	struct kernel *kernel;

	netns_enter();
	make_red();
	run("ip address add 10.1.0.2/24 dev black");
	assert_int_equal(kernel_open(&kernel), 0);
	*state = kernel;
	return 0;
}

static int tear_down(void **state)
{
	kernel_close(*state);
	return 0;
}

static struct line_counters read_counters(struct kernel *kernel, const char *chain)
{
	struct line_counters counters;

	assert_int_equal(kernel->ops->line_counters(kernel, link_index("red"), chain, &counters),
			 0);
	return counters;
}

/* Through red, to a host that is not there but whose address is known. */
static void send_echoes(unsigned n)
{
	run("ip neighbour replace 10.1.0.9 lladdr 02:00:00:00:00:09 dev red");
	run("ping -q -f -s 72 -c %u -W 0.01 10.1.0.9 >/dev/null || true", n);
}

/* What red has sent, by another interface of the kernel */
static uint64_t sent_by_red(void)
{
	_cleanup_free_ char *text = output_of("awk '$1 == \"red:\" { print $11 }' /proc/net/dev");

	return strtoull(text, NULL, 10);
}

/* What IPv6 has to say meanwhile, and nobody knows how much that is, counts too. */
static void test_link(void **state)
{
	uint64_t most = sent_by_red();
	struct line_counters before = read_counters(*state, "from/red"), after;

	send_echoes(5);
	after = read_counters(*state, "from/red");
	most = sent_by_red() - most;
	assert_in_range(after.sent - before.sent, 5, most);
	assert_true(after.sent_bytes - before.sent_bytes >= 5 * 100);
	assert_int_equal(after.replies, 0);
}

/* The sum over one chain, of all its rules and of no other chain or table. */
static void test_chain(void **state)
{
	run("nft -f - <<'END'\n"
	    "table inet uplinkd {\n"
	    "	chain from/red {\n"
	    "		type filter hook output priority 0;\n"
	    "		ip daddr 10.1.0.9 counter\n"
	    "		ip daddr 10.1.0.9 meta length 100 counter accept\n"
	    "		ip daddr 10.9.9.9 counter drop\n"
	    "	}\n"
	    "	chain from/blue { type filter hook output priority 1; counter\n }\n"
	    "}\n"
	    "table ip uplinkd { chain from/red { type filter hook output priority 2; counter\n }\n }\n"
	    "END");
	send_echoes(5);
	assert_int_equal(read_counters(*state, "from/red").replies, 10);
	assert_int_equal(read_counters(*state, "from/green").replies, 0);
}

static void test_no_link(void **state)
{
	struct kernel *kernel = *state;
	struct line_counters counters = { .replies = 12345 };

	assert_int_equal(kernel->ops->line_counters(kernel, 12345, "from/red", &counters), -ENODEV);
	assert_int_equal(counters.replies, 12345);
}

/* What it had carried in the end is still known; of others that went before, too. */
static void test_gone(void **state)
{
	struct line_counters counters = { 0 }, before;
	int link = link_index("red");
	struct rtnl rtnl = { 0 };
	unsigned parts = 0;

	assert_int_equal(rtnl_init(&rtnl), 0);
	before = read_counters(*state, "from/red");
	send_echoes(5);
	assert_int_equal(rtnl_read_events(&rtnl, &parts), 0);
	assert_int_equal(rtnl_gone(&rtnl, link, &counters), -ENODEV);
	run("ip link delete red");
	run("for i in $(seq %d); do ip link add other type bridge && ip link delete other; done",
	    RTNL_GONE_MAX - 2); /* the other end of red is one, too */
	assert_int_equal(rtnl_read_events(&rtnl, &parts), 0);
	assert_int_equal(rtnl_gone(&rtnl, link, &counters), 0);
	assert_true(counters.sent >= before.sent + 5);
	assert_true(counters.sent_bytes >= before.sent_bytes + 5 * 100);
	run("ip link add other type bridge && ip link delete other");
	run("ip link add other type bridge && ip link delete other");
	assert_int_equal(rtnl_read_events(&rtnl, &parts), 0);
	assert_int_equal(rtnl_gone(&rtnl, link, &counters), -ENODEV);
	rtnl_done(&rtnl);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_link),
		TEST(test_chain),
		TEST(test_no_link),
		TEST(test_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
