/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ipvs/command.h"

/* What the files that read a command share. */

/* Says why a line is refused; returns -EINVAL. */
int refuse(struct ipvs_refusal *refusal, int exit_code, const char *format, ...) _printf_(3, 4);

/*
 * Words as popt(3) takes them apart: bundled short options, values attached or in the next word,
 * --name=VALUE, "--" before what is no option.
 */
struct ipvs_scan {
	const char *const *words;
	size_t n, at;
	const char *bundle;       /* the short options of a word that are left */
	bool ended;               /* by "--" */
	const char *arguments[4]; /* the first words that are neither */
	size_t arguments_n;
};

enum ipvs_value {
	VALUE_NONE,
	VALUE_NEEDED,
	VALUE_OPTIONAL /* a next word that begins with '-' is none */
};

struct ipvs_switch {
	char letter;
	const char *name;
	enum ipvs_value value;
	int id; /* enum ipvs_verb when it is a command, else enum ipvs_option or one of below */
};

/* Switches that are no option of their own. */
enum {
	SWITCH_IPV6 = OPTION_MAX,
	SWITCH_SORT,
	SWITCH_START_DAEMON,
	SWITCH_STOP_DAEMON,
	SWITCH_END
};

/* The next command (`commands`: of the first word) or option. 1, 0 at the end, or -EINVAL. */
int ipvs_scan_next(struct ipvs_scan *scan, bool commands, const struct ipvs_switch **ret,
		   const char **ret_value, struct ipvs_refusal *refusal);

/* Whether the options go with the command. 0 or -EINVAL. */
int ipvs_check_options(const struct ipvs_command *command, struct ipvs_refusal *refusal);
const char *ipvs_option_name(enum ipvs_option option);

/* A line on its way to a command. */
struct ipvs_parser {
	struct ipvs_command *command;
	const struct ipvs_names *names;
	struct ipvs_refusal *refusal;
	const char *netmask, *flags;
	bool no_port;  /* of the server: the service's then */
	bool old_form; /* -R SERVER */
};

/* Says why with ipvsadm's exit code for wrong use; returns -EINVAL. */
int ipvs_fail(struct ipvs_parser *parser, const char *message);
/* 0 or -EINVAL, unsaid. */
int ipvs_read_number(const char *text, long least, long most, uint32_t *ret);
/* 0, or -EINVAL and said. */
int ipvs_read_timeout(struct ipvs_parser *parser, const char *value, long least, uint32_t *ret);
/* Once all options are read. 0, or -EINVAL and said. */
int ipvs_settle(struct ipvs_parser *parser, const struct ipvs_scan *scan);
