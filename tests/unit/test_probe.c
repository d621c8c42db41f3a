/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pure part of probes: the verdict from a row of answers, and what is read from agents, mail
 * servers, name servers and the lists that people write.
 */
#include "lab.h"

#include "probe/dns_message.h"
#include "probe/parse.h"
#include "probe/window.h"

#include <errno.h>
#include <string.h>

/* One letter a check: good, bad, unsent, Up and Down of an agent, other, none. */
static enum evidence evidence(char letter)
{
	static const char letters[] = "gbuUDon";

	return (enum evidence)(strchr(letters, letter) - letters);
}

/* After each check the verdict: + or -, and a dot as long as it is not known. */
static void assert_verdicts(struct window_limits limits, const char *checks, const char *wanted)
{
	struct window window = window_start(&limits);

	assert_int_equal(strlen(checks), strlen(wanted));
	for (size_t i = 0; checks[i]; i++) {
		char verdict;

		window = window_step(&limits, window, evidence(checks[i]));
		verdict = !window.known ? '.' : window.up ? '+' : '-';
		if (verdict != wanted[i])
			fail_msg("%s: check %zu makes %c of %s", checks, i, verdict, wanted);
	}
}

static void verdicts_need_answers_in_a_row(void **state)
{
	const struct window_limits up = { .fail = 3, .pass = 2, .initial_up = true };
	const struct window_limits down = { .fail = 3, .pass = 2 };

	assert_verdicts(up, "gbbgbbbgbgg", "++++++----+");
	assert_verdicts(up, "bbb", "..-");
	assert_verdicts(up, "bbg", "..+");
	assert_verdicts(down, "gg", ".+");
	assert_verdicts(down, "gbgg", ".--+");
	assert_verdicts((struct window_limits){ 0 }, "gbg", "+-+");
}

static void what_cannot_be_sent_says_nothing(void **state)
{
	struct window_limits limits = { .fail = 2, .pass = 2, .initial_up = true };

	assert_verdicts(limits, "uuuuu", ".....");
	assert_verdicts(limits, "gbub", "+++-");
	limits.unsent_fails = true;
	assert_verdicts(limits, "uu", ".-");
	assert_verdicts(limits, "gub", "++-");
}

static void words_of_an_agent_decide_at_once(void **state)
{
	const struct window_limits limits = { .fail = 3, .pass = 3, .initial_up = true };

	assert_verdicts(limits, "DUDU", "-+-+");
	assert_verdicts(limits, "noDonU", ".+---+");
}

static void lists_of_statuses(void **state)
{
	static const char *const wrong[] = { "",        ",",    "200,", "20",      "99",
					     "600",     "2000", "200-", "300-200", "2xx",
					     "200-199", "-200", "200;", "200 201" };

	assert_int_equal(status_matches("200", 200), 1);
	assert_int_equal(status_matches("200", 201), 0);
	assert_int_equal(status_matches("200-299,404", 299), 1);
	assert_int_equal(status_matches("200-299, 404 ", 404), 1);
	assert_int_equal(status_matches("200-299,404", 300), 0);
	assert_int_equal(status_matches("100-599", 0), 0);
	for (size_t i = 0; i < ELEMENTS_OF(wrong); i++)
		assert_int_equal(status_matches(wrong[i], 200), -EINVAL);
}

static void assert_decodes(const char *text, const void *wanted, size_t size)
{
	uint8_t got[16];
	size_t n = 0;

	assert_int_equal(escapes_decode(text, got, sizeof(got), &n), 0);
	assert_int_equal(n, size);
	assert_memory_equal(got, wanted, size);
}

