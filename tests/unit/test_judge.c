/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is judged of real servers: every condition with its reason, the worst first; the weight that
 * is left of a server's own; the quorum; and how weights grow after an outage.
 */
#include "lab.h"

#include "service/judge.h"

#include <string.h>

#define GATEWAY                                                                       \
	"uplinks = ( { name = \"a\"; interface = \"w0\"; gateway = \"192.0.2.1\"; }," \
	" { name = \"b\"; interface = \"w1\"; gateway = \"198.51.100.1\"; } );\n"
#define LINES                                                                \
	"link 2 lan0\n link 3 w0\n link 4 w1\n address lan0 172.16.0.1/24\n" \
	"address w0 192.0.2.2/24\n address w1 198.51.100.2/24\n"

/* A service with these keys and servers, behind the gateway. */
#define SERVICE(keys, servers)                                                              \
	GATEWAY "services = ( { name = \"www\"; listen = [ \"tcp/203.0.113.5:80\" ]; " keys \
		" servers = ( " servers " ); } );"

static struct server_state *state(struct lab *lab, size_t i)
{
	return &lab->world.services[0].servers[i];
}

static void assert_server(struct lab *lab, size_t i, enum server_condition condition,
			  const char *reason, uint32_t share)
{
	assert_string_equal(server_condition_text(state(lab, i)->condition),
			    server_condition_text(condition));
	assert_string_equal(state(lab, i)->reason, reason);
	assert_int_equal(state(lab, i)->share, share);
}

/* Judges, says whether that changed anything, and sees to it that twice is as once. */
static bool judge_at(struct lab *lab, uint64_t now_us)
{
	bool changed = service_judge(&lab->world, 0, now_us);

	assert_false(service_judge(&lab->world, 0, now_us));
	return changed;
}

static bool judge(struct lab *lab)
{
	return judge_at(lab, 1);
}

static void assert_one(const char *config, const char *facts, enum server_condition condition,
		       const char *reason)
{
	struct lab lab;

	lab_open(&lab, config, facts);
	assert_server(&lab, 0, condition, reason, condition == SERVER_UP);
	lab_close(&lab);
}

static void what_nat_needs(void **state)
{
	static const char near[] = SERVICE("", "{ address = \"172.16.0.2:80\"; }"),
			  far[] = SERVICE("", "{ address = \"8.8.8.8:80\"; }"),
			  via[] = SERVICE("", "{ address = \"8.8.8.8:80\"; via = \"b\"; }"),
			  behind[] = SERVICE("", "{ address = \"10.9.0.2:80\"; }"),
			  alone[] = "services = ( { name = \"www\"; listen = [ \"mark/5\" ];"
				    " servers = ( { address = \"8.8.8.8\"; } ); } );";

	assert_one(near, LINES, SERVER_UP, "");
	assert_one(far, LINES, SERVER_UP, "");
	assert_one(via, LINES, SERVER_UP, "");
	assert_one(via, LINES "disable b", SERVER_UNUSABLE, "its line is not up");
	assert_one(via, LINES "disable a", SERVER_UP, "");
	assert_one(far, LINES "disable a\n disable b", SERVER_UNUSABLE, "no line leads there");
	assert_one(far, "", SERVER_UNUSABLE, "no line leads there");
	assert_one(near, "", SERVER_UNUSABLE, "no line leads there");
	assert_one(behind, LINES "route lan0 10.9.0.0/16 via 172.16.0.9", SERVER_UP, "");
	assert_one(behind, LINES "route w1 10.9.0.0/16 via 198.51.100.9\n disable b",
		   SERVER_UNUSABLE, "its line is not up");
	assert_one(far, "link 2 lan0\n route lan0 0.0.0.0/0 via 172.16.0.9", SERVER_UP, "");
	assert_one(alone, "", SERVER_UP, "");
}

static void what_the_other_methods_need(void **state)
{
	static const char route[] = SERVICE("method = \"route\";", "{ address = \"172.16.0.2\"; }"),
			  local[] = SERVICE("method = \"local\";", "{ address = \"172.16.0.1\"; }"),
			  ipip[] = SERVICE("method = \"tunnel\";", "{ address = \"172.16.0.2\"; }"),
			  gre[] = SERVICE("method = \"tunnel\";",
					  "{ address = \"172.16.0.2\"; tunnel = \"gre\"; }"),
			  gue[] = SERVICE("method = \"tunnel\";",
					  "{ address = \"172.16.0.2\"; tunnel = \"gue\"; }");

	assert_one(route, LINES, SERVER_UP, "");
	assert_one(route, LINES "lacks fwd", SERVER_UNUSABLE,
		   "this kernel cannot forward from the ingress hook");
	assert_one(route, "", SERVER_UNUSABLE, "not on a net of this box");
	assert_one(ipip, LINES, SERVER_UP, "");
	assert_one(ipip, LINES "lacks fwd", SERVER_UNUSABLE,
		   "this kernel cannot forward from the ingress hook");
	assert_one(ipip, LINES "lacks ipip", SERVER_UNUSABLE, "this kernel has no ipip tunnels");
	assert_one(gre, LINES "lacks gre", SERVER_UNUSABLE, "this kernel has no gre tunnels");
	assert_one(gue, LINES "lacks gue", SERVER_UNUSABLE, "this kernel has no gue tunnels");
	assert_one(gue, LINES "lacks gre", SERVER_UP, "");
	assert_one(local, LINES, SERVER_UP, "");
	assert_one(local, "", SERVER_UNUSABLE, "not an address of this box");
}

