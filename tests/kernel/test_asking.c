/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single checks over a device: what they send must be answered by another host, here a namespace
 * of its own at the other end of the link.
 */
#include "netns.h"

#include "base/array.h"
#include "probe/probe.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	TIMEOUT_US = 10 * 1000 * 1000,
	SILENCE_US = 100 * 1000,
	LATE_US = 200 * 1000
};

static sd_event *event;
static struct probes *probes;
static pid_t far; /* a process in the other namespace */

/* Its death ends the namespace. */
static pid_t start_far(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWNET) == 0 && write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

#define run_far(command) run("nsenter --net=/proc/%d/ns/net sh -ec '%s'", (int)far, command)

static int set_up(void **state)
{
	netns_enter();
	make_red();
	far = start_far();
	run("ip link set black netns %d", (int)far);
	run_far("ip link set lo up; ip link set black up; ip address add 10.1.0.2/24 dev black;"
		"ip address add fd01::2/64 dev black nodad;"
		"ip address add fe80::2/64 dev black nodad");
	run("ip address add 10.1.0.7/24 dev red; ip address add fd01::7/64 dev red nodad");
	run("ip address add fe80::1/64 dev red nodad");
	link_settles("red"); /* a request is sent once */
	assert_true(sd_event_new(&event) >= 0);
	return probes_new(event, &probes);
}

static int tear_down(void **state)
{
	probes_free(probes);
	sd_event_unref(event);
	kill(far, SIGKILL);
	waitpid(far, NULL, 0);
	return 0;
}

static struct probe_spec spec_of(enum probe_kind kind, const char *target, const char *source)
{
	return (struct probe_spec){ .kind = kind,
				    .target = address_of(target),
				    .source =
					    source ? address_of(source) : (struct ip_address){ 0 },
				    .port = 9,
				    .device = "red",
				    .timeout_us = TIMEOUT_US };
}

struct told {
	struct probe_answer answer;
	unsigned times;
	bool done;
};

static void on_done(const struct probe_answer *answer, void *userdata)
{
	struct told *told = userdata;

	told->answer = *answer;
	told->times++;
	told->done = true;
}

static struct probe_answer ask(const struct probe_spec *spec)
{
	struct told told = { 0 };
	struct probe *probe;

	assert_int_equal(probe_once(probes, spec, on_done, &told, &probe), 0);
	assert_false(told.done);
	loop_until(event, &told.done);
	assert_true(told.answer.sent_us <= told.answer.ended_us);
	return told.answer;
}

static void assert_answer(struct probe_spec spec, enum evidence evidence, const char *reason)
{
	struct probe_answer answer = ask(&spec);

	assert_string_equal(answer.reason, reason);
	assert_int_equal(answer.evidence, evidence);
}

static void test_answers(void **state)
{
	assert_answer(spec_of(PROBE_ICMP, "10.1.0.2", "10.1.0.1"), EVIDENCE_GOOD, "echo reply");
	assert_answer(spec_of(PROBE_ICMP, "fd01::2", "fd01::1"), EVIDENCE_GOOD, "echo reply");
	assert_answer(spec_of(PROBE_ICMP, "fe80::2", NULL), EVIDENCE_GOOD, "echo reply");
	assert_answer(spec_of(PROBE_ARP, "10.1.0.2", "10.1.0.1"), EVIDENCE_GOOD, "arp reply");
	assert_answer(spec_of(PROBE_ND, "fd01::2", "fd01::1"), EVIDENCE_GOOD,
		      "neighbour advertisement");
	assert_answer(spec_of(PROBE_ND, "fe80::2", "fd01::1"), EVIDENCE_GOOD,
		      "neighbour advertisement");
	assert_answer(spec_of(PROBE_TCP, "10.1.0.2", "10.1.0.1"), EVIDENCE_BAD,
		      "connection refused");
	assert_answer(spec_of(PROBE_TCP, "fd01::2", "fd01::1"), EVIDENCE_BAD, "connection refused");
}

