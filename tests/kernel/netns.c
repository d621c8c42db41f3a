/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns.h"

#include "base/ip.h"
#include "base/time.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
	HANG_US = 30 * 1000 * 1000
};

void netns_enter(void)
{
	if (unshare(CLONE_NEWNET) < 0) {
		printf("skipped: no network namespace: %s\n", strerror(errno));
		exit(77);
	}
	run("ip link set lo up");
}

void make_red(void)
{
	run("ip link add red type veth peer name black && "
	    "echo 0 >/proc/sys/net/ipv6/conf/red/accept_dad && "
	    "echo 0 >/proc/sys/net/ipv6/conf/black/accept_dad && ip link set red up && "
	    "ip link set black up && ip address add 10.1.0.1/24 dev red && "
	    "ip address add fd01::1/64 dev red nodad");
	link_settles("red");
	link_settles("black");
}

static _printf_(1, 0) FILE *start(const char *format, va_list args)
{
	_cleanup_free_ char *command = NULL;
	FILE *pipe;

	assert_true(vasprintf(&command, format, args) > 0);
	pipe = popen(command, "re");
	assert_non_null(pipe);
	return pipe;
}

static char *read_all(FILE *pipe)
{
	char *text = NULL;
	size_t size = 0;

	if (getdelim(&text, &size, '\0', pipe) < 0 && text)
		text[0] = '\0';
	assert_non_null(text);
	return text;
}

void run(const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;
	FILE *pipe;

	va_start(args, format);
	pipe = start(format, args);
	va_end(args);
	text = read_all(pipe);
	if (pclose(pipe) != 0)
		fail_msg("%s: %s", format, text);
}

char *output_of(const char *format, ...)
{
	va_list args;
	FILE *pipe;
	char *text;

	va_start(args, format);
	pipe = start(format, args);
	va_end(args);
	text = read_all(pipe);
	assert_int_equal(pclose(pipe), 0);
	return text;
}

void link_settles(const char *name)
{
	run("until ip link show %s | grep -q 'state UP'; do sleep 0.01; done;"
	    "while [ -n \"$(ip -6 address show dev %s tentative)\" ]; do sleep 0.01; done",
	    name, name);
}

int link_index(const char *name)
{
	int index = (int)if_nametoindex(name);

	assert_int_not_equal(index, 0);
	return index;
}

struct ip_address address_of(const char *text)
{
	struct ip_address address;

	assert_int_equal(ip_parse(text, &address), 0);
	return address;
}

struct ip_prefix prefix_of(const char *text)
{
	struct ip_prefix prefix;

	assert_int_equal(ip_prefix_parse(text, &prefix), 0);
	return prefix;
}

void loop_until(sd_event *event, const bool *done)
{
	uint64_t end = monotonic_us() + HANG_US;

	while (!*done) {
		uint64_t now = monotonic_us();

		assert_true(now < end);
		assert_true(sd_event_run(event, end - now) >= 0);
	}
}
