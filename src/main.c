/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command line of uplinkd: run, or check or print a configuration, or take everything out.
 */
#include "base/cleanup.h"
#include "base/log.h"
#include "config/config.h"
#include "daemon/daemon.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
	"Usage: uplinkd [-v] [--runtime-dir DIR] [-c FILE]\n"
	"       uplinkd --check FILE | --print FILE | --flush [--runtime-dir DIR]\n"
	"\n"
	"  -c, --config FILE    the configuration (default /etc/uplinkd/uplinkd.conf)\n"
	"      --check FILE     check a configuration and say everything that is wrong with it\n"
	"      --print FILE     print a configuration, checked and normalised\n"
	"      --flush          take everything of uplinkd's out of the kernel, without a daemon\n"
	"      --runtime-dir DIR  where the daemon keeps its state (default /run/uplinkd)\n"
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
	const char *file;
	const char *runtime_dir;
};

/* Returns -1 to go on, else the exit status. */
static int parse_arguments(int argc, char **argv, struct arguments *ret)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", required_argument, NULL, 'k' },
		{ "print", required_argument, NULL, 'p' },
		{ "flush", no_argument, NULL, 'f' },
		{ "runtime-dir", required_argument, NULL, 'r' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	*ret = (struct arguments){ .file = "/etc/uplinkd/uplinkd.conf",
				   .runtime_dir = "/run/uplinkd" };
	while ((option = getopt_long(argc, argv, "c:vh", options, NULL)) != -1)
		switch (option) {
		case 'c':
			ret->file = optarg;
			break;
		case 'k':
		case 'p':
			ret->mode = option == 'k' ? MODE_CHECK : MODE_PRINT;
			ret->file = optarg;
			break;
		case 'f':
			ret->mode = MODE_FLUSH;
			break;
		case 'r':
			ret->runtime_dir = optarg;
			break;
		case 'v':
			log_set_level(LOG_DEBUG);
			break;
		case 'V':
			puts("uplinkd " UPLINKD_VERSION);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	if (optind < argc) {
		fprintf(stderr, "uplinkd: unexpected argument: %s\n%s", argv[optind], usage);
		return 2;
	}
	return -1;
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
	int status = parse_arguments(argc, argv, &arguments);

	if (status >= 0)
		return status;
	switch (arguments.mode) {
	case MODE_CHECK:
	case MODE_PRINT:
		return check(arguments.file, arguments.mode == MODE_PRINT);
	case MODE_FLUSH:
		return daemon_flush(arguments.runtime_dir) < 0;
	case MODE_RUN:
		break;
	}
	return daemon_run(arguments.file, arguments.runtime_dir) < 0;
}
