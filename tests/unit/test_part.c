/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The short ways of changing one service (plan/part.h, plan/turn.h) against the long one: after any
 * sequence of changes what was adopted is what a reading finds, and an intent of everything finds
 * nothing left to do. On the kernel in memory.
 */
#include "lab.h"

#include "kernel/fake.h"
#include "plan/intent.h"
#include "plan/part.h"
#include "plan/turn.h"
#include "service/judge.h"
#include "service/schedule.h"
#include "service/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	CHANGES = 600
};

#define SERVERS4                                                                 \
	"servers = ( { address = \"172.16.0.2:80\"; weight = 3; }, { address = " \
	"\"172.16.0.3:80\"; weight = 2; }, { address = \"172.16.0.4:80\"; upper = 20; } );"
#define PLAIN4                                                                   \
	"servers = ( { address = \"172.16.0.2:80\"; weight = 3; }, { address = " \
	"\"172.16.0.3:80\"; }, { address = \"172.16.0.4:80\"; } );"

static const char config[] =
	"uplinks = ( { name = \"a\"; interface = \"w0\"; gateway = \"192.0.2.1\"; },\n"
	" { name = \"b\"; interface = \"w1\"; gateway = \"198.51.100.1\"; } );\n"
	"services = (\n"
	"{ name = \"tcp\"; listen = [ \"tcp/203.0.113.5:1\", \"tcp/a:1\" ]; " PLAIN4 " },\n"
	"{ name = \"simple\"; listen = [ \"tcp/203.0.113.5:2\", \"udp/203.0.113.5:3\" ];\n"
	"  sorry = \"172.16.0.9\"; servers = ( { address = \"172.16.0.2\"; },\n"
	"  { address = \"172.16.0.3\"; weight = 2; }, { address = \"fd00::3\"; } ); },\n"
	"{ name = \"wrr\"; listen = [ \"tcp/203.0.113.5:4\" ]; " SERVERS4 " },\n"
	"{ name = \"wlc\"; listen = [ \"tcp/203.0.113.5:5\" ]; scheduler = \"wlc\"; " SERVERS4
	" },\n"
	"{ name = \"lines\"; listen = [ \"tcp/a:6\", \"tcp/b:6\" ]; scheduler = \"sed\";\n"
	"  servers = ( { address = \"172.16.0.2:80\"; uplinks = [ \"a\" ]; },\n"
	"  { address = \"172.16.0.3:80\"; weights = ( { uplink = \"b\"; weight = 7; } ); } ); },\n"
	"{ name = \"mh\"; listen = [ \"tcp/203.0.113.5:7\" ]; scheduler = \"mh\"; " PLAIN4 " },\n"
	"{ name = \"sh\"; listen = [ \"tcp/203.0.113.5:8\" ]; scheduler = \"sh\";\n"
	"  scheduler_flags = [ \"sh-fallback\" ]; on_failure = \"inhibit\"; " SERVERS4 " },\n"
	"{ name = \"kept\"; listen = [ \"tcp/203.0.113.5:9\" ]; persistent = \"5m\";\n"
	"  expire_quiescent = true; scheduler = \"lc\"; sorry = \"172.16.0.9:80\";\n"
	"  quorum = 4; quorum_hysteresis = 1; " SERVERS4 " },\n"
	"{ name = \"lblc\"; listen = [ \"mark/5\" ]; scheduler = \"lblc\"; servers = (\n"
	"  { address = \"172.16.0.2:80\"; weight = 1000; }, { address = \"172.16.0.5:80\"; } ); },\n"
	"{ name = \"lblcr\"; listen = [ \"mark/6\" ]; scheduler = \"lblcr\"; " PLAIN4 " },\n"
	"{ name = \"limits\"; listen = [ \"tcp/203.0.113.5:10\" ]; scheduler = \"nq\";\n"
	"  limits = { rate = 100; client_rate = 5; connections = 9; client_connections = 2; };\n"
	"  " SERVERS4 " },\n"
	"{ name = \"twos\"; listen = [ \"udp/203.0.113.5:11\" ]; scheduler = \"twos\"; " PLAIN4
	" } );\n";

/* Its names begin as those of the service "tcp" do. */
static const char more[] = "services = ( { name = \"tcp/203.0.113.6/443\"; scheduler = \"wlc\";\n"
			   " listen = [ \"tcp/203.0.113.6:443\" ]; " SERVERS4 " } );";

static const char facts[] = "link 2 lan0\n link 3 w0\n link 4 w1\n address lan0 172.16.0.1/24\n"
			    "address lan0 fd00::1/64\n"
			    "address w0 192.0.2.2/24\n address w1 198.51.100.2/24\n";

