/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of the ipvsadm language: its switches, how a command line is taken apart, and which
 * options go with which command. Order and wording of complaints are ipvsadm's, because scripts
 * have come to look at them.
 */
#include "ipvs/words.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static const struct ipvs_switch commands[] = {
	{ 'A', "add-service", VALUE_NONE, IPVS_ADD_SERVICE },
	{ 'E', "edit-service", VALUE_NONE, IPVS_EDIT_SERVICE },
	{ 'D', "delete-service", VALUE_NONE, IPVS_DELETE_SERVICE },
	{ 'C', "clear", VALUE_NONE, IPVS_CLEAR },
	{ 'L', "list", VALUE_NONE, IPVS_LIST },
	{ 'l', "list", VALUE_NONE, IPVS_LIST },
	{ 'a', "add-server", VALUE_NONE, IPVS_ADD_SERVER },
	{ 'd', "delete-server", VALUE_NONE, IPVS_DELETE_SERVER },
	{ 'e', "edit-server", VALUE_NONE, IPVS_EDIT_SERVER },
	{ 0, "set", VALUE_NONE, IPVS_SET },
	{ 'R', "restore", VALUE_NONE, IPVS_RESTORE },
	{ 'S', "save", VALUE_NONE, IPVS_SAVE },
	{ 'Z', "zero", VALUE_NONE, IPVS_ZERO },
	{ 0, "start-daemon", VALUE_NEEDED, SWITCH_START_DAEMON },
	{ 0, "stop-daemon", VALUE_NEEDED, SWITCH_STOP_DAEMON },
	{ 'h', "help", VALUE_NONE, IPVS_HELP },
	{ 'v', "version", VALUE_NONE, IPVS_VERSION },
};

/* -R with a server is of ippfvsadm, the first of the line. */
static const struct ipvs_switch options[] = {
	{ 't', "tcp-service", VALUE_NEEDED, OPTION_SERVICE },
	{ 'u', "udp-service", VALUE_NEEDED, OPTION_SERVICE },
	{ 0, "sctp-service", VALUE_NEEDED, OPTION_SERVICE },
	{ 'f', "fwmark-service", VALUE_NEEDED, OPTION_SERVICE },
	{ 's', "scheduler", VALUE_NEEDED, OPTION_SCHEDULER },
	{ 'p', "persistent", VALUE_OPTIONAL, OPTION_PERSISTENT },
	{ 'M', "netmask", VALUE_NEEDED, OPTION_NETMASK },
	{ 'r', "real-server", VALUE_NEEDED, OPTION_SERVER },
	{ 'R', NULL, VALUE_NEEDED, OPTION_SERVER },
	{ 'm', "masquerading", VALUE_NONE, OPTION_FORWARD },
	{ 'i', "ipip", VALUE_NONE, OPTION_FORWARD },
	{ 'g', "gatewaying", VALUE_NONE, OPTION_FORWARD },
	{ 'w', "weight", VALUE_NEEDED, OPTION_WEIGHT },
	{ 'x', "u-threshold", VALUE_NEEDED, OPTION_UPPER },
	{ 'y', "l-threshold", VALUE_NEEDED, OPTION_LOWER },
	{ 'n', "numeric", VALUE_NONE, OPTION_NUMERIC },
	{ 'c', "connection", VALUE_NONE, OPTION_CONNECTION },
	{ 0, "timeout", VALUE_NONE, OPTION_TIMEOUT },
	{ 0, "daemon", VALUE_NONE, OPTION_DAEMON },
	{ 0, "stats", VALUE_NONE, OPTION_STATS },
	{ 0, "rate", VALUE_NONE, OPTION_RATE },
	{ 0, "thresholds", VALUE_NONE, OPTION_THRESHOLDS },
	{ 0, "persistent-conn", VALUE_NONE, OPTION_PERSISTENT_CONN },
	{ 0, "nosort", VALUE_NONE, OPTION_NOSORT },
	{ 0, "sort", VALUE_NONE, SWITCH_SORT },
	{ 'X', "exact", VALUE_NONE, OPTION_EXACT },
	{ '6', "ipv6", VALUE_NONE, SWITCH_IPV6 },
	{ 'o', "ops", VALUE_NONE, OPTION_ONE_PACKET },
	{ 0, "pe", VALUE_NEEDED, OPTION_ENGINE },
	{ 'b', "sched-flags", VALUE_NEEDED, OPTION_FLAGS },
	{ 0, "tun-info", VALUE_NONE, OPTION_TUNNEL_INFO },
	{ 0, "tun-type", VALUE_NEEDED, OPTION_TUNNEL_TYPE },
	{ 0, "tun-port", VALUE_NEEDED, OPTION_TUNNEL_PORT },
	{ 0, "tun-nocsum", VALUE_NONE, OPTION_TUNNEL_NOCSUM },
	{ 0, "tun-csum", VALUE_NONE, OPTION_TUNNEL_CSUM },
	{ 0, "tun-remcsum", VALUE_NONE, OPTION_TUNNEL_REMCSUM },
};

