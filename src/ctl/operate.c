/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs that change one line or server, and the one by which pppd's scripts report. */
#include "base/time.h"
#include "ctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	WEIGHT_MAX = 65535,
	PPP_EVENT_MAX_US = 5 * 1000 * 1000
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

int verb_failback(struct ctl *ctl, char **arguments)
{
	return exit_code(ctl_call_object(ctl, &uplink_kind, arguments[0], "Failback", NULL));
}

/* The name of the uplink that is called so, or has that interface; belongs to the tree. */
static const char *find_uplink(json_object *tree, const char *word)
{
	json_object *list = json_object_object_get(tree, uplink_kind.many);
	size_t n = list ? json_object_array_length(list) : 0;
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		json_object *uplink = json_object_array_get_idx(list, i);
		json_object *interface = json_object_object_get(uplink, "interface");
		const char *name = json_object_get_string(json_object_object_get(uplink, "name"));

		if (strcmp(name, word) == 0)
			return name;
		if (strcmp(json_object_get_string(interface), word) == 0)
			found = name;
	}
	return found;
}

/* A DHCPv6 client knows the interface, and nothing of our names. */
int verb_delegate(struct ctl *ctl, char **arguments)
{
	_cleanup_(json_object_putp) json_object *tree = ctl_read(ctl);
	const char *name = tree ? find_uplink(tree, arguments[0]) : NULL;

	if (!tree)
		return EXIT_FAILURE;
	return exit_code(ctl_call_object_list(ctl, &uplink_kind, name ? name : arguments[0],
					      "Delegate", arguments + 1));
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

/* pppd's other scripts wait for this one; so it does not wait for long. */
int verb_ppp_event(struct ctl *ctl, char **arguments)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
	const char *member = arguments[2] ? "PppEventWith" : "PppEvent";
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = ctl_connect(ctl);

	if (r < 0)
		return EXIT_FAILURE;
	r = sd_bus_message_new_method_call(ctl->bus, &call, ctl->destination, BUS_ROOT,
					   MANAGER_INTERFACE, member);
	if (r >= 0)
		r = sd_bus_message_append(call, "ss", arguments[0], arguments[1]);
	if (r >= 0 && arguments[2])
		r = sd_bus_message_append_strv(call, arguments + 2);
	if (r >= 0)
		r = sd_bus_call(ctl->bus, call, PPP_EVENT_MAX_US, &error, NULL);
	if (r < 0)
		ctl_say_error(&error, r);
	return exit_code(r);
}
