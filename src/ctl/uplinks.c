/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs that show lines and their probes. The tables have what fits an ordinary terminal, the
 * sheet of one line has everything.
 */
#include "ctl/uplinks.h"

#include "base/array.h"
#include "ctl/ctl.h"
#include "ctl/remarks.h"
#include "ctl/table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct column status_columns[] = {
	{ "UPLINK", "name", COLUMN_TEXT },
	{ "STATE", "state", COLUMN_STATE },
	{ "SINCE", "since", COLUMN_SINCE },
	{ "ADDRESS", "address", COLUMN_TEXT },
	{ "CONNS", "connections", COLUMN_NUMBER },
	{ "LOSS", "loss", COLUMN_SHARE, true },
	{ "LATENCY", "latency_ms", COLUMN_MS, true },
	{ "PENALTY", "penalty_s", COLUMN_SECONDS, true },
	{ "QUOTA", "quota_used", COLUMN_SHARE, true },
	{ "REASON", "reason", COLUMN_TEXT },
};

static const struct column uplink_columns[] = {
	{ "UPLINK", "name", COLUMN_TEXT },     { "INTERFACE", "interface", COLUMN_TEXT },
	{ "STATE", "state", COLUMN_STATE },    { "SINCE", "since", COLUMN_SINCE },
	{ "ADDRESS", "address", COLUMN_TEXT }, { "TIER", "tier", COLUMN_NUMBER },
	{ "WEIGHT", "weight", COLUMN_NUMBER }, { "TABLE", "table", COLUMN_NUMBER },
	{ "MARK", "mark", COLUMN_HEX },        { "REASON", "reason", COLUMN_TEXT },
};

static const struct column sheet_columns[] = {
	{ "UPLINK", "name", COLUMN_TEXT },
	{ "INTERFACE", "interface", COLUMN_TEXT },
	{ "STATE", "state", COLUMN_STATE },
	{ "SINCE", "since", COLUMN_SINCE },
	{ "REASON", "reason", COLUMN_TEXT },
	{ "GRADE", "grade", COLUMN_TEXT },
	{ "POLICIES NOW", "policies", COLUMN_TEXT },
	{ "CONNECTIONS", "connections", COLUMN_NUMBER },
	{ "ADDRESSES", "addresses", COLUMN_TEXT },
	{ "GATEWAYS", "gateways", COLUMN_TEXT },
	{ "TIER", "tier", COLUMN_NUMBER },
	{ "WEIGHT", "weight", COLUMN_NUMBER },
	{ "TABLE", "table", COLUMN_NUMBER },
	{ "MARK", "mark", COLUMN_HEX },
	{ "MTU", "mtu", COLUMN_NUMBER },
	{ "RATE UP", "rate_up", COLUMN_BITS },
	{ "RATE DOWN", "rate_down", COLUMN_BITS },
	{ "HEALTH", "health", COLUMN_STATE },
	{ "HEALTH REASON", "health_reason", COLUMN_TEXT, true },
	{ "LOSS", "loss", COLUMN_SHARE, true },
	{ "LATENCY", "latency_ms", COLUMN_MS, true },
	{ "JITTER", "jitter_ms", COLUMN_MS, true },
	{ "PENALTY", "penalty_s", COLUMN_SECONDS, true },
	{ "MONTH", "month_bytes", COLUMN_BYTES, true },
	{ "QUOTA", "quota_bytes", COLUMN_BYTES, true },
	{ "QUOTA USED", "quota_used", COLUMN_SHARE, true },
	{ "DNS", "dns", COLUMN_TEXT, true },
	{ "DELEGATED", "delegated", COLUMN_TEXT, true },
	{ "PPP", "ppp", COLUMN_MEMBERS, true },
};

static const struct column probe_columns[] = {
	{ "UPLINK", "uplink", COLUMN_TEXT },  { "TARGET", "target", COLUMN_TEXT },
	{ "KIND", "kind", COLUMN_TEXT },      { "HEALTH", "health", COLUMN_STATE },
	{ "LOSS", "loss", COLUMN_SHARE },     { "LATENCY", "latency_ms", COLUMN_MS },
	{ "LAST", "answered", COLUMN_SINCE }, { "REASON", "reason", COLUMN_TEXT },
};

int uplinks_print_status(json_object *uplinks)
{
	int r = remarks_add(uplinks);

	return r < 0 ? r : table_print(uplinks, status_columns, ELEMENTS_OF(status_columns));
}

