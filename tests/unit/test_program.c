/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs beside the loop: how they end, what they say, and that nothing is left of them. */
#include "base/program.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

struct run {
	struct programs programs;
	bool ended;
	struct program_end end;
	size_t lines;
	char said[8][PROGRAM_LINE_MAX];
};

static void on_said(const char *line, void *userdata)
{
	struct run *run = userdata;

	snprintf(run->said[run->lines++ % 8], PROGRAM_LINE_MAX, "%s", line);
}

static void on_ended(const struct program_end *end, void *userdata)
{
	struct run *run = userdata;

	run->ended = true;
	run->end = *end;
}

static int setup(void **state)
{
	struct run *run = calloc(1, sizeof(*run));

	*state = run;
	return sd_event_new(&run->programs.event);
}

static int teardown(void **state)
{
	struct run *run = *state;

	programs_done(&run->programs);
	sd_event_unref(run->programs.event);
	free(run);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return 0;
}

static struct program *start(struct run *run, const char *script, uint64_t limit_us)
{
	_cleanup_(environment_done) struct environment environment = { 0 };
	char shell[] = "/bin/sh", option[] = "-c", *text = strdup(script);
	char *arguments[] = { shell, option, text, NULL };
	struct program_spec spec = {
		.arguments = arguments,
		.limit_us = limit_us,
		.said = on_said,
		.ended = on_ended,
		.userdata = run,
	};
	struct program *program;

	assert_int_equal(environment_begin(&environment), 0);
	assert_int_equal(environment_add(&environment, "WORD", "%s", "a\nb"), 0);
	spec.environment = environment.v.v;
	assert_int_equal(program_start(&run->programs, &spec, &program), 0);
	free(text);
	return program;
}

static void wait_end(struct run *run)
{
	while (!run->ended)
		assert_true(sd_event_run(run->programs.event, UINT64_MAX) >= 0);
	assert_true(LIST_EMPTY(&run->programs.list));
}

static void expect_end(struct run *run, const char *text)
{
	wait_end(run);
	assert_string_equal(program_end_text(&run->end).text, text);
}

static void test_status(void **state)
{
	start(*state, "exit 3", 0);
	expect_end(*state, "exit status 3");
}

static void test_signal(void **state)
{
	start(*state, "kill -TERM $$", 0);
	expect_end(*state, "killed by signal 15");
}

static void test_output(void **state)
{
	struct run *run = *state;

	start(run,
	      "echo $WORD; echo two >&2; printf three; pwd; read x || echo $# $PWD;"
	      "printf '\\033[31mred\\n'",
	      0);
	expect_end(run, "exit status 0");
	assert_int_equal(run->lines, 5);
	assert_string_equal(run->said[0], "a?b");
	assert_string_equal(run->said[1], "two");
	assert_string_equal(run->said[2], "three/");
	assert_string_equal(run->said[3], "0 /");
	assert_string_equal(run->said[4], "?[31mred");
}

/* Where we may hurry, what is run does not; it is told so when it runs already. */
static void test_haste(void **state)
{
	int had = getpriority(PRIO_PROCESS, 0);

	if (setpriority(PRIO_PROCESS, 0, -5) < 0)
		skip();
	start(*state, "until [ $(nice) = 0 ]; do sleep 0.01; done", 20 * 1000 * 1000);
	expect_end(*state, "exit status 0");
	assert_int_equal(setpriority(PRIO_PROCESS, 0, had), 0);
}

/* More than a pipe holds, in lines that are too long: it does not hang, and not all is told. */
static void test_much_output(void **state)
{
	struct run *run = *state;

	start(run, "i=0; while [ $i -lt 300 ]; do printf %01000d\\\\n $i; i=$((i + 1)); done", 0);
	expect_end(run, "exit status 0");
	assert_int_equal(run->lines, PROGRAM_LINES_MAX);
	assert_int_equal(strlen(run->said[0]), PROGRAM_LINE_MAX - 1);
}

/* The child has the program's output and its group; the program itself is all that is waited for.
 */
static void test_child_stays(void **state)
{
	struct run *run = *state;
	long child;

	start(run, "sleep 1000 & echo $!", 0);
	expect_end(run, "exit status 0");
	child = strtol(run->said[0], NULL, 10);
	assert_int_equal(kill((pid_t)child, SIGKILL), 0);
	assert_int_equal(waitpid((pid_t)child, NULL, 0), child);
}

/* When a program takes too long its children go with it: the pipe is closed then, and only then. */
static void test_limit(void **state)
{
	struct run *run = *state;

	/* On a busy machine it may end before it has said a word. */
	for (uint64_t limit_us = 100 * 1000; !run->lines; limit_us *= 2) {
		run->ended = false;
		start(run, "sleep 1000 & echo $!; sleep 1000", limit_us);
		expect_end(run, "takes too long, killed");
	}
	assert_int_equal(run->lines, 1);
	while (kill((pid_t)strtol(run->said[0], NULL, 10), 0) == 0)
		waitpid(-1, NULL, WNOHANG);
	assert_int_equal(errno, ESRCH);
}

static void test_kill(void **state)
{
	struct run *run = *state;
	struct program *program = start(run, "echo $$; exec sleep 1000", 0);
	pid_t pid;

	while (!run->lines)
		assert_true(sd_event_run(run->programs.event, UINT64_MAX) >= 0);
	pid = (pid_t)strtol(run->said[0], NULL, 10);
	program_kill(program);
	while (!LIST_EMPTY(&run->programs.list))
		assert_true(sd_event_run(run->programs.event, UINT64_MAX) >= 0);
	assert_false(run->ended);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_not_there(void **state)
{
	struct run *run = *state;
	char path[] = "/nonexistent/program", *arguments[] = { path, NULL }, *none[] = { NULL };
	struct program_spec spec = { .arguments = arguments, .environment = none };

	assert_int_equal(program_start(&run->programs, &spec, NULL), -ENOENT);
	assert_true(LIST_EMPTY(&run->programs.list));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_status, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_output, setup, teardown),
		cmocka_unit_test_setup_teardown(test_haste, setup, teardown),
		cmocka_unit_test_setup_teardown(test_much_output, setup, teardown),
		cmocka_unit_test_setup_teardown(test_child_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kill, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_there, setup, teardown),
	};

	/* Children of those that have ended are ours to bury. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