/* An answer that came in time is one, also when we were away until long after. */
static void test_read_late(void **state)
{
	struct probe_spec spec = spec_of(PROBE_ICMP, "10.1.0.2", "10.1.0.1");
	struct told told[20] = { 0 };
	struct probe *probe;

	assert_answer(spec, EVIDENCE_GOOD, "echo reply"); /* and the neighbour is known */
	spec.timeout_us = LATE_US / 4;
	for (size_t i = 0; i < ELEMENTS_OF(told); i++)
		assert_int_equal(probe_once(probes, &spec, on_done, &told[i], &probe), 0);
	usleep(LATE_US);
	for (size_t i = 0; i < ELEMENTS_OF(told); i++) {
		loop_until(event, &told[i].done);
		assert_int_equal(told[i].answer.evidence, EVIDENCE_GOOD);
	}
}

/* A neighbour that the kernel believes in may be gone all the same. */
static void test_silence(void **state)
{
	struct probe_spec specs[] = {
		spec_of(PROBE_ICMP, "10.1.0.9", "10.1.0.1"),
		spec_of(PROBE_ARP, "10.1.0.9", "10.1.0.1"),
		spec_of(PROBE_ND, "fd01::9", "fd01::1"),
	};

	run("ip neighbour add 10.1.0.9 lladdr 02:00:00:00:00:09 dev red nud permanent");
	run("ip neighbour add fd01::9 lladdr 02:00:00:00:00:09 dev red nud permanent");
	for (size_t i = 0; i < ELEMENTS_OF(specs); i++) {
		specs[i].timeout_us = SILENCE_US;
		assert_answer(specs[i], EVIDENCE_BAD, "no answer in 100ms");
	}
}

/* The other end hears nobody but .7: what it answers was sent from there. */
static void test_source(void **state)
{
	static const enum probe_kind kinds[] = { PROBE_ICMP, PROBE_TCP };

	run_far("nft \"table inet far { chain in { type filter hook input priority 0;"
		"icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept;"
		"ip saddr != 10.1.0.7 drop; ip6 saddr != fd01::7 drop; }; }\"");
	for (size_t i = 0; i < ELEMENTS_OF(kinds); i++) {
		struct probe_spec v4 = spec_of(kinds[i], "10.1.0.2", "10.1.0.1");
		struct probe_spec v6 = spec_of(kinds[i], "fd01::2", "fd01::1");

		v4.timeout_us = v6.timeout_us = SILENCE_US;
		assert_answer(v4, EVIDENCE_BAD, "no answer in 100ms");
		assert_answer(v6, EVIDENCE_BAD, "no answer in 100ms");
		v4 = spec_of(kinds[i], "10.1.0.2", "10.1.0.7");
		v6 = spec_of(kinds[i], "fd01::2", "fd01::7");
		assert_string_not_equal(ask(&v4).reason, "no answer in 10s");
		assert_string_not_equal(ask(&v6).reason, "no answer in 10s");
	}
}

static void test_neighbour_source(void **state)
{
	run_far("nft \"table arp far { chain in { type filter hook input priority 0;"
		"arp operation request arp saddr ip != 10.1.0.7 drop; }; }\"");
	run_far("nft \"table ip6 far { chain in { type filter hook input priority 0;"
		"icmpv6 type nd-neighbor-solicit ip6 saddr != fd01::7 drop; }; }\"");
	assert_answer(spec_of(PROBE_ARP, "10.1.0.2", "10.1.0.7"), EVIDENCE_GOOD, "arp reply");
	assert_answer(spec_of(PROBE_ND, "fd01::2", "fd01::7"), EVIDENCE_GOOD,
		      "neighbour advertisement");
}