/* Of nets within each other the smaller one is the server's. */
static void the_nearest_net_counts(void **state)
{
	struct lab lab;
	struct config_server *server;

	lab_open(&lab, SERVICE("", "{ address = \"172.16.0.2:80\"; }"),
		 LINES "link 7 wide\n address wide 172.16.0.1/12\n");
	server = &lab.config->services.v[0].servers.v[0];
	assert_int_equal(server_link(&lab.world, server), 2);
	lab_close(&lab);
	lab_open(&lab, SERVICE("", "{ address = \"172.16.0.2:80\"; }"),
		 "link 7 wide\n address wide 172.16.0.1/12\n" LINES);
	server = &lab.config->services.v[0].servers.v[0];
	assert_int_equal(server_link(&lab.world, server), 2);
	assert_null(server_line(&lab.world, server));
	lab_close(&lab);
}

static void the_line_of_a_server(void **state)
{
	struct lab lab;
	const struct config_service *service;

	lab_open(&lab,
		 SERVICE("",
			 "{ address = \"172.16.0.2\"; }, { address = \"8.8.8.8\"; },"
			 " { address = \"198.51.100.77\"; },"
			 " { address = \"8.8.4.4\"; via = \"b\"; }, { address = \"192.0.2.2\"; }"),
		 LINES);
	service = &lab.config->services.v[0];
	assert_null(server_line(&lab.world, &service->servers.v[0]));
	assert_ptr_equal(server_line(&lab.world, &service->servers.v[1]), &lab.world.lines[0]);
	assert_ptr_equal(server_line(&lab.world, &service->servers.v[2]), &lab.world.lines[1]);
	assert_ptr_equal(server_line(&lab.world, &service->servers.v[3]), &lab.world.lines[1]);
	assert_null(server_line(&lab.world, &service->servers.v[4]));
	lab_close(&lab);
}

#define TWO                                                                    \
	SERVICE("", "{ address = \"172.16.0.2\"; weight = 10; upper = 100; }," \
		    " { address = \"172.16.0.3\"; weight = 0; upper = 100; }")

/* Down before overloaded before drained; and what is drained has no share whatever else it is. */
static void the_worst_reason_is_told(void **data)
{
	struct lab lab;
	struct server_state *server;

	lab_open(&lab, TWO, LINES "load www 172.16.0.3 100 0\n");
	server = state(&lab, 0);
	assert_server(&lab, 0, SERVER_UP, "", 10);
	assert_server(&lab, 1, SERVER_OVERLOADED, "upper threshold reached", 0);
	server->health.drain = true;
	snprintf(server->health.reason, sizeof(server->health.reason), "says so");
	assert_true(judge(&lab));
	assert_server(&lab, 0, SERVER_DRAINED, "says so", 0);
	server->active = 60;
	server->inactive = 40;
	assert_true(judge(&lab));
	assert_server(&lab, 0, SERVER_OVERLOADED, "upper threshold reached", 0);
	server->health.drain = false;
	assert_true(judge(&lab));
	assert_server(&lab, 0, SERVER_OVERLOADED, "upper threshold reached", 10);
	server->health.down = true;
	assert_true(judge(&lab));
	assert_server(&lab, 0, SERVER_DOWN, "says so", 0);
	array_done(&lab.facts.addresses);
	lab_judge(&lab);
	assert_server(&lab, 0, SERVER_UNUSABLE, "no line leads there", 0);
	lab_close(&lab);
}

static void thresholds_have_a_lower_edge(void **data)
{
	struct lab lab;
	struct server_state *server;

	lab_open(&lab, TWO, LINES);
	server = state(&lab, 0);
	server->active = 99;
	assert_false(judge(&lab));
	server->active = 100;
	assert_true(judge(&lab));
	server->active = 75;
	assert_false(judge(&lab));
	server->active = 74;
	assert_true(judge(&lab));
	assert_server(&lab, 0, SERVER_UP, "", 10);
	lab_close(&lab);
}

