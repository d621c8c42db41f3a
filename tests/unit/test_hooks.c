/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which event the hooks hear of next, and what an event is. */
#include "control/event.h"
#include "control/hook_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
	struct hook_queue *queue = calloc(1, sizeof(*queue));

	hook_queue_init(queue);
	*state = queue;
	return 0;
}

static int teardown(void **state)
{
	hook_queue_clear(*state);
	free(*state);
	return 0;
}

static void add(struct hook_queue *queue, const char *line, const char *was, const char *now)
{
	struct event event;

	event_init(&event, EVENT_UPLINK_STATE, line);
	event_set(&event, "old_state", "%s", was);
	event_set(&event, "state", "%s", now);
	assert_int_equal(hook_queue_add(queue, &event), 0);
	event_done(&event);
}

static void add_server(struct hook_queue *queue, const char *server)
{
	struct event event;

	event_init(&event, EVENT_SERVER_STATE, "www");
	event_set(&event, "server", "%s", server);
	assert_int_equal(hook_queue_add(queue, &event), 0);
	event_done(&event);
}

static struct hook_job *expect(struct hook_queue *queue, const char *line, const char *was,
			       const char *now)
{
	struct hook_job *job = hook_queue_next(queue);

	assert_non_null(job);
	assert_string_equal(job->event.name, line);
	assert_string_equal(event_get(&job->event, "old_state"), was);
	assert_string_equal(event_get(&job->event, "state"), now);
	return job;
}

static void test_order(void **state)
{
	add(*state, "dsl0", "up", "down");
	add(*state, "dsl1", "up", "down");
	expect(*state, "dsl0", "up", "down");
	expect(*state, "dsl1", "up", "down");
	assert_null(hook_queue_next(*state));
}

static void test_one_at_a_time(void **state)
{
	struct hook_job *job;

	add(*state, "dsl0", "up", "down");
	job = expect(*state, "dsl0", "up", "down");
	add(*state, "dsl0", "down", "up");
	assert_null(hook_queue_next(*state));
	hook_queue_done(*state, job);
	job = expect(*state, "dsl0", "down", "up");
	hook_queue_done(*state, job);
	assert_null(hook_queue_next(*state));
}

/* The line that waits is not in the way of another. */
static void test_objects_are_apart(void **state)
{
	add(*state, "dsl0", "up", "down");
	expect(*state, "dsl0", "up", "down");
	add(*state, "dsl0", "down", "up");
	add(*state, "dsl1", "up", "down");
	expect(*state, "dsl1", "up", "down");
	assert_null(hook_queue_next(*state));
}

static void test_last_wins(void **state)
{
	struct hook_job *job;

	add(*state, "dsl0", "start", "up");
	job = expect(*state, "dsl0", "start", "up");
	add(*state, "dsl0", "up", "down");
	add(*state, "dsl0", "down", "probing");
	add(*state, "dsl0", "probing", "up");
	add(*state, "dsl0", "up", "degraded");
	hook_queue_done(*state, job);
	job = expect(*state, "dsl0", "up", "degraded");
	hook_queue_done(*state, job);
	assert_null(hook_queue_next(*state));
}

/* There and back again: the hook runs once more, since it may have failed in between. */
static void test_back_again(void **state)
{
	struct hook_job *job;

	add(*state, "dsl0", "start", "up");
	job = expect(*state, "dsl0", "start", "up");
	add(*state, "dsl0", "up", "down");
	add(*state, "dsl0", "down", "up");
	hook_queue_done(*state, job);
	hook_queue_done(*state, expect(*state, "dsl0", "up", "up"));
	assert_null(hook_queue_next(*state));
}

static void add_move(struct hook_queue *queue, const char *was, const char *now)
{
	struct event event;

	event_init(&event, EVENT_UPLINK_ADDRESS, "dsl0");
	event_set(&event, "old_address", "%s", was);
	event_set(&event, "address", "%s", now);
	assert_int_equal(hook_queue_add(queue, &event), 0);
	event_done(&event);
}

