/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a world takes over from the one before it: by name, whatever the order, and nothing of what
 * is not configured any more.
 */
#include "lab.h"

#include "sched/roll.h"
#include "service/judge.h"
#include "service/schedule.h"

#include <string.h>

#define LINE(name, interface) \
	"{ name = \"" name "\"; interface = \"" interface "\"; gateway = \"192.0.2.1\"; }"
#define SERVER(address) "{ address = \"" address "\"; }"

static const char before[] = "uplinks = ( " LINE("a", "w0") ", " LINE("b", "w1") ", " LINE(
	"c",
	"w2") " );"
	      "services = ( { name = \"www\"; listen = [ \"tcp/203.0.113.5:80\" ]; scheduler = \"wlc\";"
	      " servers = ( " SERVER("172.16.0.2") ", " SERVER("172.16.0.3") ", " SERVER(
		      "172.16.0.4") " ); },"
				    " { name = \"mail\"; listen = [ \"tcp/203.0.113.5:25\" ];"
				    " servers = ( " SERVER("172.16.0.2") " ); } );";

/* The order is another; a line, a service and a server have come, others have gone. */
static const char after[] = "uplinks = ( " LINE("new", "w3") ", " LINE("c", "w2") ", " LINE(
	"a",
	"w0") " );"
	      "services = ( { name = \"dns\"; listen = [ \"udp/203.0.113.5:53\" ];"
	      " servers = ( " SERVER(
		      "172.16.0.2") " ); },"
				    " { name = \"www\"; listen = [ \"tcp/203.0.113.5:80\" ]; scheduler = \"wlc\";"
				    " servers = ( " SERVER("172.16.0.4") ", " SERVER(
					    "172.16.0.9") ", " SERVER("172.16.0.2") " ); } );";

static const char facts[] = "link 2 lan0\n link 3 w0\n link 4 w1\n link 5 w2\n link 6 w3\n"
			    "address lan0 172.16.0.1/24\n address w0 192.0.2.2/24\n"
			    "address w1 192.0.2.3/24\n address w2 192.0.2.4/24\n";

struct fixture {
	struct lab lab;
	struct config *config; /* the one after */
	struct world world;
};

static void fill(struct server_state *server, uint32_t seed)
{
	server->total = seed + 10;
	server->active = seed;
	for (size_t i = 0; i < 2; i++) {
		server->packets[i] = seed * 100 + i;
		server->bytes[i] = seed * 1000 + i;
	}
	for (size_t i = 0; i < 4; i++)
		server->by_line[i] = seed * 10 + i;
	server->health.percent = 40 + (int)seed;
	server->health.back_us = seed;
	server->overloaded = seed == 1;
	snprintf(server->health.reason, sizeof(server->health.reason), "seed %u", seed);
}

static void setup(struct fixture *fixture)
{
	_cleanup_free_ char *errors = NULL;

	lab_open(&fixture->lab, before, facts);
	for (uint32_t i = 0; i < 3; i++) {
		fixture->lab.world.lines[i].number = 7 + i;
		fixture->lab.world.lines[i].connections = 20 + i;
		fill(&fixture->lab.world.services[0].servers[i], i);
	}
	fixture->lab.world.services[0].below_quorum = true;
	fixture->lab.world.timeouts.udp = 77;
	fixture->lab.world.flushed = true;
	world_touch(&fixture->lab.world, 1);
	assert_int_equal(config_parse("after", after, NULL, &fixture->config, &errors), 0);
	assert_int_equal(world_init(&fixture->world, fixture->config, &fixture->lab.facts,
				    &fixture->lab.world),
			 0);
}

static void teardown(struct fixture *fixture)
{
	world_done(&fixture->world);
	config_free(fixture->config);
	lab_close(&fixture->lab);
}

static void lines_keep_what_is_theirs(void **state)
{
	struct fixture fixture;
	const struct line *lines;

	setup(&fixture);
	lines = fixture.world.lines;
	assert_int_equal(lines[0].number, 0);
	assert_string_equal(lines[0].reason, "");
	assert_int_equal(lines[1].number, 9);
	assert_int_equal(lines[1].connections, 22);
	assert_int_equal(lines[1].state, UPLINK_UP);
	assert_int_equal(lines[2].number, 7);
	for (size_t i = 0; i < 3; i++)
		assert_ptr_equal(lines[i].config, &fixture.config->uplinks.v[i]);
	teardown(&fixture);
}