static void weights_of_zero_drain(void **data)
{
	struct lab lab;

	lab_open(&lab, TWO, LINES "weight www 172.16.0.2 0\n");
	assert_server(&lab, 0, SERVER_DRAINED, "weight 0 by operator", 0);
	assert_server(&lab, 1, SERVER_DRAINED, "weight 0 in the file", 0);
	lab_close(&lab);
}

static void agents_ask_for_a_share(void **data)
{
	static const struct {
		int percent;
		enum server_condition condition;
		const char *reason;
		uint32_t share;
	} cases[] = {
		{ -1, SERVER_UP, "", 10 },  { 100, SERVER_UP, "", 10 },
		{ 200, SERVER_UP, "", 20 }, { 55, SERVER_UP, "", 5 },
		{ 1, SERVER_UP, "", 1 },    { 0, SERVER_DRAINED, "its agent says 0%", 0 },
	};
	struct lab lab;

	lab_open(&lab, TWO, LINES);
	for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
		state(&lab, 0)->health.percent = cases[i].percent;
		judge(&lab);
		assert_server(&lab, 0, cases[i].condition, cases[i].reason, cases[i].share);
	}
	lab_close(&lab);
}

static void a_sorry_server_waits(void **data)
{
	struct lab lab;

	lab_open(&lab, SERVICE("sorry = \"172.16.0.9:80\";", "{ address = \"172.16.0.2\"; }"),
		 LINES);
	assert_server(&lab, 1, SERVER_DRAINED, "sorry server", 0);
	lab_close(&lab);
}

/* Of 10 + 5 + 5: lost below 8, regained from 12 on. */
static void the_quorum_has_two_edges(void **data)
{
	struct lab lab;
	struct service_state *service;

	lab_open(&lab,
		 SERVICE("sorry = \"172.16.0.9:80\"; quorum = 10; quorum_hysteresis = 2;",
			 "{ address = \"172.16.0.2\"; weight = 10; },"
			 " { address = \"172.16.0.3\"; weight = 5; },"
			 " { address = \"172.16.0.4\"; weight = 5; }"),
		 LINES);
	service = &lab.world.services[0];
	assert_false(service->below_quorum);
	state(&lab, 0)->health.down = true;
	judge(&lab);
	assert_false(service->below_quorum); /* 10 */
	state(&lab, 1)->health.percent = 60;
	judge(&lab);
	assert_false(service->below_quorum); /* 8 */
	state(&lab, 1)->health.percent = 40;
	judge(&lab);
	assert_true(service->below_quorum); /* 7 */
	state(&lab, 1)->health.percent = 100;
	judge(&lab);
	assert_true(service->below_quorum); /* 10 */
	state(&lab, 1)->health.percent = 140;
	assert_true(judge(&lab));
	assert_false(service->below_quorum); /* 12 */
	lab_close(&lab);
}

static void weights_grow_after_an_outage(void **data)
{
	struct lab lab;
	const uint64_t second = 1000 * 1000, back = 100 * second;
	uint64_t now = back;
	uint32_t before = 0, steps = 0;

	lab_open(&lab,
		 SERVICE("slow_start = \"10s\";", "{ address = \"172.16.0.2\"; weight = 100; }"),
		 LINES);
	assert_int_equal(service_next_step(&lab.world, 0, back), UINT64_MAX);
	state(&lab, 0)->health.back_us = back;
	for (; service_next_step(&lab.world, 0, now) != UINT64_MAX; steps++) {
		judge_at(&lab, now);
		assert_true(state(&lab, 0)->share > before);
		before = state(&lab, 0)->share;
		now += service_next_step(&lab.world, 0, now) - 1;
		assert_false(judge_at(&lab, now));
		now++;
	}
	assert_int_equal(steps, 19);
	assert_int_equal(now, back + 10 * second);
	judge_at(&lab, now);
	assert_server(&lab, 0, SERVER_UP, "", 100);
	lab_close(&lab);
}

/* A light server takes part from the first step on. */
static void a_light_server_grows_from_one(void **data)
{
	struct lab lab;

	lab_open(&lab, SERVICE("slow_start = \"10s\";", "{ address = \"172.16.0.2\"; }"), LINES);
	state(&lab, 0)->health.back_us = 5;
	judge_at(&lab, 5);
	assert_server(&lab, 0, SERVER_UP, "", 1);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nat_needs),
		cmocka_unit_test(what_the_other_methods_need),
		cmocka_unit_test(the_nearest_net_counts),
		cmocka_unit_test(the_line_of_a_server),
		cmocka_unit_test(the_worst_reason_is_told),
		cmocka_unit_test(thresholds_have_a_lower_edge),
		cmocka_unit_test(weights_of_zero_drain),
		cmocka_unit_test(agents_ask_for_a_share),
		cmocka_unit_test(a_sorry_server_waits),
		cmocka_unit_test(the_quorum_has_two_edges),
		cmocka_unit_test(weights_grow_after_an_outage),
		cmocka_unit_test(a_light_server_grows_from_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