/* An address that went and another that came; or the same, which is no other. */
static void test_addresses(void **state)
{
	static const struct {
		const char *was, *between, *now, *old;
	} cases[] = {
		{ "192.0.2.1", "", "192.0.2.9", "192.0.2.1" },
		{ "192.0.2.1", "192.0.2.5", "192.0.2.9", "192.0.2.1" },
		{ "192.0.2.1", "192.0.2.5", "", "192.0.2.1" },
		{ "192.0.2.1", "", "192.0.2.1", "" },
		{ "192.0.2.1", "192.0.2.5", "192.0.2.1", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct hook_job *job;

		add_move(*state, cases[i].was, cases[i].between);
		add_move(*state, cases[i].between, cases[i].now);
		job = hook_queue_next(*state);
		assert_non_null(job);
		assert_string_equal(event_get(&job->event, "address"), cases[i].now);
		assert_string_equal(event_get(&job->event, "old_address"), cases[i].old);
		hook_queue_done(*state, job);
		assert_null(hook_queue_next(*state));
	}
}

static void test_types_are_apart(void **state)
{
	struct hook_job *job;
	struct event event;

	add(*state, "dsl0", "start", "up");
	job = expect(*state, "dsl0", "start", "up");
	event_init(&event, EVENT_UPLINK_QUOTA, "dsl0");
	assert_int_equal(hook_queue_add(*state, &event), 0);
	add(*state, "dsl0", "up", "down");
	hook_queue_done(*state, job);
	job = hook_queue_next(*state);
	assert_int_equal(job->event.type, EVENT_UPLINK_QUOTA);
	hook_queue_done(*state, job);
	expect(*state, "dsl0", "up", "down");
}

/* However many servers die: lines are told of, and of the servers only a few at once. */
static void test_crowd(void **state)
{
	struct hook_job *job = NULL;
	char server[32];

	for (int i = 0; i < 100; i++) {
		snprintf(server, sizeof(server), "10.0.0.%d:80", i);
		add_server(*state, server);
	}
	for (int i = 0; i < HOOK_OTHERS_MAX; i++)
		assert_non_null(job = hook_queue_next(*state));
	assert_null(hook_queue_next(*state));
	add(*state, "dsl0", "up", "down");
	expect(*state, "dsl0", "up", "down");
	assert_null(hook_queue_next(*state));
	hook_queue_done(*state, job);
	job = hook_queue_next(*state);
	assert_string_equal(event_get(&job->event, "server"), "10.0.0.8:80");
}

static void test_event(void **state)
{
	struct arena arena = { 0 };
	struct event event;

	event_init(&event, EVENT_UPLINK_STATE, "dsl0");
	event_set(&event, "old_state", "up");
	event_set(&event, "reason", "two\nlines");
	event_set(&event, "address", "%s", "");
	event_set(&event, "old_state", "down");
	event_say(&event, "%s -> %s", "up", "down");
	assert_string_equal(event.kind, "uplink");
	assert_string_equal(event.text, "up -> down");
	assert_string_equal(event_get(&event, "event"), "uplink-state");
	assert_string_equal(event_get(&event, "uplink"), "dsl0");
	assert_string_equal(event_get(&event, "reason"), "two lines");
	assert_string_equal(event_get(&event, "old_state"), "down");
	assert_int_equal(event.n, 4);
	event_set(&event, "reason", "%s", "");
	assert_int_equal(event.n, 3);
	assert_string_equal(event_get(&event, "reason"), "");
	event_set(&event, "reason", "none");
	assert_string_equal(event_variable(&arena, &event.fields[2]), "UPLINKD_OLD_STATE=down");
	assert_false(event.incomplete);
	for (int i = 0; i < EVENT_FIELDS_MAX; i++) {
		char *key = arena_printf(&event.arena, "key%d", i);

		event_set(&event, key, "%d", i);
	}
	assert_int_equal(event.n, EVENT_FIELDS_MAX);
	assert_true(event.incomplete);
	event_done(&event);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_objects_are_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_last_wins, setup, teardown),
		cmocka_unit_test_setup_teardown(test_back_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_types_are_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_crowd, setup, teardown),
		cmocka_unit_test(test_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
