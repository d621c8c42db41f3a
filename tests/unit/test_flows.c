/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts of connections against a naive model that keeps every connection in a plain array, under
 * thousands of random events; and the particular cases.
 */
#include "lab.h"

#include "service/flows.h"

#include <netinet/in.h>
#include <string.h>

#define CONFIG                                                                                    \
	"uplinks = ( { name = \"a\"; interface = \"w0\"; gateway = \"192.0.2.1\"; },"             \
	" { name = \"b\"; interface = \"w1\"; gateway = \"198.51.100.1\"; } );"                   \
	"services = ( { name = \"www\"; listen = [ \"tcp/203.0.113.5:80\", \"tcp/a:80\" ];"       \
	" servers = ( { address = \"172.16.0.2:80\"; }, { address = \"172.16.0.3:8000\"; } ); }," \
	" { name = \"dns\"; listen = [ \"udp/203.0.113.5:53\", \"udp/203.0.113.5:5353\" ];"       \
	" servers = ( { address = \"172.16.0.2\"; }, { address = \"172.16.0.3\"; } ); } );"
#define FACTS "link 3 w0\n link 4 w1\n address w0 192.0.2.2/24\n address w1 198.51.100.2/24"

struct fixture {
	struct lab lab;
	struct flows *flows;
};

static void setup_with(struct fixture *fixture, const char *config)
{
	lab_open(&fixture->lab, config, FACTS);
	assert_int_equal(flows_new(&fixture->flows), 0);
	assert_int_equal(flows_restart(fixture->flows, &fixture->lab.world), 0);
}

static void setup(struct fixture *fixture)
{
	setup_with(fixture, CONFIG);
}

static void teardown(struct fixture *fixture)
{
	flows_free(fixture->flows);
	lab_close(&fixture->lab);
}

static struct server_state *server(struct fixture *fixture, size_t service, size_t i)
{
	return &fixture->lab.world.services[service].servers[i];
}

static struct flow make_flow(uint32_t id, uint32_t mark, uint8_t protocol, const char *to,
			     uint16_t port, const char *by, uint16_t by_port)
{
	return (struct flow){ .id = id,
			      .mark = mark,
			      .protocol = protocol,
			      .active = protocol == IPPROTO_TCP,
			      .destination = address(to),
			      .destination_port = port,
			      .server = address(by),
			      .server_port = by_port };
}

static void a_connection_lives_and_ends(void **state)
{
	struct fixture fixture;
	struct flow flow =
		make_flow(7, 0x80000100, IPPROTO_TCP, "203.0.113.5", 80, "172.16.0.3", 8000);
	struct server_state *counts;

	setup(&fixture);
	counts = server(&fixture, 0, 1);
	assert_true(flows_event(fixture.flows, FLOW_NEW, &flow));
	assert_int_equal(counts->active, 1);
	assert_int_equal(fixture.lab.world.lines[0].connections, 1);
	assert_false(flows_event(fixture.flows, FLOW_UPDATE, &flow));
	flow.active = false;
	assert_true(flows_event(fixture.flows, FLOW_UPDATE, &flow));
	assert_int_equal(counts->active, 0);
	assert_int_equal(counts->inactive, 1);
	flow.active = true; /* an end says nothing of the state before */
	assert_true(flows_event(fixture.flows, FLOW_END, &flow));
	assert_false(flows_event(fixture.flows, FLOW_END, &flow));
	assert_int_equal(counts->inactive, 0);
	assert_int_equal(counts->total, 1);
	assert_int_equal(fixture.lab.world.lines[0].connections, 0);
	teardown(&fixture);
}