static void escapes(void **state)
{
	uint8_t out[4];
	size_t n;

	assert_decodes("", "", 0);
	assert_decodes("a\\n\\r\\t\\\\\\\"", "a\n\r\t\\\"", 6);
	assert_decodes("\\x00\\xfF\\0\\12\\377", "\0\xff\0\n\xff", 5);
	assert_decodes("\\0018", "\0018", 2);
	assert_int_equal(escapes_decode("abcd", out, sizeof(out), &n), 0);
	assert_int_equal(escapes_decode("abcde", out, sizeof(out), &n), -ENOSPC);
	assert_int_equal(escapes_decode("\\", out, sizeof(out), &n), -EINVAL);
	assert_int_equal(escapes_decode("\\q", out, sizeof(out), &n), -EINVAL);
	assert_int_equal(escapes_decode("\\x1", out, sizeof(out), &n), -EINVAL);
	assert_int_equal(escapes_decode("\\400", out, sizeof(out), &n), -EINVAL);
}

static void assert_reply(const char *text, int wanted, unsigned wanted_code)
{
	unsigned code = 0;

	assert_int_equal(smtp_reply(text, strlen(text), &code), wanted);
	assert_int_equal(code, wanted_code);
}

static void replies_of_mail_servers(void **state)
{
	assert_reply("220 mx.example ESMTP\r\n", 22, 220);
	assert_reply("220 mx.example", 0, 0);
	assert_reply("250-mx.example\r\n250-SIZE\r\n250 HELP\r\n", 36, 250);
	assert_reply("250-mx.example\r\n250-SIZE\r\n", 0, 0);
	assert_reply("250 a\r\n220 b\r\n", 7, 250);
	assert_reply("250\r\n", 5, 250);
	assert_reply("554 no\n", 7, 554);
	assert_reply("250-a\r\n550 b\r\n", -EBADMSG, 0);
	assert_reply("SSH-2.0-OpenSSH\r\n", -EBADMSG, 0);
	assert_reply("\r\n", -EBADMSG, 0);
}

static struct agent_line agent(const char *text)
{
	struct agent_line line;

	if (agent_parse(text, strlen(text), &line) < 0)
		fail_msg("%s: not understood", text);
	return line;
}

static void lines_of_agents(void **state)
{
	static const char *const wrong[] = { "",        "\n",        "# up",   "hello",
					     "%",       "maxconn:",  "75",     "-1%",
					     "up 75%%", "maxconn:x", "123456%" };
	struct agent_line line = agent("up 75% maxconn:30 ready # all, is well\n");

	assert_int_equal(line.health, AGENT_UP);
	assert_int_equal(line.admin, AGENT_READY);
	assert_int_equal(line.weight, 75);
	assert_int_equal(line.maxconn, 30);
	assert_string_equal(line.reason, " all, is well");
	line = agent("75%\r\ndown\n");
	assert_int_equal(line.health, AGENT_SILENT);
	assert_int_equal(line.admin, AGENT_UNCHANGED);
	assert_int_equal(line.weight, 75);
	assert_int_equal(line.maxconn, -1);
	assert_int_equal(agent("down#disk\n").health, AGENT_DOWN);
	assert_string_equal(agent("down#di\tsk\n").reason, "di?sk");
	assert_int_equal(agent("Fail").health, AGENT_DOWN);
	assert_int_equal(agent("stopped").health, AGENT_DOWN);
	assert_int_equal(agent("drain,\t0%").admin, AGENT_DRAIN);
	assert_int_equal(agent(" maint").admin, AGENT_MAINT);
	for (size_t i = 0; i < ELEMENTS_OF(wrong); i++)
		assert_int_equal(agent_parse(wrong[i], strlen(wrong[i]), &line), -EBADMSG);
}