/* The targets of a line, each with the line's name, onto the list. */
static int add_probes(json_object *rows, json_object *uplink)
{
	json_object *probes = json_object_object_get(uplink, "probes");

	for (size_t i = 0; probes && i < json_object_array_length(probes); i++) {
		json_object *probe = json_object_array_get_idx(probes, i);
		json_object *name = json_object_object_get(uplink, "name");

		if (json_object_object_add(probe, "uplink", json_object_get(name)) < 0 ||
		    json_object_array_add(rows, json_object_get(probe)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static bool lists(json_object *list, const char *name)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), name) == 0)
			return true;
	return false;
}

/* The policies whose new connections the line would get now. */
static int add_policies(json_object *uplink, json_object *policies)
{
	const char *name = json_object_get_string(json_object_object_get(uplink, "name"));
	json_object *names = json_object_new_array();

	if (!names || json_object_object_add(uplink, "policies", names) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < json_object_array_length(policies); i++) {
		json_object *policy = json_object_array_get_idx(policies, i);
		json_object *known = json_object_object_get(policy, "name");

		if (lists(json_object_object_get(policy, "lines"), name) &&
		    json_object_array_add(names, json_object_get(known)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int print_sheet(json_object *tree, json_object *uplink)
{
	_cleanup_(json_object_putp) json_object *rows = json_object_new_array();
	int r = rows ? add_policies(uplink, json_object_object_get(tree, policy_kind.many))
		     : -ENOMEM;

	if (r >= 0)
		r = add_probes(rows, uplink);
	if (r >= 0)
		r = remarks_add(json_object_object_get(tree, uplink_kind.many));
	if (r >= 0)
		r = table_print_sheet(uplink, sheet_columns, ELEMENTS_OF(sheet_columns));
	if (r < 0 || json_object_array_length(rows) == 0)
		return r;
	putchar('\n');
	return table_print(rows, probe_columns + 1, ELEMENTS_OF(probe_columns) - 1);
}

/* The line of that name; belongs to the tree. NULL after naming those that there are. */
static json_object *find_uplink(json_object *tree, const char *name)
{
	json_object *uplinks = json_object_object_get(tree, uplink_kind.many);

	for (size_t i = 0; i < json_object_array_length(uplinks); i++) {
		json_object *uplink = json_object_array_get_idx(uplinks, i);
		json_object *known = json_object_object_get(uplink, "name");

		if (strcmp(json_object_get_string(known), name) == 0)
			return uplink;
	}
	ctl_say_known(tree, &uplink_kind, name);
	return NULL;
}

static int print_uplinks(json_object *uplinks)
{
	int r = remarks_add(uplinks);

	return r < 0 ? r : table_print(uplinks, uplink_columns, ELEMENTS_OF(uplink_columns));
}

int verb_uplinks(struct ctl *ctl, char **arguments)
{
	_cleanup_(json_object_putp) json_object *tree = ctl_read(ctl);
	json_object *shown = NULL;

	if (!tree)
		return EXIT_FAILURE;
	shown = arguments[0] ? find_uplink(tree, arguments[0])
			     : json_object_object_get(tree, uplink_kind.many);
	if (!shown)
		return EXIT_FAILURE;
	if (!ctl->json)
		return ctl_shown(arguments[0] ? print_sheet(tree, shown) : print_uplinks(shown));
	ctl_print_json(shown);
	return EXIT_SUCCESS;
}

/* Of one line, or of all for NULL. */
static int collect_probes(json_object *tree, json_object *uplink, json_object *rows)
{
	json_object *uplinks = json_object_object_get(tree, uplink_kind.many);
	int r = 0;

	if (uplink)
		return add_probes(rows, uplink);
	for (size_t i = 0; r >= 0 && i < json_object_array_length(uplinks); i++)
		r = add_probes(rows, json_object_array_get_idx(uplinks, i));
	return r;
}

int verb_probes(struct ctl *ctl, char **arguments)
{
	_cleanup_(json_object_putp) json_object *tree = ctl_read(ctl);
	_cleanup_(json_object_putp) json_object *rows = json_object_new_array();
	json_object *uplink = NULL;
	int r;

	if (!tree)
		return EXIT_FAILURE;
	if (arguments[0] && !(uplink = find_uplink(tree, arguments[0])))
		return EXIT_FAILURE;
	r = rows ? collect_probes(tree, uplink, rows) : -ENOMEM;
	if (r >= 0 && !ctl->json)
		r = table_print(rows, probe_columns, ELEMENTS_OF(probe_columns));
	else if (r >= 0)
		ctl_print_json(rows);
	return ctl_shown(r);
}