static void assert_inherited(const struct server_state *server, uint32_t seed)
{
	char reason[32];

	snprintf(reason, sizeof(reason), "seed %u", seed);
	assert_int_equal(server->total, seed + 10);
	assert_int_equal(server->packets[1], seed * 100 + 1);
	assert_int_equal(server->bytes[1], seed * 1000 + 1);
	assert_int_equal(server->health.percent, 40 + (int)seed);
	assert_int_equal(server->health.back_us, seed);
	assert_string_equal(server->health.reason, reason);
	/* By no line, new, c, a. */
	assert_int_equal(server->by_line[0], seed * 10);
	assert_int_equal(server->by_line[1], 0);
	assert_int_equal(server->by_line[2], seed * 10 + 3);
	assert_int_equal(server->by_line[3], seed * 10 + 1);
	/* Counted anew: */
	assert_int_equal(server->active, 0);
}

static void servers_keep_what_is_theirs(void **state)
{
	struct fixture fixture;
	const struct server_state *servers;

	setup(&fixture);
	servers = fixture.world.services[1].servers;
	assert_inherited(&servers[0], 2);
	assert_int_equal(servers[1].total, 0);
	assert_int_equal(servers[1].health.percent, -1);
	assert_inherited(&servers[2], 0);
	assert_true(fixture.world.services[1].below_quorum);
	assert_int_equal(fixture.world.services[0].servers[0].total, 0);
	assert_false(fixture.world.services[0].below_quorum);
	teardown(&fixture);
}

/* Nothing in it points into the world that is gone. */
static void the_old_world_may_go(void **state)
{
	struct fixture fixture;

	setup(&fixture);
	world_done(&fixture.lab.world);
	assert_int_equal(
		world_init(&fixture.lab.world, fixture.lab.config, &fixture.lab.facts, NULL), 0);
	fixture.world.services[1].servers[0].health.down = true;
	service_judge(&fixture.world, 1, 1);
	assert_string_equal(fixture.world.services[1].servers[0].reason, "seed 2");
	teardown(&fixture);
}

static void the_rest_begins_anew(void **state)
{
	struct fixture fixture;
	uint32_t restart;

	setup(&fixture);
	assert_int_equal(fixture.world.timeouts.udp, 77);
	assert_int_equal(fixture.world.generation, fixture.lab.world.generation + 1);
	assert_true(fixture.world.flushed); /* a reload ends that, and nothing else */
	assert_int_equal(fixture.world.touched.n, 0);
	assert_null(fixture.world.services[1].rolls);
	assert_true(service_schedule(&fixture.world, 1) >= 0);
	restart = fixture.lab.world.services[0].rolls[0].restart;
	assert_int_not_equal(fixture.world.services[1].rolls[0].restart, restart);
	teardown(&fixture);
}

static void touching_is_noted_once(void **state)
{
	struct lab lab;

	lab_open(&lab, before, facts);
	world_touch(&lab.world, 1);
	world_touch(&lab.world, 0);
	world_touch(&lab.world, 1);
	assert_int_equal(lab.world.touched.n, 2);
	world_untouch(&lab.world);
	assert_int_equal(lab.world.touched.n, 0);
	world_touch(&lab.world, 1);
	assert_int_equal(lab.world.touched.n, 1);
	lab_close(&lab);
}

static void servers_are_found_by_name(void **state)
{
	struct lab lab;
	size_t service = 9, server = 9;

	lab_open(&lab, before, facts);
	assert_true(world_find_server(lab.config, "www", "172.16.0.3", &service, &server));
	assert_int_equal(service, 0);
	assert_int_equal(server, 1);
	assert_false(world_find_server(lab.config, "mail", "172.16.0.3", &service, &server));
	assert_false(world_find_server(lab.config, "dns", "172.16.0.2", &service, &server));
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_keep_what_is_theirs),
		cmocka_unit_test(servers_keep_what_is_theirs),
		cmocka_unit_test(the_old_world_may_go),
		cmocka_unit_test(the_rest_begins_anew),
		cmocka_unit_test(touching_is_noted_once),
		cmocka_unit_test(servers_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