struct box {
	struct lab lab;
	struct fake_kernel *fake;
	struct objects found;
	uint64_t seed;
	size_t turned, parts, whole;
};

static uint32_t random_below(struct box *box, uint32_t limit)
{
	box->seed = box->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(box->seed >> 33) % limit;
}

static struct kernel *kernel(struct box *box)
{
	return &box->fake->kernel;
}

static void observe(struct box *box, struct objects *objects)
{
	assert_int_equal(kernel(box)->ops->observe(kernel(box), KERNEL_EVERYTHING,
						   &(struct facts){ 0 }, objects),
			 0);
}

static void arrange_whole(struct box *box)
{
	struct objects wanted = lab_intent(&box->lab);
	struct plan plan;

	assert_int_equal(plan_diff(&box->found, &wanted, &plan), 0);
	assert_int_equal(kernel(box)->ops->apply(kernel(box), &plan), 0);
	plan_done(&plan);
	observe(box, &box->found);
	objects_done(&wanted);
	box->whole++;
}

static void box_open(struct box *box, uint64_t seed)
{
	*box = (struct box){ .seed = seed };
	lab_open_more(&box->lab, config, more, facts);
	assert_int_equal(fake_open(&box->fake), 0);
	observe(box, &box->found);
	arrange_whole(box);
}

static void box_close(struct box *box)
{
	objects_done(&box->found);
	kernel_close(kernel(box));
	lab_close(&box->lab);
}

static int take_turn(struct box *box, size_t service)
{
	struct objects wanted = { 0 };
	struct plan plan = { 0 };
	int r;

	want_table(&wanted, NFT_INET);
	r = service_turns(&box->lab.world, &box->lab.slots, service, &wanted);
	assert_int_equal(r < 0 ? r : objects_seal(&wanted), r);
	r = r < 0 ? r : plan_turn(&box->found, &wanted, &plan);
	if (r == 0) {
		assert_int_equal(kernel(box)->ops->apply(kernel(box), &plan), 0);
		turn_adopt(&box->found, &plan);
		box->turned++;
	}
	plan_done(&plan);
	objects_done(&wanted);
	return r;
}

static int take_part(struct box *box, size_t service)
{
	struct objects wanted = { 0 }, part = { 0 };
	struct plan plan = { 0 };
	int r;

	want_table(&wanted, NFT_INET);
	r = service_part(&box->lab.world, &box->lab.slots, service, &wanted);
	if (r == 0) {
		assert_int_equal(objects_seal(&wanted), 0);
		assert_int_equal(part_of(&box->found, &box->lab.slots,
					 box->lab.config->services.v[service].name, &wanted, &part),
				 0);
		assert_int_equal(plan_diff(&part, &wanted, &plan), 0);
		assert_int_equal(kernel(box)->ops->apply(kernel(box), &plan), 0);
		assert_int_equal(part_adopt(&box->found, &plan), 0);
		box->parts++;
	}
	plan_done(&plan);
	objects_done(&part);
	objects_done(&wanted);
	return r;
}

/* As the daemon does when a service was touched (daemon/touched.c). */
static void catch_up(struct box *box, size_t service)
{
	bool changed = service_judge(&box->lab.world, service, 1);
	int change = service_schedule(&box->lab.world, service), r = 0;

	assert_true(change >= 0);
	if (changed || change == SCHEDULE_RESTARTED)
		r = take_part(box, service);
	else if (change == SCHEDULE_TURNED)
		r = take_turn(box, service);
	if (r < 0)
		assert_int_equal(r, -ENOENT);
	if (r < 0)
		arrange_whole(box);
}

/* A map of slots that nobody uses any more may stay until everything is arranged. */
static bool may_stay(const struct step *step)
{
	const struct nft_set *set = step->found;

	return step->kind == OBJECT_NFT_SET && step->action == STEP_DELETE &&
	       strncmp(set->name, "slots", strlen("slots")) == 0;
}

static void assert_settled(const struct objects *found, const struct objects *wanted)
{
	struct plan plan;

	assert_int_equal(plan_diff(found, wanted, &plan), 0);
	array_foreach(&plan.steps, step)
		if (!may_stay(step)) {
			step_print(step, found, wanted, stdout);
			fail_msg("a step is left");
		}
	plan_done(&plan);
}

/* What was adopted without reading it back is what a reading finds. */
static void assert_adopted(const struct objects *found, const struct objects *read)
{
	struct plan plan;

	assert_int_equal(plan_diff(read, found, &plan), 0);
	array_foreach(&plan.steps, step)
		assert_true(step->kind < OBJECT_NFT_TABLE);
	plan_done(&plan);
	assert_int_equal(found->nft_rules.n, read->nft_rules.n);
	for (size_t i = 0; i < found->nft_rules.n; i++)
		assert_int_equal(found->nft_rules.v[i].handle, read->nft_rules.v[i].handle);
}