static void destinations_are_told_apart(void **state)
{
	struct fixture fixture;
	const struct flow flows[] = {
		make_flow(1, 0, IPPROTO_TCP, "192.0.2.2", 80, "172.16.0.2", 80),    /* line a */
		make_flow(2, 0, IPPROTO_TCP, "198.51.100.2", 80, "172.16.0.2", 80), /* line b */
		make_flow(3, 0, IPPROTO_UDP, "203.0.113.5", 80, "172.16.0.2", 80),
		make_flow(4, 0, IPPROTO_TCP, "203.0.113.5", 80, "172.16.0.3", 80), /* no server */
		make_flow(5, 0, IPPROTO_UDP, "203.0.113.5", 5353, "172.16.0.3", 5353),
		make_flow(6, 0, IPPROTO_UDP, "203.0.113.5", 53, "172.16.0.3", 5353), /* no server */
	};

	setup(&fixture);
	for (size_t i = 0; i < ELEMENTS_OF(flows); i++)
		assert_int_equal(flows_event(fixture.flows, FLOW_NEW, &flows[i]),
				 flows[i].id == 1 || flows[i].id == 5);
	assert_int_equal(server(&fixture, 0, 0)->active, 1);
	assert_int_equal(server(&fixture, 1, 1)->inactive, 1);
	teardown(&fixture);
}

static void counting_afresh_keeps_totals(void **state)
{
	struct fixture fixture;
	struct flow flow = make_flow(7, 0x200, IPPROTO_TCP, "203.0.113.5", 80, "172.16.0.2", 80);

	setup(&fixture);
	flows_event(fixture.flows, FLOW_NEW, &flow);
	assert_int_equal(flows_restart(fixture.flows, &fixture.lab.world), 0);
	assert_int_equal(server(&fixture, 0, 0)->active, 0);
	assert_int_equal(fixture.lab.world.lines[1].connections, 0);
	assert_false(flows_event(fixture.flows, FLOW_END, &flow));
	assert_true(flows_count(fixture.flows, &flow));
	assert_int_equal(server(&fixture, 0, 0)->active, 1);
	assert_int_equal(server(&fixture, 0, 0)->total, 1);
	assert_int_equal(fixture.lab.world.lines[1].connections, 1);
	teardown(&fixture);
}

#define GROUPS                                                                               \
	"uplinks = ( { name = \"a\"; interface = \"w0\"; gateway = \"192.0.2.1\"; },"        \
	" { name = \"b\"; interface = \"w1\"; gateway = \"198.51.100.1\"; } );"              \
	"services = ( { name = \"web\"; listen = [ \"mark/5\" ];"                            \
	" servers = ( { address = \"172.16.0.2:80\"; }, { address = \"172.16.0.3\"; } ); }," \
	" { name = \"tls\"; listen = [ \"mark/6\" ]; servers = ( { address ="                \
	" \"172.16.0.2:443\"; } ); },"                                                       \
	" { name = \"all\"; listen = [ \"tcp/203.0.113.5:0\" ]; persistent = \"5m\";"        \
	" servers = ( { address = \"172.16.0.4\"; } ); },"                                   \
	" { name = \"port\"; listen = [ \"tcp/203.0.113.5:80\" ]; servers = ("               \
	" { address = \"172.16.0.4:80\"; } ); },"                                            \
	" { name = \"dr\"; listen = [ \"tcp/203.0.113.7:80\" ]; method = \"route\";"         \
	" servers = ( { address = \"172.16.0.5\"; } ); } );"

static uint64_t total(struct fixture *fixture, size_t service, size_t i)
{
	return server(fixture, service, i)->total;
}