static const char *const option_names[OPTION_MAX] = {
	[OPTION_NUMERIC] = "numeric",
	[OPTION_CONNECTION] = "connection",
	[OPTION_SERVICE] = "service-address",
	[OPTION_SCHEDULER] = "scheduler",
	[OPTION_PERSISTENT] = "persistent",
	[OPTION_NETMASK] = "netmask",
	[OPTION_SERVER] = "real-server",
	[OPTION_FORWARD] = "forwarding-method",
	[OPTION_WEIGHT] = "weight",
	[OPTION_UPPER] = "u-threshold",
	[OPTION_LOWER] = "l-threshold",
	[OPTION_TIMEOUT] = "timeout",
	[OPTION_DAEMON] = "daemon",
	[OPTION_STATS] = "stats",
	[OPTION_RATE] = "rate",
	[OPTION_THRESHOLDS] = "thresholds",
	[OPTION_PERSISTENT_CONN] = "persistent-conn",
	[OPTION_NOSORT] = "nosort",
	[OPTION_EXACT] = "exact",
	[OPTION_ONE_PACKET] = "ops",
	[OPTION_ENGINE] = "pe",
	[OPTION_FLAGS] = "sched-flags",
	[OPTION_TUNNEL_INFO] = "tun-info",
	[OPTION_TUNNEL_TYPE] = "tun-type",
	[OPTION_TUNNEL_PORT] = "tun-port",
	[OPTION_TUNNEL_NOCSUM] = "tun-nocsum",
	[OPTION_TUNNEL_CSUM] = "tun-csum",
	[OPTION_TUNNEL_REMCSUM] = "tun-remcsum",
};

#define BIT(option) (UINT32_C(1) << OPTION_##option)
#define SETTINGS                                                                           \
	(BIT(SCHEDULER) | BIT(PERSISTENT) | BIT(NETMASK) | BIT(ONE_PACKET) | BIT(ENGINE) | \
	 BIT(FLAGS))
#define CHECKSUMS      (BIT(TUNNEL_NOCSUM) | BIT(TUNNEL_CSUM) | BIT(TUNNEL_REMCSUM))
#define TUNNEL_OPTIONS (BIT(TUNNEL_TYPE) | BIT(TUNNEL_PORT) | CHECKSUMS)
#define SERVER         (BIT(FORWARD) | BIT(WEIGHT) | BIT(UPPER) | BIT(LOWER) | TUNNEL_OPTIONS)
#define FORMATS        (BIT(STATS) | BIT(RATE) | BIT(THRESHOLDS) | BIT(PERSISTENT_CONN))

/* Which options a command, or a kind of tunnel, must have, may have, and may have one of. */
struct rules {
	const char *name;
	uint32_t must, may, one_of;
};

static const struct rules verb_rules[IPVS_VERB_MAX] = {
	[IPVS_ADD_SERVICE] = { "add-service", BIT(SERVICE), SETTINGS, 0 },
	[IPVS_EDIT_SERVICE] = { "edit-service", BIT(SERVICE), SETTINGS, 0 },
	[IPVS_DELETE_SERVICE] = { "delete-service", BIT(SERVICE), 0, 0 },
	[IPVS_CLEAR] = { "flush", 0, 0, 0 },
	[IPVS_LIST] = { "list", 0,
			BIT(NUMERIC) | FORMATS | BIT(NOSORT) | BIT(EXACT) | BIT(TUNNEL_INFO),
			BIT(CONNECTION) | BIT(SERVICE) | BIT(TIMEOUT) | BIT(DAEMON) },
	[IPVS_ADD_SERVER] = { "add-server", BIT(SERVICE) | BIT(SERVER), SERVER, 0 },
	[IPVS_DELETE_SERVER] = { "delete-server", BIT(SERVICE) | BIT(SERVER), 0, 0 },
	[IPVS_EDIT_SERVER] = { "edit-server", BIT(SERVICE) | BIT(SERVER), SERVER, 0 },
	[IPVS_SET] = { "set", 0, 0, 0 },
	[IPVS_RESTORE] = { "restore", 0, 0, 0 },
	[IPVS_SAVE] = { "save", 0, BIT(NUMERIC), 0 },
	[IPVS_ZERO] = { "zero", 0, BIT(SERVICE), 0 },
	[IPVS_ADD_BOTH] = { "add-service", BIT(SERVICE) | BIT(SERVER), SETTINGS | SERVER, 0 },
	[IPVS_HELP] = { "help", 0, 0, 0 },
	[IPVS_VERSION] = { "version", 0, 0, 0 },
};