static void questions_to_name_servers(void **state)
{
	static const uint8_t wanted[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
					"\x03www\x07"
					"example\x00\x00\x1c\x00\x01";
	char label[65] = "", name[300] = "";
	uint8_t query[DNS_QUERY_MAX];
	uint16_t type = 0;

	assert_int_equal(dns_type_parse("aaaa", &type), 0);
	assert_int_equal(type, 28);
	assert_int_equal(dns_query(query, 0x1234, "www.example.", type), sizeof(wanted) - 1);
	assert_memory_equal(query, wanted, sizeof(wanted) - 1);
	assert_int_equal(dns_query(query, 1, NULL, 2), 17);
	assert_int_equal(dns_query(query, 1, "a..b", 1), -EINVAL);
	assert_int_equal(dns_query(query, 1, ".a", 1), -EINVAL);
	memset(label, 'a', 64);
	assert_int_equal(dns_query(query, 1, label, 1), -EINVAL);
	for (size_t i = 0; i < 127; i++)
		strcat(name, "a.");
	assert_int_equal(dns_query(query, 1, name, 1), DNS_QUERY_MAX);
	strcat(name, "a");
	assert_int_equal(dns_query(query, 1, name, 1), -EINVAL);
	assert_int_equal(dns_type_parse("TYPE65", &type), 0);
	assert_int_equal(type, 65);
	assert_int_equal(dns_type_parse("TYPE65536", &type), -EINVAL);
	assert_int_equal(dns_type_parse("TYPE", &type), -EINVAL);
	assert_int_equal(dns_type_parse("B", &type), -EINVAL);
}

/* The answer to "example A" with one address, of which tests change a byte. */
static const uint8_t answer[] = "\x00\x07\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"
				"\x07"
				"eXample\x00\x00\x01\x00\x01"
				"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01";

enum {
	ANSWER_SIZE = sizeof(answer) - 1
};

/* What is made of that answer, of this size, with the byte at `at` set to `value`. */
static int read_changed(size_t size, size_t at, uint8_t value, struct dns_answer *ret)
{
	_cleanup_free_ uint8_t *data = malloc(size);
	uint8_t query[DNS_QUERY_MAX];
	int query_size = dns_query(query, 7, "example", 1);

	assert_non_null(data);
	memcpy(data, answer, size);
	if (at < size)
		data[at] = value;
	return dns_answer(query, (size_t)query_size, data, size, ret);
}

static void answers_of_name_servers(void **state)
{
	struct dns_answer got;

	assert_int_equal(read_changed(ANSWER_SIZE, ANSWER_SIZE, 0, &got), 0);
	assert_int_equal(got.rcode, 0);
	assert_int_equal(got.records, 1);
	assert_false(got.truncated);
	assert_int_equal(read_changed(ANSWER_SIZE, 3, 0x83, &got), 0);
	assert_int_equal(got.rcode, 3);
	assert_int_equal(read_changed(ANSWER_SIZE, 7, 0, &got), 0);
	assert_int_equal(got.records, 0);
	assert_int_equal(read_changed(ANSWER_SIZE, 1, 8, &got), -EBADMSG);    /* other identifier */
	assert_int_equal(read_changed(ANSWER_SIZE, 2, 0x01, &got), -EBADMSG); /* a question */
	assert_int_equal(read_changed(ANSWER_SIZE, 15, 'b', &got), -EBADMSG); /* other name */
	assert_int_equal(read_changed(ANSWER_SIZE, 22, 28, &got), -EBADMSG);  /* other type */
	assert_int_equal(read_changed(ANSWER_SIZE, 7, 2, &got), -EBADMSG);    /* a record too few */
	assert_int_equal(read_changed(ANSWER_SIZE, 36, 0x05, &got), -EBADMSG); /* longer than all */
	for (size_t size = 0; size < ANSWER_SIZE; size++)
		assert_int_equal(read_changed(size, size, 0, &got), -EBADMSG);
	assert_int_equal(read_changed(ANSWER_SIZE - 4, 2, 0x83, &got), 0);
	assert_true(got.truncated);
	assert_int_equal(got.records, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_need_answers_in_a_row),
		cmocka_unit_test(what_cannot_be_sent_says_nothing),
		cmocka_unit_test(words_of_an_agent_decide_at_once),
		cmocka_unit_test(lists_of_statuses),
		cmocka_unit_test(escapes),
		cmocka_unit_test(replies_of_mail_servers),
		cmocka_unit_test(lines_of_agents),
		cmocka_unit_test(questions_to_name_servers),
		cmocka_unit_test(answers_of_name_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
