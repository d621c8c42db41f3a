/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs that change one line or server, and the one by which pppd's scripts report. */
#include "base/time.h"
#include "ctl/ctl.h"

#include <errno.h>
#include <stdio.h>

enum {
	WEIGHT_MAX = 65535
};

static int exit_code(int r)
{
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int verb_enable(struct ctl *ctl, char **arguments)
{
	return exit_code(ctl_call_object(ctl, &uplink_kind, arguments[0], "Enable", NULL));
}

int verb_disable(struct ctl *ctl, char **arguments)
{
	return exit_code(ctl_call_object(ctl, &uplink_kind, arguments[0], "Disable", NULL));
}

/* Digits only: strtoul(3) also takes signs and spaces. */
static int parse_weight(const char *text, uint32_t *ret)
{
	uint32_t weight = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		weight = weight * 10 + (uint32_t)(*text - '0');
		if (weight > WEIGHT_MAX)
			return -ERANGE;
	}
	*ret = weight;
	return 0;
}

int verb_weight(struct ctl *ctl, char **arguments)
{
	uint32_t weight;

	if (parse_weight(arguments[2], &weight) < 0) {
		fprintf(stderr, "uplinkctl: a weight is a number from 0 to %d, not \"%s\"\n",
			WEIGHT_MAX, arguments[2]);
		return EXIT_USAGE;
	}
	return exit_code(ctl_call_object(ctl, &service_kind, arguments[0], "SetWeight", "su",
					 arguments[1], weight));
}

int verb_drain(struct ctl *ctl, char **arguments)
{
	uint64_t deadline_ms;

	if (arguments[2] && duration_parse(arguments[2], &deadline_ms) < 0) {
		fprintf(stderr, "uplinkctl: a deadline is a time like 30s or 10m, not \"%s\"\n",
			arguments[2]);
		return EXIT_USAGE;
	}
	if (arguments[2])
		return exit_code(ctl_call_object(ctl, &service_kind, arguments[0], "DrainWithin",
						 "st", arguments[1], deadline_ms));
	return exit_code(
		ctl_call_object(ctl, &service_kind, arguments[0], "Drain", "s", arguments[1]));
}

int verb_ppp_event(struct ctl *ctl, char **arguments)
{
	return exit_code(ctl_call(ctl, BUS_ROOT, MANAGER_INTERFACE, "PppEvent", NULL, "ss",
				  arguments[0], arguments[1]));
}
