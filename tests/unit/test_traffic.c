/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sums of traffic over connections that live and end, and rates against the estimator of IPVS
 * (Linux: ip_vs_est.c), written down as it stands there.
 */
#include "lab.h"

#include "service/traffic.h"

#define CONFIG                                                                \
	"services = ( { name = \"www\"; listen = [ \"tcp/203.0.113.5:80\" ];" \
	" servers = ( { address = \"172.16.0.2:80\"; } ); } );"
#define SECOND UINT64_C(1000000)
#define START  (100 * SECOND)

static void look(struct lab *lab, uint64_t bytes, uint64_t now_us)
{
	struct flow flow = { .packets = { bytes / 100, bytes / 50 },
			     .bytes = { bytes, 2 * bytes } };

	traffic_begin(&lab->world);
	if (bytes)
		traffic_count(&lab->world.services[0].servers[0], &flow);
	traffic_end(&lab->world, now_us);
}

static void sums_never_go_back(void **state)
{
	struct server_state *server;
	struct lab lab;

	lab_open(&lab, CONFIG, "");
	server = &lab.world.services[0].servers[0];
	look(&lab, 5000, START);
	assert_int_equal(server->traffic.sum[TRAFFIC_BYTES_IN], 5000);
	assert_int_equal(server->traffic.sum[TRAFFIC_PACKETS_OUT], 100);
	/* It ended, and that was not heard of yet. */
	look(&lab, 0, START);
	assert_int_equal(server->traffic.sum[TRAFFIC_BYTES_IN], 5000);
	server->bytes[0] = 6000;
	look(&lab, 0, START);
	assert_int_equal(server->traffic.sum[TRAFFIC_BYTES_IN], 6000);
	lab_close(&lab);
}

static void zero_is_from_now_on(void **state)
{
	struct server_state *server;
	struct lab lab;

	lab_open(&lab, CONFIG, "");
	server = &lab.world.services[0].servers[0];
	server->total = 3;
	server->bytes[0] = 700;
	look(&lab, 5000, START);
	assert_int_equal(server->traffic.sum[TRAFFIC_CONNECTIONS], 3);
	traffic_zero(server);
	look(&lab, 5100, START + SECOND);
	assert_int_equal(server->traffic.sum[TRAFFIC_CONNECTIONS], 0);
	assert_int_equal(server->traffic.sum[TRAFFIC_BYTES_IN], 100);
	/* It ends with all that it ever had. */
	server->bytes[0] = 5200;
	server->total = 1;
	look(&lab, 0, START + SECOND);
	assert_int_equal(server->traffic.sum[TRAFFIC_CONNECTIONS], 1);
	assert_int_equal(server->traffic.sum[TRAFFIC_BYTES_IN], 200);
	lab_close(&lab);
}

static void rates_are_those_of_ipvs(void **state)
{
	uint64_t bytes = 0, last = 0, estimate = 0, conns = 0;
	struct server_state *server;
	struct lab lab;

	lab_open(&lab, CONFIG, "");
	server = &lab.world.services[0].servers[0];
	look(&lab, 0, START);
	for (uint64_t i = 1; i <= 50; i++) {
		bytes += i * 1000 % 7000;
		server->total = i * 6;
		look(&lab, bytes, START + i * 2 * SECOND);
		estimate += (uint64_t)((int64_t)(((bytes - last) << 4) - estimate) >> 2);
		conns += (uint64_t)((int64_t)((UINT64_C(6) << 9) - conns) >> 2);
		last = bytes;
		assert_int_equal(server->traffic.rate[TRAFFIC_BYTES_IN], estimate);
		assert_int_equal(server->traffic.rate[TRAFFIC_CONNECTIONS], conns);
	}
	assert_int_equal(traffic_a_second(TRAFFIC_CONNECTIONS, conns), 3);
	lab_close(&lab);
}

/* Who asks seldom gets what those get who asked all the time, if it came evenly. */
static void steps_are_made_up_for(void **state)
{
	struct server_state *often, *seldom;
	struct lab a, b;

	lab_open(&a, CONFIG, "");
	lab_open(&b, CONFIG, "");
	often = &a.world.services[0].servers[0];
	seldom = &b.world.services[0].servers[0];
	look(&a, 0, START);
	look(&b, 0, START);
	for (uint64_t i = 1; i <= 10; i++)
		look(&a, i * 8000, START + i * 2 * SECOND);
	look(&b, 80000, START + 20 * SECOND);
	look(&b, 90000, START + 20 * SECOND + SECOND / 2); /* too early */
	assert_int_equal(seldom->traffic.rate[TRAFFIC_BYTES_IN],
			 often->traffic.rate[TRAFFIC_BYTES_IN]);
	look(&b, 80000 + 3600 * 500, START + 3620 * SECOND);
	assert_int_equal(traffic_a_second(TRAFFIC_BYTES_IN, seldom->traffic.rate[TRAFFIC_BYTES_IN]),
			 500);
	lab_close(&a);
	lab_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_never_go_back),
		cmocka_unit_test(zero_is_from_now_on),
		cmocka_unit_test(rates_are_those_of_ipvs),
		cmocka_unit_test(steps_are_made_up_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
