/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uplinkctl: options, the table of verbs, and exit codes. Everything else is the verbs' own.
 */
#include "base/array.h"
#include "base/file.h"
#include "ctl/ctl.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum {
	HELP_COLUMN = 35
};

enum verb_options {
	TAKES_JSON = 1,
	TAKES_FOLLOW = 2,
	TAKES_ANYTHING = 4 /* whatever follows is the verb's own */
};

struct verb {
	const char *name, *arguments, *help;
	int count; /* of arguments */
	unsigned options;
	int (*run)(struct ctl *ctl, char **arguments);
	int more; /* arguments that may follow */
};

static const struct verb verbs[] = {
	{ "status", "", "lines, services and hosted names at a glance", 0, TAKES_JSON,
	  verb_status },
	{ "uplinks", "[UPLINK]", "the lines, or all about one", 0, TAKES_JSON, verb_uplinks, 1 },
	{ "probes", "[UPLINK]", "the targets of probes, and how they answer", 0, TAKES_JSON,
	  verb_probes, 1 },
	{ "services", "", "the services and their servers", 0, TAKES_JSON, verb_services },
	{ "domains", "", "the hosted names and their addresses", 0, TAKES_JSON, verb_domains },
	{ "policies", "", "which line for which traffic", 0, TAKES_JSON, verb_policies },
	{ "events", "[-f]", "what happened lately; -f: and happens now", 0,
	  TAKES_JSON | TAKES_FOLLOW, verb_events },
	{ "plan", "", "what uplinkd would change in the kernel now", 0, 0, verb_plan },
	{ "reload", "", "read the configuration again", 0, 0, verb_reload },
	{ "enable", "UPLINK", "use a line again", 1, 0, verb_enable },
	{ "disable", "UPLINK", "stop using a line", 1, 0, verb_disable },
	{ "failback", "UPLINK", "use a line that is back and held back", 1, 0, verb_failback },
	{ "delegate", "UPLINK [PREFIX...]", "the IPv6 prefixes that are ours by a line", 1, 0,
	  verb_delegate, INT_MAX - 1 },
	{ "weight", "SERVICE SERVER N", "set the weight of a real server", 3, 0, verb_weight },
	{ "drain", "SERVICE SERVER [DEADLINE]", "no new connections; at DEADLINE end the rest", 2,
	  0, verb_drain, 1 },
	{ "ipvs", "...", "what ipvsadm does, see uplinkctl-ipvs(8)", 0, TAKES_ANYTHING, verb_ipvs },
	{ "flush", "", "take all that is uplinkd's out of the kernel", 0, 0, verb_flush },
	{ "ppp-event", "EVENT INTERFACE [KEY=VALUE...]", "what pppd's scripts report", 2, 0,
	  verb_ppp_event, PPP_DETAILS_MAX },
};

/* What is too wide leaves its help to the next line. */
static void help_of(const struct verb *verb)
{
	int width = printf("  %s %s", verb->name, verb->arguments);

	if (width >= HELP_COLUMN)
		width = !putchar('\n');
	printf("%*s%s\n", HELP_COLUMN - width, "", verb->help);
}

static int help(void)
{
	puts("usage: uplinkctl [--runtime-dir DIR] [--json] VERB [ARGUMENT...]\n");
	for (size_t i = 0; i < ELEMENTS_OF(verbs); i++)
		help_of(&verbs[i]);
	puts("\n"
	     "  --json             JSON instead of tables, for the first seven of these\n"
	     "  --runtime-dir DIR  where the daemon's socket is (default " RUNTIME_DIR ")\n"
	     "  --help, --version");
	return EXIT_SUCCESS;
}

static int usage(const struct verb *verb)
{
	if (verb)
		fprintf(stderr, "usage: uplinkctl %s%s%s\n", verb->name,
			*verb->arguments ? " " : "", verb->arguments);
	else
		fputs("usage: uplinkctl [--runtime-dir DIR] [--json] VERB [ARGUMENT...], see "
		      "uplinkctl --help\n",
		      stderr);
	return EXIT_USAGE;
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < ELEMENTS_OF(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	fprintf(stderr, "uplinkctl: there is no verb \"%s\"\n", name);
	return NULL;
}

static bool fits(const struct verb *verb, const struct ctl *ctl, int count)
{
	if (ctl->json && !(verb->options & TAKES_JSON))
		fprintf(stderr, "uplinkctl: %s has no --json\n", verb->name);
	else if (ctl->follow && !(verb->options & TAKES_FOLLOW))
		fprintf(stderr, "uplinkctl: %s has no -f\n", verb->name);
	else if (verb->options & TAKES_ANYTHING)
		return true;
	else if (count < verb->count || count > verb->count + verb->more)
		fprintf(stderr, "uplinkctl: too %s arguments for %s\n",
			count < verb->count ? "few" : "many", verb->name);
	else
		return true;
	return false;
}

static int run(struct ctl *ctl, int count, char **words)
{
	const struct verb *verb;
	int code;

	if (count == 0)
		return usage(NULL);
	verb = find_verb(words[0]);
	if (!verb || !fits(verb, ctl, count - 1))
		return usage(verb);
	code = verb->run(ctl, words + 1);
	sd_bus_flush_close_unref(ctl->bus);
	return code == EXIT_USAGE && !(verb->options & TAKES_ANYTHING) ? usage(verb) : code;
}

/* How many words there are to the end of the verb, if what follows is for itself to read. */
static int own_words(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--runtime-dir") == 0)
			i++;
		else if (*argv[i] != '-')
			return strcmp(argv[i], "ipvs") == 0 ? i + 1 : argc;
	}
	return argc;
}

static int version(void)
{
	puts("uplinkctl " UPLINKD_VERSION);
	return EXIT_SUCCESS;
}

static int dispatch(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ "json", no_argument, NULL, 'j' },
		{ "follow", no_argument, NULL, 'f' },
		{ "runtime-dir", required_argument, NULL, 'r' },
		{},
	};
	struct ctl ctl = { .runtime_dir = RUNTIME_DIR };
	int option, own = own_words(argc, argv);

	while ((option = getopt_long(own, argv, "hf", options, NULL)) != -1)
		switch (option) {
		case 'h':
			return help();
		case 'V':
			return version();
		case 'j':
			ctl.json = true;
			break;
		case 'f':
			ctl.follow = true;
			break;
		case 'r':
			ctl.runtime_dir = optarg;
			break;
		default:
			return usage(NULL);
		}
	return run(&ctl, argc - optind, argv + optind);
}

int main(int argc, char **argv)
{
	int code;

	if (standard_fds_hold() < 0)
		return EXIT_FAILURE;
	code = dispatch(argc, argv);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		fprintf(stderr, "uplinkctl: cannot write: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	return code;
}
