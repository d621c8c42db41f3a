/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs about the arrangement as a whole. */
#include "ctl/ctl.h"

#include <stdio.h>
#include <string.h>

int verb_plan(struct ctl *ctl, char **arguments)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	const char *plan;
	int r = ctl_call(ctl, BUS_ROOT, MANAGER_INTERFACE, "Plan", &reply, NULL);

	if (r < 0)
		return EXIT_FAILURE;
	r = sd_bus_message_read(reply, "s", &plan);
	if (r < 0) {
		fprintf(stderr, "cannot read what uplinkd says: %s\n", strerror(-r));
		return EXIT_FAILURE;
	}
	fputs(*plan ? plan : "nothing to do\n", stdout);
	return EXIT_SUCCESS;
}

static int ask(struct ctl *ctl, const char *member)
{
	int r = ctl_call(ctl, BUS_ROOT, MANAGER_INTERFACE, member, NULL, NULL);

	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int verb_reload(struct ctl *ctl, char **arguments)
{
	return ask(ctl, "Reload");
}

int verb_flush(struct ctl *ctl, char **arguments)
{
	return ask(ctl, "Flush");
}
