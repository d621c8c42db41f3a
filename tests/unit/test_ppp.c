/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What pppd tells, read and taken; and when a line is dialled again. */
#include "uplink/ppp.h"
#include "uplink/redial.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SECOND ((uint64_t)1000000)

static int parse(const char *text, struct ppp_message *ret)
{
	return ppp_message_parse(text, strlen(text), ret);
}

static unsigned take(struct line_ppp *ppp, const char *text)
{
	struct ppp_message message;

	assert_int_equal(parse(text, &message), 0);
	return ppp_take(ppp, &message);
}

static void test_parse(void **state)
{
	struct ppp_message m;

	assert_int_equal(parse("event=ip-up\ninterface=ppp0\npid=71\npersist=1\nup=46\n"
			       "ipparam=office\nlinkname=dsl0\nlocal=192.0.2.7\nremote=192.0.2.1\n"
			       "dns1=192.0.2.53\ndns2=192.0.2.54\nlocal6=fe80::7\nremote6=fe80::1\n"
			       "mtu=1492\nmru=1480\necho-lost=2\nphase=running\nend=user request\n"
			       "colour=blue\n",
			       &m),
			 0);
	assert_int_equal(m.event, PPP_IP_UP);
	assert_string_equal(m.interface, "ppp0");
	assert_int_equal(m.pid, 71);
	assert_int_equal(m.persists, 1);
	assert_int_equal(m.up, 3);
	assert_string_equal(m.ipparam, "office");
	assert_string_equal(m.linkname, "dsl0");
	assert_string_equal(ip_text(&m.local[FAMILY_V4]).text, "192.0.2.7");
	assert_string_equal(ip_text(&m.peer[FAMILY_V4]).text, "192.0.2.1");
	assert_string_equal(ip_text(&m.local[FAMILY_V6]).text, "fe80::7");
	assert_string_equal(ip_text(&m.peer[FAMILY_V6]).text, "fe80::1");
	assert_string_equal(ip_text(&m.dns[0]).text, "192.0.2.53");
	assert_string_equal(ip_text(&m.dns[1]).text, "192.0.2.54");
	assert_int_equal(m.mtu, 1492);
	assert_int_equal(m.mru, 1480);
	assert_int_equal(m.echo_lost, 2);
	assert_string_equal(m.phase, "running");
	assert_string_equal(m.end, "user request");
}

static void test_little(void **state)
{
	struct ppp_message m;

	assert_int_equal(parse("event=exit", &m), 0);
	assert_int_equal(m.event, PPP_EXIT);
	assert_string_equal(m.interface, "");
	assert_int_equal(m.persists, -1);
	assert_int_equal(m.up, -1);
	assert_int_equal(m.echo_lost, -1);
	assert_int_equal(parse("event=exit\nend=a\tb\177c\n", &m), 0);
	assert_string_equal(m.end, "a?b?c");
	assert_int_equal(parse("event=exit\nipparam=", &m), 0);
	assert_string_equal(m.ipparam, "");
}

static void test_malformed(void **state)
{
	static const char *const wrong[] = {
		"",
		"interface=ppp0\n",
		"event=\n",
		"event=sideways\n",
		"event=ip-up\npid=x\n",
		"event=ip-up\npid=\n",
		"event=ip-up\npid=-1\n",
		"event=ip-up\npid=99999999999\n",
		"event=ip-up\npersist=2\n",
		"event=ip-up\nmtu=65536\n",
		"event=ip-up\nup=64\n",
		"event=ip-up\nlocal=fe80::1\n",
		"event=ip-up\nlocal6=192.0.2.1\n",
		"event=ip-up\ndns1=nowhere\n",
		"event=ip-up\nwords\n",
		"event=ip-up\n=1\n",
		"event=exit\ninterface=much-too-long-a-name\n",
		"event=exit\ninterface=../ppp0\n",
		"event=exit\ninterface=ppp 0\n",
	};
	struct ppp_message m = { .pid = 7 };

	for (size_t i = 0; i < ELEMENTS_OF(wrong); i++)
		assert_int_equal(parse(wrong[i], &m), -EINVAL);
	assert_int_equal(ppp_message_parse("event=exit\0more", 15, &m), -EINVAL);
	assert_int_equal(m.pid, 7);
}

#define SESSION                                                                  \
	"interface=ppp0\npid=71\npersist=1\ndns1=192.0.2.53\nremote=192.0.2.1\n" \
	"mtu=1492\n"