/* Services by mark are known by where the connection went, even under an address of another's. */
static void marks_are_told_apart(void **state)
{
	struct fixture fixture;
	const struct flow flows[] = {
		make_flow(1, 0, IPPROTO_TCP, "9.9.9.9", 80, "172.16.0.2", 80),      /* web 0 */
		make_flow(2, 0, IPPROTO_TCP, "9.9.9.9", 443, "172.16.0.2", 443),    /* tls */
		make_flow(3, 0, IPPROTO_UDP, "9.9.9.9", 53, "172.16.0.3", 53),      /* web 1 */
		make_flow(4, 0, IPPROTO_TCP, "203.0.113.5", 80, "172.16.0.2", 443), /* tls */
		make_flow(5, 0, IPPROTO_TCP, "172.16.0.2", 80, "172.16.0.2", 80),   /* none */
		make_flow(6, 0, IPPROTO_TCP, "9.9.9.9", 80, "172.16.0.3", 8080),    /* none */
	};

	setup_with(&fixture, GROUPS);
	for (size_t i = 0; i < ELEMENTS_OF(flows); i++)
		assert_int_equal(flows_event(fixture.flows, FLOW_NEW, &flows[i]), i < 4);
	assert_int_equal(total(&fixture, 0, 0), 1);
	assert_int_equal(total(&fixture, 0, 1), 1);
	assert_int_equal(total(&fixture, 1, 0), 2);
	assert_true(flows_is_at(fixture.flows, &flows[1], 1, 0));
	assert_false(flows_is_at(fixture.flows, &flows[1], 0, 0));
	teardown(&fixture);
}

/* A service on every port has what none on a port of its own takes. */
static void every_port_comes_last(void **state)
{
	struct fixture fixture;
	const struct flow flows[] = {
		make_flow(1, 0, IPPROTO_TCP, "203.0.113.5", 80, "172.16.0.4", 80),
		make_flow(2, 0, IPPROTO_TCP, "203.0.113.5", 8080, "172.16.0.4", 8080),
		make_flow(3, 0, IPPROTO_UDP, "203.0.113.5", 8080, "172.16.0.4", 8080),
		make_flow(4, 0, IPPROTO_TCP, "203.0.113.5", 8080, "172.16.0.4", 80),
	};

	setup_with(&fixture, GROUPS);
	for (size_t i = 0; i < ELEMENTS_OF(flows); i++)
		assert_int_equal(flows_event(fixture.flows, FLOW_NEW, &flows[i]), i < 2);
	assert_int_equal(total(&fixture, 2, 0), 1);
	assert_int_equal(total(&fixture, 3, 0), 1);
	teardown(&fixture);
}

/* They are counted by service/census.c. */
static void direct_services_are_left_out(void **state)
{
	struct fixture fixture;
	struct flow flow = make_flow(1, 0, IPPROTO_TCP, "203.0.113.7", 80, "172.16.0.5", 80);

	setup_with(&fixture, GROUPS);
	assert_false(flows_event(fixture.flows, FLOW_NEW, &flow));
	assert_int_equal(total(&fixture, 4, 0), 0);
	teardown(&fixture);
}

static void totals_are_kept_by_line(void **state)
{
	static const uint32_t marks[] = { 0x100, 0x200, 0x200, 0, 0x300, 0x80000100 };
	struct fixture fixture;
	const struct server_state *counts;

	setup_with(&fixture, GROUPS);
	counts = server(&fixture, 3, 0);
	for (uint32_t i = 0; i < ELEMENTS_OF(marks); i++) {
		struct flow flow =
			make_flow(i, marks[i], IPPROTO_TCP, "203.0.113.5", 80, "172.16.0.4", 80);

		flows_event(fixture.flows, FLOW_NEW, &flow);
		flows_event(fixture.flows, FLOW_UPDATE, &flow);
	}
	assert_int_equal(counts->total, 6);
	assert_int_equal(counts->by_line[0], 2);
	assert_int_equal(counts->by_line[1], 2);
	assert_int_equal(counts->by_line[2], 2);
	teardown(&fixture);
}

enum {
	IDS = 700,
	EVENTS = 100000
};

/* What the model knows: the connections that are, by id. */
struct model {
	struct flow flows[IDS];
	bool is[IDS];
	uint64_t total[2][2];
	uint64_t seed;
};

static uint32_t random_below(struct model *model, uint32_t limit)
{
	model->seed = model->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(model->seed >> 33) % limit;
}

