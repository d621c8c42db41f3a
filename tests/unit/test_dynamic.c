/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second source of a configuration: services made by command, after those of the file.
 */
#include "config/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char file[] = "uplinks = ( { name = \"dsl0\"; interface = \"ppp0\"; } );\n"
			   "services = (\n"
			   "  { name = \"www\"; listen = [ \"tcp/203.0.113.5:80\" ];\n"
			   "    servers = ( { address = \"172.16.0.2\"; } ); }\n"
			   ");\n";

static char *print(const struct config *config,
		   void (*printer)(const struct config *config, FILE *out))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	printer(config, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_refused(const char *more, const char *wanted)
{
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_free_ char *errors = NULL;

	assert_int_equal(config_parse("file", file, more, &config, &errors), -EINVAL);
	assert_string_equal(errors, wanted);
}

static void test_after_the_file(void **state)
{
	static const char more[] =
		"services = (\n"
		"  { name = \"tcp/203.0.113.5/443\"; listen = [ \"tcp/203.0.113.5:443\" ];\n"
		"    servers = ( { address = \"172.16.0.2\"; via = \"dsl0\"; } ); },\n"
		"  { name = \"mark/5\"; listen = [ \"mark/5\" ]; }\n"
		");\n";
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_free_ char *errors = NULL;

	assert_int_equal(config_parse("file", file, more, &config, &errors), 0);
	assert_int_equal(config->services.n, 3);
	assert_false(config->services.v[0].dynamic);
	assert_string_equal(config->services.v[0].name, "www");
	assert_true(config->services.v[1].dynamic);
	assert_string_equal(config->services.v[1].name, "tcp/203.0.113.5/443");
	assert_int_equal(config->services.v[1].servers.v[0].via, 0);
	assert_int_equal(config->services.v[1].servers.v[0].method, METHOD_NAT);
	assert_true(config->services.v[2].dynamic);
	assert_int_equal(config->services.v[2].servers.n, 0);
}

static void test_prints_each_source_alone(void **state)
{
	static const char more[] = "services = (\n"
				   "\t{\n"
				   "\t\tname = \"tcp/203.0.113.5/443\";\n"
				   "\t\tlisten = [ \"tcp/203.0.113.5:443\" ];\n"
				   "\t\tscheduler = \"wlc\";\n"
				   "\t\tmethod = \"nat\";\n"
				   "\t\tservers = (\n"
				   "\t\t\t{ address = \"172.16.0.2\"; weight = 1; }\n"
				   "\t\t);\n"
				   "\t}\n"
				   ");\n";
	_cleanup_(config_freep) struct config *config = NULL, *without = NULL;
	_cleanup_free_ char *errors = NULL, *text = NULL, *dynamic = NULL, *alone = NULL,
			    *nothing = NULL;

	assert_int_equal(config_parse("file", file, more, &config, &errors), 0);
	assert_int_equal(config_parse("file", file, NULL, &without, &errors), 0);
	text = print(config, config_print);
	alone = print(without, config_print);
	assert_string_equal(text, alone);
	dynamic = print(config, config_print_dynamic);
	assert_string_equal(dynamic + 1, more);
	nothing = print(without, config_print_dynamic);
	assert_string_equal(nothing, "");
}

static void test_nothing_made(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_free_ char *errors = NULL;

	assert_int_equal(config_parse("file", file, "", &config, &errors), 0);
	assert_int_equal(config->services.n, 1);
}

static void test_without_services_in_the_file(void **state)
{
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_free_ char *errors = NULL;
	static const char more[] = "services = (\n"
				   "{ name = \"a\"; listen = [ \"mark/5\" ]; },\n"
				   "{ name = \"a\"; listen = [ \"mark/5\", \"mark/256\" ]; }\n"
				   ");\n";

	assert_int_equal(config_parse("file", "gateway = { };", more, &config, &errors), -EINVAL);
	assert_string_equal(
		errors,
		"ipvs:3: services[1].listen[1]: mark 256 (0x100) needs bits of gateway.mark_mask "
		"0x0000ff00, which tell the lines apart; choose one without them\n"
		"ipvs:3: services[1].listen[0]: mark/5 is already used at ipvs:2\n"
		"ipvs:3: services[1].name: name \"a\" is already used at ipvs:2\n");
}

static void test_conflicts_with_the_file(void **state)
{
	assert_refused("\nservices = ( { name = \"www\"; listen = [ \"tcp/203.0.113.5:80\" ]; } );",
		       "ipvs:2: services[0].name: name \"www\" is already used at file:3\n"
		       "ipvs:2: services[0].listen[0]: tcp/203.0.113.5:80 is already used at "
		       "file:3\n");
}

static void test_what_is_refused(void **state)
{
	assert_refused("services = ( { name = \"a b\"; listen = [ \"mark/5\" ]; } );",
		       "ipvs:1: services[0].name: \"a b\" is not a name; allowed are 1 to 63 "
		       "letters, digits, \"_\", \".\", \"/\" and \"-\"\n");
	assert_refused("uplinks = ( );",
		       "ipvs:1: uplinks: is an unknown key; allowed here: services\n");
	assert_refused("services = (\n{ name = \"a\"; listen = [ \"tcp/203.0.113.6:0\" ]; } );",
		       "ipvs:2: services[0].listen[0]: is every port, and that takes persistent, "
		       "so that a client's connections meet at one server\n");
	assert_refused("services = (\n{ name = }",
		       "ipvs:2: syntax error here or just before; settings are KEY = VALUE; with "
		       "strings in quotes, and \",\" stands only between entries\n");
	assert_refused("services = (\n\n/* ", "ipvs:3: this comment is never closed\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_after_the_file),
		cmocka_unit_test(test_prints_each_source_alone),
		cmocka_unit_test(test_nothing_made),
		cmocka_unit_test(test_without_services_in_the_file),
		cmocka_unit_test(test_conflicts_with_the_file),
		cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
