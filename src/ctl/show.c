/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs that show what there is: the daemon's tree as it came with --json, or parts of it as
 * tables.
 */
#include "base/array.h"
#include "ctl/ctl.h"
#include "ctl/table.h"
#include "ctl/uplinks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct column service_columns[] = {
	{ "SERVICE", "name", COLUMN_TEXT },        { "LISTEN", "listen", COLUMN_TEXT },
	{ "SCHEDULER", "scheduler", COLUMN_TEXT }, { "SERVER", "address", COLUMN_TEXT },
	{ "METHOD", "method", COLUMN_TEXT },       { "STATE", "state", COLUMN_STATE },
	{ "WEIGHT", "weight", COLUMN_NUMBER },     { "ACTIVE", "active", COLUMN_NUMBER },
	{ "INACTIVE", "inactive", COLUMN_NUMBER }, { "TOTAL", "total", COLUMN_NUMBER },
	{ "BY LINE", "by_line", COLUMN_PICKS },    { "REASON", "reason", COLUMN_TEXT },
};

static const struct column domain_columns[] = {
	{ "DOMAIN", "name", COLUMN_TEXT },
	{ "INTERFACE", "interface", COLUMN_TEXT },
	{ "ADDRESSES", "addresses", COLUMN_TEXT },
	{ "SERVICES", "services", COLUMN_TEXT },
};

static const struct column policy_columns[] = {
	{ "POLICY", "name", COLUMN_TEXT },
	{ "MATCHES", "matches", COLUMN_TEXT },
	{ "USE", "use", COLUMN_TEXT },
	{ "LINES NOW", "lines", COLUMN_TEXT },
	{ "SCHEDULER", "scheduler", COLUMN_TEXT },
	{ "STICKY", "sticky_ms", COLUMN_DURATION },
	{ "OTHERWISE", "otherwise", COLUMN_TEXT },
};

static const struct column status_service_columns[] = {
	{ "SERVICE", "name", COLUMN_TEXT },    { "LISTEN", "listen", COLUMN_TEXT },
	{ "SERVER", "address", COLUMN_TEXT },  { "STATE", "state", COLUMN_STATE },
	{ "WEIGHT", "weight", COLUMN_NUMBER }, { "ACTIVE", "active", COLUMN_NUMBER },
};

/* A new reference to an item of a list that is a member, NULL past its end. */
static json_object *item(json_object *object, const char *list, size_t i)
{
	return json_object_get(json_object_array_get_idx(json_object_object_get(object, list), i));
}

static int set_if(json_object *row, const char *key, json_object *value)
{
	return value ? json_object_object_add(row, key, value) : 0;
}

/* The i-th row of a service: beside each other its i-th server and what it listens on. */
static int add_service_row(json_object *rows, json_object *service, size_t i)
{
	static const char *const once[] = { "name", "scheduler" };
	_cleanup_(json_object_putp) json_object *server = item(service, "servers", i);
	json_object *row = json_object_new_object();
	int r = row ? json_object_array_add(rows, row) : -1;

	if (r < 0)
		return -ENOMEM;
	for (size_t k = 0; i == 0 && r == 0 && k < ELEMENTS_OF(once); k++)
		r = set_if(row, once[k], json_object_get(json_object_object_get(service, once[k])));
	if (r == 0)
		r = set_if(row, "listen", item(service, "listen", i));
	if (server) {
		json_object_object_foreach(server, key, value) r =
			r < 0 ? r : json_object_object_add(row, key, json_object_get(value));
	}
	return r < 0 ? -ENOMEM : 0;
}

static size_t length_of(json_object *object, const char *list)
{
	return json_object_array_length(json_object_object_get(object, list));
}

static int print_services(json_object *services, const struct column *columns, size_t n)
{
	_cleanup_(json_object_putp) json_object *rows = json_object_new_array();
	int r = rows ? 0 : -ENOMEM;

	for (size_t i = 0; r >= 0 && i < json_object_array_length(services); i++) {
		json_object *service = json_object_array_get_idx(services, i);
		size_t servers = length_of(service, "servers");
		size_t listens = length_of(service, "listen");
		size_t height = servers > listens ? servers : listens;

		for (size_t k = 0; r >= 0 && k < height; k++)
			r = add_service_row(rows, service, k);
	}
	return r < 0 ? r : table_print(rows, columns, n);
}

/* A table with an empty line before it, or nothing for an empty list. */
static int print_part(json_object *list, const struct column *columns, size_t n,
		      int (*print)(json_object *, const struct column *, size_t))
{
	if (json_object_array_length(list) == 0)
		return 0;
	putchar('\n');
	return print(list, columns, n);
}

static int print_status(json_object *tree)
{
	json_object *uplinks = json_object_object_get(tree, uplink_kind.many);
	int r = 0;

	printf("uplinkd %s%s\n", json_object_get_string(json_object_object_get(tree, "version")),
	       json_object_get_boolean(json_object_object_get(tree, "flushed"))
		       ? ", flushed: nothing is arranged until `uplinkctl reload`"
		       : "");
	if (json_object_array_length(uplinks) > 0) {
		putchar('\n');
		r = uplinks_print_status(uplinks);
	}
	if (r >= 0)
		r = print_part(json_object_object_get(tree, service_kind.many),
			       status_service_columns, ELEMENTS_OF(status_service_columns),
			       print_services);
	if (r >= 0)
		r = print_part(json_object_object_get(tree, domain_kind.many), domain_columns,
			       ELEMENTS_OF(domain_columns), table_print);
	return r;
}

int verb_status(struct ctl *ctl, char **arguments)
{
	_cleanup_(json_object_putp) json_object *tree = ctl_read(ctl);

	if (!tree)
		return EXIT_FAILURE;
	if (!ctl->json)
		return ctl_shown(print_status(tree));
	ctl_print_json(tree);
	return EXIT_SUCCESS;
}

static int show(struct ctl *ctl, const struct ctl_kind *kind, const struct column *columns,
		size_t n, int (*print)(json_object *, const struct column *, size_t))
{
	_cleanup_(json_object_putp) json_object *tree = ctl_read(ctl);
	json_object *list = json_object_object_get(tree, kind->many);

	if (!tree)
		return EXIT_FAILURE;
	if (!ctl->json)
		return ctl_shown(print(list, columns, n));
	ctl_print_json(list);
	return EXIT_SUCCESS;
}

int verb_services(struct ctl *ctl, char **arguments)
{
	return show(ctl, &service_kind, service_columns, ELEMENTS_OF(service_columns),
		    print_services);
}

int verb_domains(struct ctl *ctl, char **arguments)
{
	return show(ctl, &domain_kind, domain_columns, ELEMENTS_OF(domain_columns), table_print);
}

int verb_policies(struct ctl *ctl, char **arguments)
{
	return show(ctl, &policy_kind, policy_columns, ELEMENTS_OF(policy_columns), table_print);
}