static void test_session(void **state)
{
	struct line_ppp ppp = { 0 };

	assert_int_equal(take(&ppp, "event=start\npid=71\npersist=1\nup=none\n"), PPP_MOVED);
	assert_true(ppp.known);
	assert_false(ppp.up);
	assert_int_equal(take(&ppp, "event=ip-up\nup=4\n" SESSION), PPP_MOVED);
	assert_true(ppp.up && ppp.carries[FAMILY_V4] && !ppp.carries[FAMILY_V6] && ppp.persists);
	assert_int_equal(ppp.mtu, 1492);
	assert_string_equal(ip_text(&ppp.dns[0]).text, "192.0.2.53");
	assert_string_equal(ip_text(&ppp.peer).text, "192.0.2.1");
	assert_int_equal(take(&ppp, "event=phase\nup=4\n" SESSION), 0);
	assert_int_equal(take(&ppp, "event=ipv6-up\nup=46\n" SESSION), PPP_MOVED);
	assert_int_equal(take(&ppp, "event=link-down\nup=none\nend=peer terminated\n"),
			 PPP_MOVED | PPP_ENDED);
	assert_false(ppp.up);
	assert_string_equal(ppp.end, "peer terminated");
	assert_false(ip_is_set(&ppp.dns[0]) || ip_is_set(&ppp.peer) || ppp.mtu);
	assert_int_equal(take(&ppp, "event=ip-down\nup=none\n"), 0);
	/* Why it is down is known until it is up. */
	assert_int_equal(take(&ppp, "event=start\nup=none\n"), 0);
	assert_string_equal(ppp.end, "peer terminated");
	take(&ppp, "event=ip-up\nup=4\n");
	assert_string_equal(ppp.end, "");
	assert_false(ip_is_set(&ppp.dns[0]));
	assert_int_equal(take(&ppp, "event=exit\nend=user request\n"), PPP_MOVED | PPP_ENDED);
	assert_true(ppp.pid == 0 && !ppp.persists && !ppp.up);
}

/* Hooks tell of one family each, and nothing of persistence. */
static void test_hooks(void **state)
{
	struct line_ppp ppp = { 0 };

	take(&ppp, "event=ip-up\npid=71\n");
	take(&ppp, "event=ipv6-up\npid=71\n");
	assert_true(ppp.carries[FAMILY_V4] && ppp.carries[FAMILY_V6] && ppp.persists);
	assert_int_equal(take(&ppp, "event=ip-down\npid=71\n"), PPP_MOVED);
	assert_true(ppp.up && !ppp.carries[FAMILY_V4]);
	assert_int_equal(take(&ppp, "event=ipv6-down\npid=71\n"), PPP_MOVED | PPP_ENDED);
	assert_false(ppp.up);
	take(&ppp, "event=ip-up\n");
	assert_int_equal(ppp.pid, 71);
	assert_int_equal(ppp_gone(&ppp), PPP_MOVED | PPP_ENDED);
	assert_string_equal(ppp.end, "pppd ended");
	assert_true(ppp.pid == 0 && !ppp.persists);
}

/* The daemon may have come after the session. */
static void test_end_first(void **state)
{
	struct line_ppp ppp = { 0 }, other = { 0 };

	assert_int_equal(take(&ppp, "event=ip-down\n"), PPP_MOVED);
	assert_true(ppp.known && !ppp.up);
	assert_string_equal(ppp.end, "session ended");
	take(&ppp, "event=ip-up\n");
	assert_true(ppp.up && !*ppp.end);
	/* This is not the end of all. */
	take(&other, "event=ipv6-down\n");
	assert_string_equal(other.end, "");
	/* One whose interface has gone since. */
	take(&other, "event=ip-up\npid=71\n");
	ppp_forget(&other);
	take(&other, "event=ip-down\npid=71\n");
	assert_string_equal(other.end, "");
}

static void test_echo(void **state)
{
	struct line_ppp ppp = { 0 };

	take(&ppp, "event=ip-up\nup=4\n");
	assert_int_equal(take(&ppp, "event=echo\nup=4\necho-lost=1\n"), PPP_SUSPECT);
	assert_int_equal(ppp.echo_lost, 1);
	assert_int_equal(take(&ppp, "event=echo\nup=4\necho-lost=2\n"), PPP_SUSPECT);
	assert_int_equal(take(&ppp, "event=echo\nup=4\necho-lost=0\n"), 0);
	assert_int_equal(ppp.echo_lost, 0);
	take(&ppp, "event=echo\nup=4\necho-lost=3\n");
	take(&ppp, "event=link-down\nup=none\necho-lost=3\n");
	assert_int_equal(ppp.echo_lost, 0);
}

