/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ipvsadm language. Messages, exit codes and tables are those of ipvsadm 1.31 on a kernel with
 * IPVS, as it printed them for the same commands.
 */
#include "lab.h"

#include "ipvs/list.h"
#include "ipvs/table.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static int parse(const char *line, struct ipvs_command *ret, struct ipvs_refusal *refusal)
{
	_cleanup_free_ char *copy = strdup(line);
	const char *words[IPVS_WORDS_MAX];
	int n = ipvs_split(copy, words, ELEMENTS_OF(words));

	assert_true(n >= 0);
	return ipvs_parse(words, (size_t)n, NULL, ret, refusal);
}

static char *printed(const struct ipvs_command *command)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	ipvs_print(command, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void lines_are_read_and_printed(void **state)
{
	static const char *const lines[][2] = {
		{ "-A -t 203.0.113.5:80", "-A -t 203.0.113.5:80 -s wlc" },
		{ "ipvsadm -A -t203.0.113.5:80 -s rr", "-A -t 203.0.113.5:80 -s rr" },
		{ "-At 203.0.113.5:80 -s rr", "-A -t 203.0.113.5:80 -s rr" },
		{ "--add-service --udp-service=203.0.113.5:53 --ops --scheduler rr",
		  "-A -u 203.0.113.5:53 -s rr -o" },
		{ "-A -u 203.0.113.5:55 -o -p 20 -M 255.255.255.0",
		  "-A -u 203.0.113.5:55 -s wlc -p 20 -M 255.255.255.0 -o" },
		{ "-E -t 203.0.113.6 -p", "-E -t 203.0.113.6:0 -s wlc -p 360" },
		{ "-A -t 203.0.113.6:1 -p -s rr", "-A -t 203.0.113.6:1 -s rr -p 360" },
		{ "-A -t 203.0.113.6:1 -p99", "-A -t 203.0.113.6:1 -s wlc -p 99" },
		{ "-A -t 203.0.113.6:1 -p 5 -M 0.0.0.0",
		  "-A -t 203.0.113.6:1 -s wlc -p 5 -M 0.0.0.0" },
		{ "-A -t 203.0.113.6:443 -p 360 -s sh -b sh-port,sh-fallback",
		  "-A -t 203.0.113.6:443 -s sh -p 360 -b sh-fallback,sh-port" },
		{ "-A -t 203.0.113.6:447 -b flag-2 -s mh",
		  "-A -t 203.0.113.6:447 -s mh -b mh-port" },
		{ "-A --sctp-service 203.0.113.6:9 -s rr",
		  "-A --sctp-service 203.0.113.6:9 -s rr" },
		{ "-A -f 6 -6 -s rr -p 10 -M 64", "-A -f 6 -6 -s rr -p 10 -M 64" },
		{ "-A -f 4294967295 -s twos", "-A -f 4294967295 -s twos" },
		{ "-A -t [2001:db8::80]:80 -p 50 -M 128", "-A -t [2001:db8::80]:80 -s wlc -p 50" },
		{ "-A -t 2001:db8::81 -p", "-A -t [2001:db8::81]:0 -s wlc -p 360" },
		{ "-a -t 203.0.113.5:80 -r 10.0.0.3:8080",
		  "-a -t 203.0.113.5:80 -r 10.0.0.3:80 -g -w 1" },
		{ "-a -r 10.0.0.3 -m -t 203.0.113.5:80",
		  "-a -t 203.0.113.5:80 -r 10.0.0.3:80 -m -w 1" },
		{ "-e -t 203.0.113.5:80 -R 10.0.0.4:8080 -m -w 3 -x 100 -y 20",
		  "-e -t 203.0.113.5:80 -r 10.0.0.4:8080 -m -w 3 -x 100 -y 20" },
		{ "-a -t 203.0.113.5:80 -r 10.0.0.5 -i --tun-type gue --tun-port 6080",
		  "-a -t 203.0.113.5:80 -r 10.0.0.5:80 -i -w 1 --tun-type gue --tun-port 6080 "
		  "--tun-nocsum" },
		{ "-a -t 203.0.113.5:80 -r 10.0.0.6 -i --tun-type gre",
		  "-a -t 203.0.113.5:80 -r 10.0.0.6:80 -i -w 1 --tun-type gre --tun-nocsum" },
		{ "-a -t [2001:db8::80]:80 -r 10.0.0.2 -i",
		  "-a -t [2001:db8::80]:80 -r 10.0.0.2:80 -i -w 1 --tun-type ipip" },
		{ "-a -f 5 -r 10.0.0.4:80", "-a -f 5 -r 10.0.0.4:80 -g -w 1" },
		{ "-d -t 203.0.113.5:80 -r 10.0.0.3:8080",
		  "-d -t 203.0.113.5:80 -r 10.0.0.3:8080" },
		{ "-D -u 203.0.113.5:53", "-D -u 203.0.113.5:53" },
		{ "--clear", "-C" },
		{ "", "-L" },
		{ "-Ln", "-L -n" },
		{ "-l -n --sort --stats -X", "-L -n --stats --exact" },
		{ "-L -f 5 -6 --thresholds", "-L -f 5 -6 --thresholds" },
		{ "-S -n", "-S -n" },
		{ "-R", "-R" },
		{ "-Z -t 203.0.113.5:80", "-Z -t 203.0.113.5:80" },
		{ "--set 900 0 300", "--set 900 0 300" },
		{ "-A -t 203.0.113.5:80 -R 172.16.0.3:8000 -w 2",
		  "-A -t 203.0.113.5:80 -s wlc -R 172.16.0.3:8000 -m -w 2" },
		{ "-D -t 203.0.113.5:80 -R 172.16.0.3:8000",
		  "-d -t 203.0.113.5:80 -r 172.16.0.3:8000" },
	};

	for (size_t i = 0; i < ELEMENTS_OF(lines); i++) {
		_cleanup_free_ char *once = NULL, *twice = NULL;
		struct ipvs_refusal refusal = { 0 };
		struct ipvs_command command;

		assert_int_equal(parse(lines[i][0], &command, &refusal), 0);
		once = printed(&command);
		assert_string_equal(once, lines[i][1]);
		assert_int_equal(parse(once, &command, &refusal), 0);
		twice = printed(&command);
		assert_string_equal(twice, once);
	}
}

static void wrong_lines_are_refused(void **state)
{
	static const struct {
		const char *line;
		int exit_code;
		const char *message;
	} lines[] = {
		{ "-Q", 255, "Try `ipvsadm -h' or 'ipvsadm --help' for more information." },
		{ "-n", 255, "Try `ipvsadm -h' or 'ipvsadm --help' for more information." },
		{ "-A -D -t 1.2.3.4:5", 2, "invalid option `-D'" },
		{ "-A -t 1.2.3.4:5 -u 1.2.3.4:5", 2,
		  "multiple 'service-address' options specified" },
		{ "-A -t 1.2.3.4:5 extra", 2, "unexpected argument extra" },
		{ "-A -t 1.2.3.4:5 -- -x", 2, "unexpected argument -x" },
		{ "-A -t 80", 2, "illegal virtual server address[:port] specified" },
		{ "-A -t 1.2.3.4:99999", 2, "illegal virtual server address[:port] specified" },
		{ "-A -t nosuch.invalid:80", 2, "illegal virtual server address[:port] specified" },
		{ "-A -t [2001:db8::82] -p", 2, "illegal virtual server address[:port] specified" },
		{ "-A -t 2001:db8::81:80", 2, "Zero port specified for non-persistent service" },
		{ "-A -t 1.2.3.4:80 --nosuchopt", 255, "--nosuchopt: unknown option" },
		{ "-A -t 1.2.3.4:80 -Q", 255, "-Q: unknown option" },
		{ "-A -t", 255, "-t: missing argument" },
		{ "-A", 2,
		  "You need to supply the 'service-address' option for the 'add-service' command" },
		{ "-a -t 203.0.113.5:80", 2,
		  "You need to supply the 'real-server' option for the 'add-server' command" },
		{ "-D -t 203.0.113.5:80 -s rr", 2,
		  "Illegal 'scheduler' option with the 'delete-service' command" },
		{ "-A -t 1.2.3.4:5 -r 10.0.0.2", 2,
		  "Illegal 'real-server' option with the 'add-service' command" },
		{ "-C -n", 2, "Illegal 'numeric' option with the 'flush' command" },
		{ "-S -n -c", 2, "Illegal 'connection' option with the 'save' command" },
		{ "-L -n -c --stats", 2, "options conflicts in the list command" },
		{ "-L -n -c --timeout", 2,
		  "The option 'timeout' conflicts with the 'connection' option in the 'list' command" },
		{ "-A -t 1.2.3.4:6 -p 0", 2, "invalid timeout value `0' specified" },
		{ "--set 900 120", 2, "--set option requires 3 timeout values" },
		{ "--set 900 120 x", 2, "invalid timeout value `x' specified" },
		{ "--set 900 120 300 400", 2, "unexpected argument 400" },
		{ "-A -f 0", 2, "invalid fwmark value `0' specified" },
		{ "-A -f x", 2, "invalid fwmark value `x' specified" },
		{ "-A -6 -f 7", 2, "-6 used before -f" },
		{ "-A -t 1.2.3.4:7 -s nosuch", 255, "Scheduler or persistence engine not found" },
		{ "-A -u 1.2.3.4:7 -p 9 --pe sip", 255,
		  "Scheduler or persistence engine not found" },
		{ "-A -t 1.2.3.4:8 -s rr -b nosuch", 2, "invalid scheduler flag `nosuch'" },
		{ "-A -t 1.2.3.4:8 -b mh-port -s sh", 2, "incompatible scheduler flag `mh-port'" },
		{ "-A -t 1.2.3.4:8 -s sh -b ,", 2, "invalid scheduler flag `'" },
		{ "-A -t 1.2.3.4:8 -o", 2,
		  "One-Packet Scheduling is only for UDP virtual services" },
		{ "-A -t 1.2.3.4:8 -p -M 255.0.255.0", 2,
		  "illegal virtual server persistent mask specified" },
		{ "-A -t [::5]:10 -M 200 -p", 2, "illegal ipv6 netmask specified" },
		{ "-a -t 1.2.3.4:8 -r 10.0.0.7:80:90 -m", 2,
		  "illegal real server address[:port] specified" },
		{ "-a -t 1.2.3.4:8 -r 10.0.0.7 -w -1", 2, "illegal weight specified" },
		{ "-a -t 1.2.3.4:8 -r 10.0.0.7 -x x", 2, "illegal u_threshold specified" },
		{ "-a -t 1.2.3.4:8 -r 10.0.0.7 -y x", 2, "illegal l_threshold specified" },
		{ "-a -t 1.2.3.4:8 -r 10.0.0.7 -g -m", 2,
		  "multiple 'forwarding-method' options specified" },
		{ "-a -t [2001:db8::80]:80 -r 10.0.0.2 -m", 2,
		  "Different address family is allowed only for tunneling servers" },
		{ "-a -t 1.2.3.4:8 -r 10.0.0.7 --tun-type ipip", 2,
		  "Tunnel options conflict with forward method" },
		{ "-a -t 1.2.3.4:8 -r 10.0.0.7 -i --tun-type gue", 2,
		  "You need to supply the 'tun-port' option for the 'gue' tunnel type" },
		{ "-a -t 1.2.3.4:8 -r 10.0.0.7 -i --tun-type gre --tun-port 5", 2,
		  "Illegal 'tun-port' option with the 'gre' tunnel type" },
		{ "-a -t 1.2.3.4:8 -r 10.0.0.7 -i --tun-type gre --tun-csum --tun-nocsum", 2,
		  "The option 'tun-csum' conflicts with the 'tun-nocsum' option in the 'gre' tunnel "
		  "type" },
		{ "-a -t 1.2.3.4:8 -r 10.0.0.7 -i --tun-type foo", 2,
		  "illegal tunnel type specified" },
		{ "--start-daemon master", 2, "uplinkd has no connection synchronization daemon" },
	};

	for (size_t i = 0; i < ELEMENTS_OF(lines); i++) {
		struct ipvs_refusal refusal = { 0 };
		struct ipvs_command command;

		assert_int_equal(parse(lines[i].line, &command, &refusal), -EINVAL);
		assert_string_equal(refusal.message, lines[i].message);
		assert_int_equal(refusal.exit_code, lines[i].exit_code);
	}
}

/* --- the table -------------------------------------------------------------------------------- */

static int apply(struct ipvs_table *table, const struct config *file, const char *line,
		 struct ipvs_refusal *refusal)
{
	struct ipvs_command command;

	assert_int_equal(parse(line, &command, refusal), 0);
	return ipvs_table_apply(table, file, &command, refusal);
}

static void commands_change_the_table(void **state)
{
	static const struct {
		const char *line;
		int r;
		const char *message;
	} steps[] = {
		{ "-A -t 203.0.113.5:80", 0, "" },
		{ "-A -t 203.0.113.5:80 -s rr", -EEXIST, "Service already exists" },
		{ "-a -t 203.0.113.5:80 -r 10.0.0.2", 0, "" },
		{ "-a -t 203.0.113.5:80 -r 10.0.0.2 -m", -EEXIST, "Destination already exists" },
		{ "-e -t 203.0.113.5:80 -r 10.0.0.2 -w 5", 0, "" },
		{ "-e -t 203.0.113.5:80 -r 10.0.0.99 -w 5", -ENOENT, "No such destination" },
		{ "-d -t 203.0.113.5:80 -r 10.0.0.99", -ENOENT, "No such destination" },
		{ "-a -t 203.0.113.5:80 -r 10.0.0.3 -x 10 -y 20", -ERANGE,
		  "Numerical result out of range" },
		{ "-a -t 203.0.113.5:81 -r 10.0.0.2", -ENOENT, "Service not defined" },
		{ "-d -t 203.0.113.5:81 -r 10.0.0.2", -ENOENT, "Service not defined" },
		{ "-E -t 203.0.113.5:81", -ENOENT, "No such service" },
		{ "-D -t 203.0.113.5:81", -ENOENT, "No such service" },
		{ "-A -f 5", 0, "" },
		{ "-A -f 5 -6", 0, "" },
		{ "-D -f 5", 0, "" },
		{ "-A -t 203.0.113.9:21 -R 172.16.0.2:21 -w 1", 0, "" },
		{ "-A -t 203.0.113.9:21 -R 172.16.0.3:8021 -w 2", 0, "" },
		{ "-D -t 203.0.113.9:21 -R 172.16.0.2:21", 0, "" },
		{ "--set 1 0 3", 0, "" },
	};
	struct ipvs_table table;
	_cleanup_free_ char *text = NULL;

	ipvs_table_init(&table);
	for (size_t i = 0; i < ELEMENTS_OF(steps); i++) {
		struct ipvs_refusal refusal = { 0 };

		assert_int_equal(apply(&table, NULL, steps[i].line, &refusal), steps[i].r);
		assert_string_equal(refusal.message, steps[i].message);
	}
	assert_int_equal(ipvs_table_to_text(&table, &text), 0);
	assert_string_equal(text, "--set 1 120 3\n"
				  "-A -t 203.0.113.5:80 -s wlc\n"
				  "-a -t 203.0.113.5:80 -r 10.0.0.2:80 -g -w 5\n"
				  "-A -f 5 -6 -s wlc\n"
				  "-A -t 203.0.113.9:21 -s wlc\n"
				  "-a -t 203.0.113.9:21 -r 172.16.0.3:8021 -m -w 2\n");
	ipvs_table_done(&table);
}

#define FILE_CONFIG                                                            \
	"uplinks = ( { name = \"dsl0\"; interface = \"wan0\"; } );"            \
	"services = ( { name = \"www\"; listen = [ \"tcp/203.0.113.99:80\" ];" \
	" scheduler = \"wlc\"; servers = ( { address = \"172.16.0.2:80\"; weight = 4; } ); } );"

static void services_of_the_file_are_left_alone(void **state)
{
	struct ipvs_refusal refusal = { 0 };
	struct ipvs_table table;
	struct lab lab;

	lab_open(&lab, FILE_CONFIG, "");
	ipvs_table_init(&table);
	assert_int_equal(apply(&table, lab.config, "-A -t 203.0.113.99:80", &refusal), -EEXIST);
	assert_int_equal(apply(&table, lab.config, "-D -t 203.0.113.99:80", &refusal), -EPERM);
	assert_string_equal(refusal.message,
			    "The service is one of the configuration file: change it there");
	assert_int_equal(apply(&table, lab.config, "-C", &refusal), 0);
	ipvs_table_done(&table);
	lab_close(&lab);
}

static const char saved[] = "-A -t 203.0.113.5:80 -s wlc\n"
			    "-a -t 203.0.113.5:80 -r 10.0.0.2:80 -g -w 1\n"
			    "-a -t 203.0.113.5:80 -r 10.0.0.4:8080 -m -w 3 -x 100 -y 20\n"
			    "-a -t 203.0.113.5:80 -r 10.0.0.5:80 -i -w 1 --tun-type gue --tun-port "
			    "6080 --tun-nocsum\n"
			    "-a -t 203.0.113.5:80 -r 10.0.0.8:80 -i -w 1 --tun-type ipip\n"
			    "-A -t 203.0.113.6:0 -s wlc -p 360\n"
			    "-A -t 203.0.113.6:443 -s sh -p 360 -M 255.255.255.0 -b "
			    "sh-fallback,sh-port\n"
			    "-A -t 203.0.113.6:447 -s mh -b mh-port\n"
			    "-A -u 203.0.113.5:55 -s rr -p 20 -M 255.255.255.0 -o\n"
			    "-A --sctp-service 203.0.113.6:9 -s rr\n"
			    "-A -t [2001:db8::80]:80 -s wrr -p 50 -M 64\n"
			    "-a -t [2001:db8::80]:80 -r [2001:db8::2]:8080 -m -w 2\n"
			    "-A -f 5 -s rr\n"
			    "-a -f 5 -r 10.0.0.2:0 -m -w 1\n"
			    "-a -f 5 -r 10.0.0.4:80 -g -w 1\n"
			    "-A -f 6 -6 -s rr -p 10 -M 64\n"
			    "-a -f 6 -6 -r [2001:db8::2]:80 -m -w 1\n";

static void read_saved(struct ipvs_table *table)
{
	struct ipvs_refusal refusal = { 0 };

	ipvs_table_init(table);
	assert_int_equal(ipvs_table_read(table, saved, &refusal), 0);
}

static void what_is_saved_can_be_read_back(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct ipvs_table table, copy;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	read_saved(&table);
	assert_int_equal(ipvs_table_copy(&table, &copy), 0);
	ipvs_table_done(&table);
	ipvs_table_sort(&copy);
	ipvs_table_print(&copy, out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, saved);
	ipvs_table_done(&copy);
}

static void a_wrong_line_is_told(void **state)
{
	struct ipvs_refusal refusal = { 0 };
	struct ipvs_table table;

	ipvs_table_init(&table);
	assert_int_equal(ipvs_table_read(&table, "# made\n\n-A -f 5\n-A -f 5\n", &refusal),
			 -EEXIST);
	assert_string_equal(refusal.message, "line 4: Service already exists");
	ipvs_table_done(&table);
}

/* --- listings --------------------------------------------------------------------------------- */

/* A world with the services of the file and those saved. */
static void open_world(struct config **config, struct facts *facts, struct world *world)
{
	_cleanup_free_ char *more = NULL, *errors = NULL;
	struct ipvs_table table;

	read_saved(&table);
	assert_int_equal(ipvs_table_to_config(&table, &more), 0);
	ipvs_table_done(&table);
	if (config_parse("test.conf", FILE_CONFIG, more, config, &errors) < 0)
		fail_msg("%s", errors);
	assert_int_equal(world_init(world, *config, facts, NULL), 0);
}

static char *listed(const struct world *world, const char *line)
{
	struct ipvs_refusal refusal = { 0 };
	struct ipvs_command command;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(parse(line, &command, &refusal), 0);
	assert_int_equal(ipvs_list(world, &command, out, &refusal), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void check_list(const struct world *world, const char *line, const char *wanted)
{
	_cleanup_free_ char *text = listed(world, line);

	assert_string_equal(text, wanted);
}

static const char listing[] =
	"IP Virtual Server version 1.2.1 (size=4096)\n"
	"Prot LocalAddress:Port Scheduler Flags\n"
	"  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
	"TCP  203.0.113.5:80 wlc\n"
	"  -> 10.0.0.2:80                  Route   1      0          0         \n"
	"  -> 10.0.0.4:8080                Masq    3      0          0         \n"
	"  -> 10.0.0.5:80                  Tunnel  1      0          0         \n"
	"  -> 10.0.0.8:80                  Tunnel  1      0          0         \n"
	"TCP  203.0.113.6:0 wlc persistent 360\n"
	"TCP  203.0.113.6:443 sh (sh-fallback,sh-port) persistent 360 mask 255.255.255.0\n"
	"TCP  203.0.113.6:447 mh (mh-port)\n"
	"TCP  203.0.113.99:80 wlc\n"
	"  -> 172.16.0.2:80                Masq    4      7          8         \n"
	"UDP  203.0.113.5:55 rr persistent 20 mask 255.255.255.0 ops\n"
	"SCTP 203.0.113.6:9 rr\n"
	"TCP  [2001:db8::80]:80 wrr persistent 50 mask 64\n"
	"  -> [2001:db8::2]:8080           Masq    2      0          0         \n"
	"FWM  5 rr\n"
	"  -> 10.0.0.2:0                   Masq    1      0          0         \n"
	"  -> 10.0.0.4:80                  Route   1      0          0         \n"
	"FWM  6 IPv6 rr persistent 10 mask 64\n"
	"  -> [2001:db8::2]:80             Masq    1      0          0         \n";

static void services_are_listed(void **state)
{
	struct facts facts = { 0 };
	struct config *config;
	struct world world;

	open_world(&config, &facts, &world);
	world.services[0].servers[0].active = 7;
	world.services[0].servers[0].inactive = 8;
	check_list(&world, "-Ln", listing);
	check_list(
		&world, "-Ln --thresholds -t 203.0.113.5:80",
		"Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n"
		"  -> RemoteAddress:Port\n"
		"TCP  203.0.113.5:80 wlc\n"
		"  -> 10.0.0.2:80                  0          0          0          0         \n"
		"  -> 10.0.0.4:8080                100        20         0          0         \n"
		"  -> 10.0.0.5:80                  0          0          0          0         \n"
		"  -> 10.0.0.8:80                  0          0          0          0         \n");
	check_list(
		&world, "-Ln --tun-info -t 203.0.113.5:80",
		"Prot LocalAddress:Port Scheduler Flags\n"
		"  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn "
		"InActConn\n"
		"TCP  203.0.113.5:80 wlc\n"
		"  -> 10.0.0.2:80                  Route   n/a           1      0          0       "
		"  \n"
		"  -> 10.0.0.4:8080                Masq    n/a           3      0          0       "
		"  \n"
		"  -> 10.0.0.5:80                  Tunnel  gue:6080:-c   1      0          0       "
		"  \n"
		"  -> 10.0.0.8:80                  Tunnel  ipip          1      0          0       "
		"  \n");
	check_list(&world, "-L --timeout", "Timeout (tcp tcpfin udp): 900 120 300\n");
	check_list(&world, "-L --daemon", "");
	world_done(&world);
	config_free(config);
}

static void counters_are_listed(void **state)
{
	static const uint64_t sums[TRAFFIC_MAX] = { 99999999, 100000000, 1234567890, 123456789012,
						    123456789012345 };
	static const uint64_t rates[TRAFFIC_MAX] = { 3 << 10, (7 << 10) + 512, (7 << 10) + 513,
						     1000 << 5, (1000 << 5) + 17 };
	struct facts facts = { 0 };
	struct config *config;
	struct world world;

	open_world(&config, &facts, &world);
	memcpy(world.services[0].servers[0].traffic.sum, sums, sizeof(sums));
	memcpy(world.services[0].servers[0].traffic.rate, rates, sizeof(rates));
	check_list(
		&world, "-Ln --stats -t 203.0.113.99:80",
		"Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n"
		"  -> RemoteAddress:Port\n"
		"TCP  203.0.113.99:80              99999999  100000K    1234M     123G     123T\n"
		"  -> 172.16.0.2:80                99999999  100000K    1234M     123G     123T\n");
	check_list(
		&world, "-Ln --stats --exact -t 203.0.113.99:80",
		"Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n"
		"  -> RemoteAddress:Port\n"
		"TCP  203.0.113.99:80              99999999 100000000 1234567890 123456789012 "
		"123456789012345\n"
		"  -> 172.16.0.2:80                99999999 100000000 1234567890 123456789012 "
		"123456789012345\n");
	check_list(
		&world, "-Ln --rate -t 203.0.113.99:80",
		"Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n"
		"  -> RemoteAddress:Port\n"
		"TCP  203.0.113.99:80                     3        7        8     1000     1001\n"
		"  -> 172.16.0.2:80                       3        7        8     1000     1001\n");
	world_done(&world);
	config_free(config);
}

static void connections_are_listed(void **state)
{
	struct ipvs_connection connection = { .protocol = IPPROTO_TCP,
					      .state = 7,
					      .expires_s = 119,
					      .client_port = 46510,
					      .destination_port = 80,
					      .server_port = 8000 };
	struct config_listen listen = { .protocol = IPPROTO_TCP, .port = 80, .uplink = -1 };
	struct config_listen mark = { .mark = 5, .family = AF_INET, .uplink = -1 };
	struct config_server server = { .port = 8000 };
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	connection.client = address("192.0.2.7");
	connection.destination = listen.address = address("203.0.113.99");
	connection.server = server.address = address("172.16.0.2");
	ipvs_list_connections_title(out);
	ipvs_list_connection(&connection, out);
	connection = ipvs_template(&listen, &server);
	connection.client = address("192.0.2.0");
	connection.expires_s = 61;
	ipvs_list_connection(&connection, out);
	connection = ipvs_template(&mark, &server);
	connection.client = address("192.0.2.0");
	ipvs_list_connection(&connection, out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(
		text,
		"IPVS connection entries\n"
		"pro expire state       source             virtual            destination\n"
		"TCP 01:59  TIME_WAIT   192.0.2.7:46510    203.0.113.99:80    172.16.0.2:8000\n"
		"TCP 01:01  NONE        192.0.2.0:0        203.0.113.99:80    172.16.0.2:8000\n"
		"IP  00:00  NONE        192.0.2.0:0        0.0.0.5:0          172.16.0.2:0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read_and_printed),
		cmocka_unit_test(wrong_lines_are_refused),
		cmocka_unit_test(commands_change_the_table),
		cmocka_unit_test(services_of_the_file_are_left_alone),
		cmocka_unit_test(what_is_saved_can_be_read_back),
		cmocka_unit_test(a_wrong_line_is_told),
		cmocka_unit_test(services_are_listed),
		cmocka_unit_test(counters_are_listed),
		cmocka_unit_test(connections_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