static const struct rules tunnel_rules[TUNNEL_MAX] = {
	[TUNNEL_IPIP] = { "ipip", 0, 0, 0 },
	[TUNNEL_GUE] = { "gue", BIT(TUNNEL_PORT), 0, CHECKSUMS },
	[TUNNEL_GRE] = { "gre", 0, 0, BIT(TUNNEL_NOCSUM) | BIT(TUNNEL_CSUM) },
};

int refuse(struct ipvs_refusal *refusal, int exit_code, const char *format, ...)
{
	va_list args;

	refusal->exit_code = exit_code;
	va_start(args, format);
	vsnprintf(refusal->message, sizeof(refusal->message), format, args);
	va_end(args);
	return -EINVAL;
}

const char *ipvs_option_name(enum ipvs_option option)
{
	return option_names[option];
}

static int check_rules(const struct rules *rules, const char *what, uint32_t have,
		       struct ipvs_refusal *refusal)
{
	const char *first = NULL;

	for (enum ipvs_option i = 0; i < OPTION_MAX; i++) {
		const char *name = option_names[i];
		uint32_t bit = UINT32_C(1) << i;

		if (!(have & bit) && (rules->must & bit))
			return refuse(refusal, IPVS_EXIT_USAGE,
				      "You need to supply the '%s' option for the '%s' %s", name,
				      rules->name, what);
		if (have & bit & ~(rules->must | rules->may | rules->one_of))
			return refuse(refusal, IPVS_EXIT_USAGE,
				      "Illegal '%s' option with the '%s' %s", name, rules->name,
				      what);
		if (!(have & bit & rules->one_of))
			continue;
		if (first)
			return refuse(refusal, IPVS_EXIT_USAGE,
				      "The option '%s' conflicts with the '%s' option in the '%s' "
				      "%s",
				      name, first, rules->name, what);
		first = name;
	}
	return 0;
}

static int check_tunnel(const struct ipvs_command *command, struct ipvs_refusal *refusal)
{
	uint32_t have = command->options & TUNNEL_OPTIONS;

	if (command->server.method != METHOD_TUNNEL && have)
		return refuse(refusal, IPVS_EXIT_USAGE,
			      "Tunnel options conflict with forward method");
	if (check_rules(&tunnel_rules[command->server.tunnel], "tunnel type",
			have & ~BIT(TUNNEL_TYPE), refusal) < 0)
		return -EINVAL;
	if (have & (BIT(TUNNEL_CSUM) | BIT(TUNNEL_REMCSUM)))
		return refuse(refusal, IPVS_EXIT_USAGE,
			      "uplinkd makes tunnel packets without checksums; only "
			      "'tun-nocsum' is possible");
	return 0;
}

int ipvs_check_options(const struct ipvs_command *command, struct ipvs_refusal *refusal)
{
	const uint32_t other = BIT(CONNECTION) | BIT(TIMEOUT) | BIT(DAEMON);
	int r = check_rules(&verb_rules[command->verb], "command", command->options, refusal);

	if (r == 0 && ipvs_has(command, OPTION_SERVER) && command->verb != IPVS_DELETE_SERVER)
		r = check_tunnel(command, refusal);
	if (r == 0 && command->verb == IPVS_LIST && (command->options & other) &&
	    (command->options & FORMATS))
		r = refuse(refusal, IPVS_EXIT_USAGE, "options conflicts in the list command");
	return r;
}

static const struct ipvs_switch *find_letter(const struct ipvs_switch *table, size_t n, char letter)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].letter && table[i].letter == letter)
			return &table[i];
	return NULL;
}

