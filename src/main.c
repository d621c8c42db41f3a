/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command line of uplinkd: run, or check or print a configuration, or take everything out.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "config/config.h"
#include "daemon/daemon.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
	"usage: uplinkd [-v] [--runtime-dir DIR] [--state-dir DIR] [--hooks-dir DIR]\n"
	"               [--hook-limit TIME] [-c FILE]\n"
	"       uplinkd --check | --print [FILE]\n"
	"       uplinkd --flush [--runtime-dir DIR]\n";

static const char more[] = "See uplinkd --help and uplinkd(8).\n";

static const char help[] =
	"\n"
	"  -c, --config FILE    the configuration (default /etc/uplinkd/uplinkd.conf)\n"
	"      --check [FILE]   check a configuration and say everything that is wrong with it\n"
	"      --print [FILE]   print a configuration, checked and normalised\n"
	"      --flush          take everything of uplinkd's out of the kernel, without a daemon\n"
	"      --runtime-dir DIR  where the daemon keeps its state (default /run/uplinkd)\n"
	"      --state-dir DIR  where it keeps what outlives the boot (default /var/lib/uplinkd,\n"
	"                       or the --runtime-dir when one is given)\n"
	"      --hooks-dir DIR  the programs that are told of events (default "
	"/etc/uplinkd/hooks.d)\n"
	"      --hook-limit TIME  how long each may take (default 30s)\n"
	"  -v, --verbose        log details\n"
	"      --version        print the version\n"
	"  -h, --help           print this text\n";

enum mode {
	MODE_RUN,
	MODE_CHECK,
	MODE_PRINT,
	MODE_FLUSH
};

struct arguments {
	enum mode mode;
	struct daemon_options options;
};

enum {
	HOOK_LIMIT_MS = 30 * 1000
};

static bool parse_limit(const char *text, uint64_t *ret_us)
{
	uint64_t limit_ms;

	if (duration_parse(text, &limit_ms) < 0 || !limit_ms) {
		fprintf(stderr, "uplinkd: --hook-limit takes a time like 30s, not \"%s\"\n", text);
		return false;
	}
	*ret_us = limit_ms * 1000;
	return true;
}

static int wrong_use(void)
{
	fprintf(stderr, "%s%s", usage, more);
	return 2;
}

/* Returns -1 to go on, else the exit status. */
static int take_option(int option, struct arguments *arguments)
{
	struct daemon_options *options = &arguments->options;

	switch (option) {
	case 'c':
		options->config_path = optarg;
		return -1;
	case 'k':
		arguments->mode = MODE_CHECK;
		return -1;
	case 'p':
		arguments->mode = MODE_PRINT;
		return -1;
	case 'f':
		arguments->mode = MODE_FLUSH;
		return -1;
	case 'r':
		options->runtime_dir = optarg;
		return -1;
	case 's':
		options->state_dir = optarg;
		return -1;
	case 'd':
		options->hooks.directory = optarg;
		return -1;
	case 'l':
		return parse_limit(optarg, &options->hooks.limit_us) ? -1 : 2;
	case 'v':
		log_set_level(LOG_DEBUG);
		return -1;
	case 'V':
		puts("uplinkd " UPLINKD_VERSION);
		return 0;
	case 'h':
		printf("%s%s", usage, help);
		return 0;
	default:
		return wrong_use();
	}
}

static void complete(struct daemon_options *options)
{
	if (!options->state_dir)
		options->state_dir =
			options->runtime_dir ? options->runtime_dir : "/var/lib/uplinkd";
	if (!options->runtime_dir)
		options->runtime_dir = "/run/uplinkd";
}

/* Returns -1 to go on, else the exit status. */
static int parse_arguments(int argc, char **argv, struct arguments *ret)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'k' },
		{ "print", no_argument, NULL, 'p' },
		{ "flush", no_argument, NULL, 'f' },
		{ "runtime-dir", required_argument, NULL, 'r' },
		{ "state-dir", required_argument, NULL, 's' },
		{ "hooks-dir", required_argument, NULL, 'd' },
		{ "hook-limit", required_argument, NULL, 'l' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option, status = -1;

	*ret = (struct arguments){ .options = {
					   .config_path = "/etc/uplinkd/uplinkd.conf",
					   .hooks = { .directory = "/etc/uplinkd/hooks.d",
						      .limit_us = UINT64_C(1000) * HOOK_LIMIT_MS },
				   } };
	while (status < 0 && (option = getopt_long(argc, argv, "c:vh", options, NULL)) != -1)
		status = take_option(option, ret);
	if (status >= 0)
		return status;
	complete(&ret->options);
	if (optind < argc && (ret->mode == MODE_CHECK || ret->mode == MODE_PRINT))
		ret->options.config_path = argv[optind++];
	if (optind == argc)
		return -1;
	fprintf(stderr, "uplinkd: unexpected argument: %s\n", argv[optind]);
	return wrong_use();
}

static int check(const char *path, bool print)
{
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_free_ char *errors = NULL;

	if (config_load(path, NULL, &config, &errors) < 0) {
		fputs(errors ? errors : "out of memory\n", stderr);
		return 1;
	}
	if (print)
		config_print(config, stdout);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	fprintf(stderr, "uplinkd: cannot write: %s\n", strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	int status;

	if (standard_fds_hold() < 0)
		return 1;
	status = parse_arguments(argc, argv, &arguments);
	if (status >= 0)
		return status;
	switch (arguments.mode) {
	case MODE_CHECK:
	case MODE_PRINT:
		return check(arguments.options.config_path, arguments.mode == MODE_PRINT);
	case MODE_FLUSH:
		return daemon_flush(arguments.options.runtime_dir) < 0;
	case MODE_RUN:
		break;
	}
	return daemon_run(&arguments.options) < 0;
}
