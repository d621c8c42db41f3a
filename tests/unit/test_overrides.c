/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operator's word holds until the file changes its own.
 */
#include "lab.h"

#include <string.h>

#define CONFIG(weight)                                                        \
	"uplinks = ( { name = \"dsl0\"; interface = \"wan0\"; } );"           \
	"services = ( { name = \"www\"; listen = [ \"tcp/203.0.113.5:80\" ];" \
	" servers = ( { address = \"172.16.0.2:80\"; weight = " weight "; }," \
	" { address = \"172.16.0.3:80\"; } ); } );"

static const struct config_server *server(const struct lab *lab, size_t i)
{
	return &lab->config->services.v[0].servers.v[i];
}

static uint32_t weight_in_force(const struct lab *lab, size_t i)
{
	return lab->world.services[0].servers[i].weight;
}

static void set_weight(struct lab *lab, size_t i, uint32_t weight)
{
	assert_int_equal(overrides_set_weight(&lab->overrides, "www", server(lab, i), weight), 0);
	overrides_apply(&lab->overrides, &lab->world);
}

/* Another configuration takes over, with what the operator said under the old one. */
static void reload(struct lab *lab, const char *config)
{
	_cleanup_free_ char *text = NULL;

	assert_int_equal(overrides_to_text(&lab->overrides, &text), 0);
	lab_close(lab);
	lab_open(lab, config, "");
	assert_int_equal(overrides_from_text(&lab->overrides, text), 0);
	overrides_apply(&lab->overrides, &lab->world);
}

static void a_weight_lasts_until_the_file_changes_it(void **state)
{
	struct lab lab;

	lab_open(&lab, CONFIG("5"), "");
	set_weight(&lab, 0, 2);
	set_weight(&lab, 0, 0);
	assert_int_equal(weight_in_force(&lab, 0), 0);
	assert_true(lab.world.services[0].servers[0].overridden);
	assert_int_equal(weight_in_force(&lab, 1), 1);
	reload(&lab, CONFIG("5"));
	assert_int_equal(weight_in_force(&lab, 0), 0);
	reload(&lab, CONFIG("6"));
	assert_int_equal(weight_in_force(&lab, 0), 6);
	assert_false(lab.world.services[0].servers[0].overridden);
	reload(&lab, CONFIG("5"));
	assert_int_equal(weight_in_force(&lab, 0), 5);
	lab_close(&lab);
}

static void the_files_own_weight_ends_it(void **state)
{
	struct lab lab;

	lab_open(&lab, CONFIG("5"), "");
	set_weight(&lab, 0, 2);
	set_weight(&lab, 0, 5);
	assert_int_equal(weight_in_force(&lab, 0), 5);
	assert_false(lab.world.services[0].servers[0].overridden);
	assert_int_equal(lab.overrides.v.n, 0);
	lab_close(&lab);
}

static void a_line_stays_disabled_until_enabled_or_gone(void **state)
{
	struct lab lab;

	lab_open(&lab, CONFIG("5"), "disable dsl0");
	assert_int_equal(lab.world.lines[0].state, UPLINK_DISABLED);
	reload(&lab, CONFIG("6"));
	assert_true(overrides_is_disabled(&lab.overrides, "dsl0"));
	assert_int_equal(overrides_set_disabled(&lab.overrides, "dsl0", false), 0);
	assert_false(overrides_is_disabled(&lab.overrides, "dsl0"));
	assert_int_equal(overrides_set_disabled(&lab.overrides, "dsl0", true), 0);
	reload(&lab, "gateway = { };");
	reload(&lab, CONFIG("6"));
	assert_false(overrides_is_disabled(&lab.overrides, "dsl0"));
	lab_close(&lab);
}

static void damaged_text_is_left_out(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct overrides overrides = { 0 };

	assert_int_equal(overrides_from_text(&overrides, "weight www 172.16.0.2:80 0 5\n"
							 "height www 172.16.0.2:80 0 5\n"
							 "weight www 172.16.0.2:80 0\n"
							 "\n"
							 "weight www 172.16.0.2:80 x 5\n"
							 "disable dsl0 - 1 0"),
			 0);
	assert_int_equal(overrides_to_text(&overrides, &text), 0);
	assert_string_equal(text, "weight www 172.16.0.2:80 0 5\ndisable dsl0 - 1 0\n");
	overrides_done(&overrides);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_weight_lasts_until_the_file_changes_it),
		cmocka_unit_test(the_files_own_weight_ends_it),
		cmocka_unit_test(a_line_stays_disabled_until_enabled_or_gone),
		cmocka_unit_test(damaged_text_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