static void test_unsent(void **state)
{
	struct probe_spec spec = spec_of(PROBE_ARP, "127.0.0.2", "127.0.0.1");

	spec.device = "lo";
	assert_answer(spec, EVIDENCE_UNSENT, "lo has no neighbours");
	spec = spec_of(PROBE_ND, "::2", "::1");
	spec.device = "lo";
	assert_answer(spec, EVIDENCE_UNSENT, "lo has no neighbours");
	assert_answer(spec_of(PROBE_ICMP, "10.1.0.2", "10.1.0.99"), EVIDENCE_UNSENT,
		      "cannot assign requested address");
	assert_answer(spec_of(PROBE_TCP, "fd01::2", "fd01::99"), EVIDENCE_UNSENT,
		      "cannot assign requested address");
	assert_answer(spec_of(PROBE_TCP, "fd99::1", "fd01::1"), EVIDENCE_UNSENT,
		      "network is unreachable");
	spec = spec_of(PROBE_ICMP, "10.1.0.2", "10.1.0.1");
	spec.device = "blue";
	assert_answer(spec, EVIDENCE_UNSENT, "no such device");
	spec = spec_of(PROBE_ARP, "10.1.0.2", "10.1.0.1");
	spec.device = "blue";
	assert_answer(spec, EVIDENCE_UNSENT, "no such device");
	run("ip link set red down");
	assert_answer(spec_of(PROBE_ARP, "10.1.0.2", "10.1.0.1"), EVIDENCE_UNSENT,
		      "network is down");
}

static void test_wrong(void **state)
{
	struct probe_spec specs[] = { spec_of(PROBE_ARP, "fd01::2", "fd01::1"),
				      spec_of(PROBE_ND, "10.1.0.2", "10.1.0.1"),
				      spec_of(PROBE_ARP, "10.1.0.2", NULL),
				      spec_of(PROBE_ICMP, "10.1.0.2", "fd01::1"),
				      spec_of(PROBE_ARP, "10.1.0.2", "10.1.0.1") };
	struct told told = { 0 };
	struct probe *probe;

	specs[4].device = NULL;
	for (size_t i = 0; i < ELEMENTS_OF(specs); i++)
		assert_int_equal(probe_once(probes, &specs[i], on_done, &told, &probe), -EINVAL);
	assert_false(told.done);
}

/* Several of one target at once, of each kind; those that are taken back are not heard of. */
static void test_burst(void **state)
{
	const struct probe_spec specs[] = {
		spec_of(PROBE_ICMP, "10.1.0.2", "10.1.0.1"),
		spec_of(PROBE_ARP, "10.1.0.2", "10.1.0.1"),
		spec_of(PROBE_ND, "fd01::2", "fd01::1"),
	};
	struct told told[12] = { 0 };
	struct probe *running[ELEMENTS_OF(told)];

	for (size_t i = 0; i < ELEMENTS_OF(told); i++)
		assert_int_equal(probe_once(probes, &specs[i % ELEMENTS_OF(specs)], on_done,
					    &told[i], &running[i]),
				 0);
	probe_remove(running[1]);
	probe_remove(running[ELEMENTS_OF(told) - 1]);
	for (size_t i = 0; i < ELEMENTS_OF(told); i++) {
		if (i == 1 || i == ELEMENTS_OF(told) - 1)
			continue;
		loop_until(event, &told[i].done);
		assert_int_equal(told[i].answer.evidence, EVIDENCE_GOOD);
	}
	while (sd_event_run(event, 0) > 0)
		continue;
	for (size_t i = 0; i < ELEMENTS_OF(told); i++)
		assert_int_equal(told[i].times, i != 1 && i != ELEMENTS_OF(told) - 1);
}

/* The engine goes while they are under way. */
static void test_left(void **state)
{
	const struct probe_spec spec = spec_of(PROBE_ICMP, "10.1.0.9", "10.1.0.1");
	struct told told = { 0 };
	struct probes *others;
	struct probe *probe;

	assert_int_equal(probes_new(event, &others), 0);
	assert_int_equal(probe_once(others, &spec, on_done, &told, &probe), 0);
	assert_int_equal(probe_once(others, &spec, on_done, &told, &probe), 0);
	probes_free(others);
	assert_false(told.done);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answers),
		TEST(test_read_late),
		TEST(test_silence),
		TEST(test_source),
		TEST(test_neighbour_source),
		TEST(test_unsent),
		TEST(test_wrong),
		TEST(test_burst),
		TEST(test_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