static const struct ipvs_switch *find_name(const struct ipvs_switch *table, size_t n,
					   const char *name, size_t length)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].name && strlen(table[i].name) == length &&
		    memcmp(table[i].name, name, length) == 0)
			return &table[i];
	return NULL;
}

static int unknown(bool command, int length, const char *word, struct ipvs_refusal *refusal)
{
	if (command)
		return refuse(refusal, IPVS_EXIT_FAILURE,
			      "Try `ipvsadm -h' or 'ipvsadm --help' for more information.");
	return refuse(refusal, IPVS_EXIT_FAILURE, "%.*s: unknown option", length, word);
}

/* The value in the next word, or why there is none. */
static int take_value(struct ipvs_scan *scan, const struct ipvs_switch *found, const char **ret,
		      struct ipvs_refusal *refusal)
{
	if (found->value == VALUE_NONE || (found->value == VALUE_OPTIONAL &&
					   (scan->at == scan->n || *scan->words[scan->at] == '-')))
		return 0;
	if (scan->at == scan->n) {
		if (found->letter)
			return refuse(refusal, IPVS_EXIT_FAILURE, "-%c: missing argument",
				      found->letter);
		return refuse(refusal, IPVS_EXIT_FAILURE, "--%s: missing argument", found->name);
	}
	*ret = scan->words[scan->at++];
	return 0;
}

static int next_letter(struct ipvs_scan *scan, bool command, const struct ipvs_switch **ret,
		       const char **ret_value, struct ipvs_refusal *refusal)
{
	const char word[] = { '-', *scan->bundle };

	*ret = command ? find_letter(commands, ELEMENTS_OF(commands), *scan->bundle)
		       : find_letter(options, ELEMENTS_OF(options), *scan->bundle);
	if (!*ret && !command && find_letter(commands, ELEMENTS_OF(commands), *scan->bundle))
		return refuse(refusal, IPVS_EXIT_USAGE, "invalid option `-%c'", *scan->bundle);
	if (!*ret)
		return unknown(command, sizeof(word), word, refusal);
	scan->bundle++;
	if (!*scan->bundle) {
		scan->bundle = NULL;
	} else if ((*ret)->value != VALUE_NONE) {
		*ret_value = scan->bundle + (*scan->bundle == '=');
		scan->bundle = NULL;
		return 1;
	}
	return take_value(scan, *ret, ret_value, refusal) < 0 ? -EINVAL : 1;
}

static int next_name(struct ipvs_scan *scan, bool command, const char *word,
		     const struct ipvs_switch **ret, const char **ret_value,
		     struct ipvs_refusal *refusal)
{
	size_t length = strcspn(word + 2, "=");
	const char *value = word[2 + length] ? word + 3 + length : NULL;

	*ret = command ? find_name(commands, ELEMENTS_OF(commands), word + 2, length)
		       : find_name(options, ELEMENTS_OF(options), word + 2, length);
	if (!*ret && !command && find_name(commands, ELEMENTS_OF(commands), word + 2, length))
		return refuse(refusal, IPVS_EXIT_USAGE, "invalid option `%s'", word);
	if (!*ret || (value && (*ret)->value == VALUE_NONE))
		return unknown(command, (int)strnlen(word, 64), word, refusal);
	*ret_value = value;
	if (value)
		return 1;
	return take_value(scan, *ret, ret_value, refusal) < 0 ? -EINVAL : 1;
}

static void keep_argument(struct ipvs_scan *scan, const char *word)
{
	if (scan->arguments_n < ELEMENTS_OF(scan->arguments))
		scan->arguments[scan->arguments_n++] = word;
}

int ipvs_scan_next(struct ipvs_scan *scan, bool command, const struct ipvs_switch **ret,
		   const char **ret_value, struct ipvs_refusal *refusal)
{
	*ret_value = NULL;
	if (scan->bundle)
		return next_letter(scan, command, ret, ret_value, refusal);
	while (scan->at < scan->n) {
		const char *word = scan->words[scan->at++];

		if (scan->ended || word[0] != '-' || !word[1]) {
			keep_argument(scan, word);
		} else if (strcmp(word, "--") == 0) {
			scan->ended = true;
		} else if (word[1] == '-') {
			return next_name(scan, command, word, ret, ret_value, refusal);
		} else {
			scan->bundle = word + 1;
			return next_letter(scan, command, ret, ret_value, refusal);
		}
	}
	return 0;
}