/* What one protocol has negotiated ends with it. */
static void test_renegotiated(void **state)
{
	struct line_ppp ppp = { 0 };

	take(&ppp, "event=ip-up\nup=46\nremote6=fe80::1\ndns2=192.0.2.54\n" SESSION);
	take(&ppp, "event=ip-down\nup=6\nremote6=fe80::1\n");
	assert_true(ppp.up && !ip_is_set(&ppp.dns[0]) && !ip_is_set(&ppp.dns[1]));
	assert_string_equal(ip_text(&ppp.peer).text, "fe80::1");
	take(&ppp, "event=ip-up\nup=46\nremote=192.0.2.2\nremote6=fe80::1\ndns1=192.0.2.55\n");
	assert_string_equal(ip_text(&ppp.peer).text, "192.0.2.2");
	assert_string_equal(ip_text(&ppp.dns[0]).text, "192.0.2.55");
	take(&ppp, "event=ipv6-up\nremote6=fe80::1\n");
	assert_string_equal(ip_text(&ppp.dns[0]).text, "192.0.2.55");
	take(&ppp, "event=ip-down\n");
	assert_true(ppp.up && !ip_is_set(&ppp.dns[0]) && !ip_is_set(&ppp.peer));
}

static bool is_late(const struct line_ppp *ppp, const char *text)
{
	struct ppp_message message;

	assert_int_equal(parse(text, &message), 0);
	return ppp_is_late(ppp, &message);
}

/* The interface is another process's by now. */
static void test_late(void **state)
{
	struct line_ppp ppp = { 0 };

	assert_false(is_late(&ppp, "event=exit\npid=70\n"));
	take(&ppp, "event=ip-up\nup=4\n" SESSION);
	assert_true(is_late(&ppp, "event=exit\npid=70\nup=none\nend=user request\n"));
	assert_true(is_late(&ppp, "event=start\npid=70\nup=none\n"));
	assert_true(is_late(&ppp, "event=ip-down\npid=70\n"));
	assert_false(is_late(&ppp, "event=ip-down\n"));
	assert_false(is_late(&ppp, "event=exit\npid=71\nup=none\n"));
	assert_false(is_late(&ppp, "event=ip-up\npid=72\nup=4\n"));
	assert_false(is_late(&ppp, "event=ipv6-up\npid=72\n"));
	/* Of another process nothing is taken over. */
	take(&ppp, "event=ipv6-up\npid=72\n");
	assert_true(ppp.carries[FAMILY_V6] && !ppp.carries[FAMILY_V4]);
	assert_false(ip_is_set(&ppp.dns[0]) || ip_is_set(&ppp.peer) || ppp.mtu);
	take(&ppp, "event=ip-down\nup=none\n");
	assert_false(is_late(&ppp, "event=start\npid=72\nup=none\n"));
}

static void test_forget(void **state)
{
	struct line_ppp ppp = { 0 };

	take(&ppp, "event=ip-up\nup=4\n" SESSION);
	take(&ppp, "event=ip-down\nup=none\nend=carrier lost\n");
	ppp_forget(&ppp);
	assert_true(!ppp.known && !*ppp.end);
	assert_true(ppp.pid == 71 && ppp.persists);
}

/* What is kept for the next daemon says the same to it. */
static void test_print(void **state)
{
	struct line_ppp ppp = { 0 }, again = { 0 };
	struct ppp_message message;
	char text[512];

	take(&ppp, "event=ip-up\nup=46\ndns2=192.0.2.54\ndevice=eth1\nipparam=office\n" SESSION);
	assert_true(ppp_message_print(&ppp, "ppp0", 9, text, sizeof(text)));
	assert_int_equal(parse(text, &message), 0);
	assert_int_equal(message.link, 9);
	assert_string_equal(message.interface, "ppp0");
	ppp_take(&again, &message);
	assert_memory_equal(&ppp, &again, sizeof(ppp));
	assert_false(ppp_message_print(&ppp, "ppp0", 9, text, 20));
}

struct step {
	uint64_t at_s;
	enum redial_need need;
	bool dialled;
	uint64_t next_s;
};