/* Places of rings are taken as they are: an intent of everything would give up those of rings that
 * are not there for the moment. */
static struct objects intent_of_everything(struct box *box)
{
	_cleanup_free_ char *text = NULL;
	struct slots slots = { 0 };
	struct objects wanted;

	assert_int_equal(slots_to_text(&box->lab.slots, &text), 0);
	assert_int_equal(slots_from_text(&slots, text), 0);
	assert_int_equal(intent_make(&box->lab.world, &slots, &wanted), 0);
	array_done(&wanted.sysctls);
	slots_done(&slots);
	return wanted;
}

static void assert_as_if_whole(struct box *box)
{
	struct objects wanted = intent_of_everything(box), read = { 0 };

	observe(box, &read);
	assert_settled(&read, &wanted);
	assert_adopted(&box->found, &read);
	objects_done(&read);
	objects_done(&wanted);
}

static void come_or_go(struct box *box, size_t service, size_t server)
{
	struct server_state *state = &box->lab.world.services[service].servers[server];
	int line = (int)random_below(box, 3) - 1;

	if (random_below(box, 3)) {
		service_taken(&box->lab.world, service, server, line);
		state->active++;
	} else {
		state->active -= state->active > 0;
		state->inactive = random_below(box, 4);
	}
}

static void change_at_random(struct box *box, size_t service)
{
	size_t server = random_below(box, (uint32_t)box->lab.config->services.v[service].servers.n);
	struct server_state *state = &box->lab.world.services[service].servers[server];

	switch (random_below(box, 6)) {
	case 0:
		state->health.down = !state->health.down;
		break;
	case 1:
		state->weight = random_below(box, 4);
		state->overridden = true;
		break;
	case 2:
		state->health.percent = (int)random_below(box, 102) - 1;
		break;
	case 3:
		state->active = random_below(box, 25);
		break;
	default:
		for (uint32_t n = random_below(box, 10); n; n--)
			come_or_go(box, service, server);
	}
}

static void any_sequence_of_changes(void **state)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct box box;

		box_open(&box, seed);
		for (size_t i = 0; i < CHANGES; i++) {
			size_t service = random_below(&box, (uint32_t)box.lab.config->services.n);

			change_at_random(&box, service);
			catch_up(&box, service);
			if (i % 10 == 0)
				assert_as_if_whole(&box);
		}
		print_message("%zu turns, %zu parts, %zu arrangements of everything\n", box.turned,
			      box.parts, box.whole);
		assert_true(box.turned > 0 && box.parts > box.whole);
		box_close(&box);
	}
}

/* Of the other services nothing is planned. The first is a case of its own, see below. */
static void a_part_has_nothing_of_others(void **state)
{
	struct box box;

	box_open(&box, 1);
	for (size_t i = 1; i < box.lab.config->services.n; i++) {
		struct objects nothing = { .nft_tables = { true } }, part;

		assert_int_equal(part_of(&box.found, &box.lab.slots,
					 box.lab.config->services.v[i].name, &nothing, &part),
				 0);
		array_foreach(&part.nft_chains, chain)
			for (size_t k = 1; k < box.lab.config->services.n; k++) {
				char name[128];

				snprintf(name, sizeof(name), "service/%s/",
					 box.lab.config->services.v[k].name);
				assert_true(k == i ||
					    strncmp(chain->name, name, strlen(name)) != 0);
			}
		objects_done(&part);
	}
	box_close(&box);
}

/* A destination leaves its server though the picks for others stay the same. */
static void what_is_remembered_follows_the_counts(void **state)
{
	struct box box;
	size_t service, server;
	struct server_state *state_of;

	box_open(&box, 1);
	assert_true(world_find_server(box.lab.config, "lblc", "172.16.0.5:80", &service, &server));
	state_of = &box.lab.world.services[service].servers[server];
	for (uint32_t active = 0; active < 4; active++) {
		state_of->active = active;
		catch_up(&box, service);
		assert_as_if_whole(&box);
	}
	assert_int_equal(box.whole, 1);
	box_close(&box);
}

/* One whose name begins that of another is never planned alone. */
static void what_cannot_be_told_apart(void **state)
{
	struct box box;
	struct objects wanted = { 0 };

	box_open(&box, 1);
	assert_string_equal(box.lab.config->services.v[0].name, "tcp");
	assert_int_equal(service_part(&box.lab.world, &box.lab.slots, 0, &wanted), -ENOENT);
	objects_done(&wanted);
	box_close(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_sequence_of_changes),
		cmocka_unit_test(a_part_has_nothing_of_others),
		cmocka_unit_test(what_is_remembered_follows_the_counts),
		cmocka_unit_test(what_cannot_be_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