/* Ids are spread and clustered, so that they collide in any table of a power of two. */
static struct flow random_flow(struct model *model, uint32_t i)
{
	static const char *const destinations[] = { "203.0.113.5", "192.0.2.2", "8.8.8.8" };
	static const uint16_t ports[] = { 80, 53, 5353 };
	uint16_t port = ports[random_below(model, 3)];
	bool udp = port != 80;
	struct flow flow =
		make_flow(i % 2 ? i : i << 20, random_below(model, 4) << 8,
			  udp ? IPPROTO_UDP : IPPROTO_TCP, destinations[random_below(model, 3)],
			  port, random_below(model, 2) ? "172.16.0.2" : "172.16.0.3", port);

	if (!udp && random_below(model, 2))
		flow.server_port = 8000;
	flow.active = !udp && random_below(model, 2);
	return flow;
}

/* Which service and server a flow is counted for; false for none. */
static bool model_server(const struct flow *flow, size_t *ret_service, size_t *ret_server)
{
	bool vip = flow->destination.bytes[0] == 203, line = flow->destination.bytes[0] == 192;
	bool second = flow->server.bytes[3] == 3;
	bool web = flow->protocol == IPPROTO_TCP;

	*ret_service = !web;
	*ret_server = second;
	if (!vip && !(line && web))
		return false;
	return flow->server_port == (web && second ? 8000 : flow->destination_port);
}

static void assert_model(struct fixture *fixture, const struct model *model)
{
	uint32_t active[2][2] = { 0 }, inactive[2][2] = { 0 }, lines[4] = { 0 };

	for (size_t i = 0; i < IDS; i++) {
		size_t s, j;

		if (!model->is[i])
			continue;
		lines[model->flows[i].mark >> 8]++;
		if (model_server(&model->flows[i], &s, &j))
			++*(model->flows[i].active ? &active[s][j] : &inactive[s][j]);
	}
	for (size_t i = 0; i < 4; i++) {
		const struct server_state *counts = server(fixture, i / 2, i % 2);

		assert_int_equal(counts->active, active[i / 2][i % 2]);
		assert_int_equal(counts->inactive, inactive[i / 2][i % 2]);
		assert_int_equal(counts->total, model->total[i / 2][i % 2]);
	}
	assert_int_equal(fixture->lab.world.lines[0].connections, lines[1]);
	assert_int_equal(fixture->lab.world.lines[1].connections, lines[2]);
}

/* One random event to both; ends and updates also of connections nobody has heard of. */
static void random_event(struct fixture *fixture, struct model *model)
{
	uint32_t i = random_below(model, IDS), kind = random_below(model, 5);
	struct flow flow = random_flow(model, i);
	size_t s, j;

	if (kind < 2) {
		flows_event(fixture->flows, FLOW_END, &flow);
		model->is[i] = false;
		return;
	}
	if (kind == 2 && model_server(&flow, &s, &j))
		model->total[s][j]++;
	flows_event(fixture->flows, kind == 2 ? FLOW_NEW : FLOW_UPDATE, &flow);
	model->is[i] = true;
	model->flows[i] = flow;
}

static void random_events_match_the_model(void **state)
{
	static struct model model = { .seed = 5 };
	struct fixture fixture;

	setup(&fixture);
	for (size_t event = 0; event < EVENTS; event++) {
		random_event(&fixture, &model);
		if (event % 97 == 0)
			assert_model(&fixture, &model);
		if (event % 20011 == 0) {
			assert_int_equal(flows_restart(fixture.flows, &fixture.lab.world), 0);
			for (size_t i = 0; i < IDS; i++)
				if (model.is[i])
					flows_count(fixture.flows, &model.flows[i]);
			assert_model(&fixture, &model);
		}
	}
	teardown(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_lives_and_ends),
		cmocka_unit_test(destinations_are_told_apart),
		cmocka_unit_test(counting_afresh_keeps_totals),
		cmocka_unit_test(marks_are_told_apart),
		cmocka_unit_test(every_port_comes_last),
		cmocka_unit_test(direct_services_are_left_out),
		cmocka_unit_test(totals_are_kept_by_line),
		cmocka_unit_test(random_events_match_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