static void run(const struct step *steps, size_t n)
{
	struct redial redial = { 0 };

	for (size_t i = 0; i < n; i++) {
		uint64_t next_us;
		bool dialled = redial_due(&redial, steps[i].need, 30 * SECOND,
					  (1000 + steps[i].at_s) * SECOND, &next_us);

		if (dialled != steps[i].dialled ||
		    next_us != (steps[i].next_s ? (1000 + steps[i].next_s) * SECOND : 0))
			fail_msg("step %zu: dialled %d, next %ju", i, dialled,
				 (uintmax_t)(next_us / SECOND));
	}
}

static void test_back_off(void **state)
{
	static const struct step steps[] = {
		{ 0, REDIAL_DOWN, false, 30 },     { 29, REDIAL_DOWN, false, 30 },
		{ 30, REDIAL_DOWN, true, 90 },     { 89, REDIAL_DOWN, false, 90 },
		{ 90, REDIAL_DOWN, true, 210 },    { 210, REDIAL_DOWN, true, 450 },
		{ 450, REDIAL_DOWN, true, 930 },   { 930, REDIAL_DOWN, true, 1410 },
		{ 1410, REDIAL_DOWN, true, 1890 },
	};

	run(steps, ELEMENTS_OF(steps));
}

/* Coming and going does not begin it anew, being up for a while does. */
static void test_return(void **state)
{
	static const struct step steps[] = {
		{ 0, REDIAL_DOWN, false, 30 },    { 30, REDIAL_DOWN, true, 90 },
		{ 40, REDIAL_UP, false, 0 },      { 50, REDIAL_DOWN, false, 110 },
		{ 110, REDIAL_DOWN, true, 230 },  { 120, REDIAL_UP, false, 0 },
		{ 150, REDIAL_DOWN, false, 180 }, { 180, REDIAL_DOWN, true, 240 },
	};

	run(steps, ELEMENTS_OF(steps));
}

/* The operator, or pppd, sees to it: the time begins when they do no more. */
static void test_left_alone(void **state)
{
	static const struct step steps[] = {
		{ 0, REDIAL_DOWN, false, 30 },   { 20, REDIAL_NOT, false, 0 },
		{ 60, REDIAL_NOT, false, 0 },    { 70, REDIAL_DOWN, false, 100 },
		{ 100, REDIAL_DOWN, true, 160 },
	};

	run(steps, ELEMENTS_OF(steps));
}

/* What takes its time is not begun again meanwhile, and the next wait begins when it is over. */
static void test_dialling(void **state)
{
	struct redial redial = { 0 };
	uint64_t next_us;

	assert_false(redial_due(&redial, REDIAL_DOWN, 30 * SECOND, 1000 * SECOND, &next_us));
	assert_true(redial_due(&redial, REDIAL_DOWN, 30 * SECOND, 1030 * SECOND, &next_us));
	assert_false(redial_due(&redial, REDIAL_DIALLING, 30 * SECOND, 1500 * SECOND, &next_us));
	assert_int_equal(next_us, 0);
	redial_over(&redial, 1600 * SECOND);
	assert_false(redial_due(&redial, REDIAL_DOWN, 30 * SECOND, 1600 * SECOND, &next_us));
	assert_int_equal(next_us, 1660 * SECOND);
	assert_true(redial_due(&redial, REDIAL_DOWN, 30 * SECOND, 1660 * SECOND, &next_us));

	/* The line is up before what was begun is over, and goes again: that is not its end. */
	assert_false(redial_due(&redial, REDIAL_UP, 30 * SECOND, 1670 * SECOND, &next_us));
	redial_over(&redial, 1690 * SECOND);
	assert_false(redial_due(&redial, REDIAL_DOWN, 30 * SECOND, 1695 * SECOND, &next_us));
	assert_int_equal(next_us, 1815 * SECOND);
}

static void test_jobs(void **state)
{
	assert_null(redial_job_trouble("done"));
	assert_string_equal(redial_job_trouble("failed"), "it failed to start");
	assert_string_equal(redial_job_trouble("collected"), "collected");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),     cmocka_unit_test(test_little),
		cmocka_unit_test(test_malformed), cmocka_unit_test(test_session),
		cmocka_unit_test(test_hooks),     cmocka_unit_test(test_end_first),
		cmocka_unit_test(test_echo),      cmocka_unit_test(test_renegotiated),
		cmocka_unit_test(test_late),      cmocka_unit_test(test_forget),
		cmocka_unit_test(test_print),     cmocka_unit_test(test_back_off),
		cmocka_unit_test(test_return),    cmocka_unit_test(test_left_alone),
		cmocka_unit_test(test_dialling),  cmocka_unit_test(test_jobs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
