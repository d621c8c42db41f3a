/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon shows, as one JSON tree that both --json and the tables are made from. Values
 * are converted by their D-Bus types and named by their properties ("LatencyMs" becomes
 * "latency_ms"), so that most of what is added to the bus appears here by itself; the few members
 * that are not properties are added at the end.
 */
#include "ctl/ctl.h"

#include "base/array.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KIND(singular, plural, class)                                           \
	{                                                                       \
		.one = singular, .many = plural, .path = BUS_ROOT "/" singular, \
		.interface = BUS_NAME "." class,                                \
	}

const struct ctl_kind uplink_kind = KIND("uplink", "uplinks", "Uplink");
const struct ctl_kind service_kind = KIND("service", "services", "Service");
const struct ctl_kind domain_kind = KIND("domain", "domains", "Domain");
const struct ctl_kind policy_kind = KIND("policy", "policies", "Policy");

static const struct ctl_kind *const kinds[] = {
	&uplink_kind,
	&service_kind,
	&domain_kind,
	&policy_kind,
};

static int read_value(sd_bus_message *message, json_object **ret);

struct snake {
	char text[64];
};

static struct snake snake_case(const char *name)
{
	struct snake snake = {};
	size_t n = 0;

	for (const char *p = name; *p && n + 2 < sizeof(snake.text); p++) {
		if (isupper(*p) && p > name)
			snake.text[n++] = '_';
		snake.text[n++] = (char)tolower(*p);
	}
	return snake;
}

static int read_variant(sd_bus_message *message, const char *contents, json_object **ret)
{
	int r = sd_bus_message_enter_container(message, 'v', contents);

	if (r >= 0)
		r = read_value(message, ret);
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_members(sd_bus_message *message, const char *contents, json_object *object)
{
	int r = sd_bus_message_enter_container(message, 'a', contents);

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		json_object *value = NULL;
		const char *name;

		r = sd_bus_message_read(message, "s", &name);
		if (r >= 0)
			r = read_value(message, &value);
		if (r >= 0 && json_object_object_add(object, snake_case(name).text, value) < 0)
			r = -ENOMEM;
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_items(sd_bus_message *message, const char *contents, json_object *list)
{
	int r = sd_bus_message_enter_container(message, 'a', contents);

	while (r >= 0 && (r = sd_bus_message_at_end(message, false)) == 0) {
		json_object *value = NULL;

		r = read_value(message, &value);
		if (r >= 0 && json_object_array_add(list, value) < 0)
			r = -ENOMEM;
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_array(sd_bus_message *message, const char *contents, json_object **ret)
{
	bool is_object = strcmp(contents, "{sv}") == 0;
	_cleanup_(json_object_putp) json_object *value =
		is_object ? json_object_new_object() : json_object_new_array();
	int r;

	if (!value)
		return -ENOMEM;
	r = is_object ? read_members(message, contents, value)
		      : read_items(message, contents, value);
	if (r >= 0)
		*ret = TAKE_PTR(value);
	return r;
}

static int read_basic(sd_bus_message *message, char type, json_object **ret)
{
	union {
		const char *s;
		uint64_t t;
		uint32_t u;
		int b;
		double d;
	} value;
	int r = sd_bus_message_read_basic(message, type, &value);

	if (r < 0)
		return r;
	if (type == 's')
		*ret = json_object_new_string(value.s);
	else if (type == 't')
		*ret = json_object_new_uint64(value.t);
	else if (type == 'u')
		*ret = json_object_new_int64(value.u);
	else if (type == 'd')
		*ret = json_object_new_double(value.d);
	else if (type == 'b')
		*ret = json_object_new_boolean(value.b);
	else
		return -EPROTO;
	return *ret ? 0 : -ENOMEM;
}

static int read_value(sd_bus_message *message, json_object **ret)
{
	const char *contents;
	char type;
	int r = sd_bus_message_peek_type(message, &type, &contents);

	if (r <= 0)
		return r < 0 ? r : -EPROTO;
	if (type == 'v')
		return read_variant(message, contents, ret);
	if (type == 'a')
		return read_array(message, contents, ret);
	return read_basic(message, type, ret);
}

static json_object *section_of(json_object *tree, const char *interface)
{
	for (size_t i = 0; i < ELEMENTS_OF(kinds); i++)
		if (strcmp(kinds[i]->interface, interface) == 0)
			return json_object_object_get(tree, kinds[i]->many);
	return NULL;
}

/* One object's interfaces; those that are not ours are the standard ones, which show nothing. */
static int read_interfaces(sd_bus_message *message, json_object *tree)
{
	int r = sd_bus_message_enter_container(message, 'a', "{sa{sv}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sa{sv}")) > 0) {
		json_object *section, *object = NULL;
		const char *interface;

		r = sd_bus_message_read(message, "s", &interface);
		if (r < 0)
			break;
		section = section_of(tree, interface);
		r = section ? read_value(message, &object) : sd_bus_message_skip(message, "a{sv}");
		if (r >= 0 && object && json_object_array_add(section, object) < 0)
			r = -ENOMEM;
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_objects(sd_bus_message *message, json_object *tree)
{
	int r = sd_bus_message_enter_container(message, 'a', "{oa{sa{sv}}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "oa{sa{sv}}")) > 0) {
		r = sd_bus_message_skip(message, "o");
		if (r >= 0)
			r = read_interfaces(message, tree);
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r;
}

static int compare_positions(const void *a, const void *b)
{
	json_object *const *left = a, *const *right = b;
	int64_t x = json_object_get_int64(json_object_object_get(*left, "position"));
	int64_t y = json_object_get_int64(json_object_object_get(*right, "position"));

	return x < y ? -1 : x > y;
}

json_object *ctl_time(uint64_t us)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
	return json_object_new_double_s((double)us / 1e6, text);
}

/* `list`'s first item, or null. */
static json_object *first_of(json_object *object, const char *list)
{
	return json_object_get(json_object_array_get_idx(json_object_object_get(object, list), 0));
}

/* In place of microseconds of that name, milliseconds; null when they mean nothing. */
static int add_ms(json_object *object, const char *us, const char *ms, bool measured)
{
	double value = json_object_get_double(json_object_object_get(object, us)) / 1000;
	char text[32];

	snprintf(text, sizeof(text), "%.3f", value);
	json_object_object_del(object, us);
	return json_object_object_add(object, ms,
				      measured ? json_object_new_double_s(value, text) : NULL);
}

static int add_share(json_object *object, const char *key, double value, bool known)
{
	char text[32];

	snprintf(text, sizeof(text), "%.4f", value);
	return json_object_object_add(object, key,
				      known ? json_object_new_double_s(value, text) : NULL);
}

/* Figures are null as long as nothing was measured. */
static int complete_quality(json_object *object)
{
	bool measured = json_object_get_boolean(json_object_object_get(object, "measured"));
	double loss = json_object_get_double(json_object_object_get(object, "loss"));

	json_object_object_del(object, "measured");
	if (add_share(object, "loss", loss, measured) < 0 ||
	    add_ms(object, "latency_us", "latency_ms", measured) < 0)
		return -ENOMEM;
	return 0;
}

static int complete_probe(json_object *probe)
{
	uint64_t answered = json_object_get_uint64(json_object_object_get(probe, "answered"));

	if (json_object_object_add(probe, "answered", answered ? ctl_time(answered) : NULL) < 0)
		return -ENOMEM;
	return complete_quality(probe);
}

static int complete_quota(json_object *uplink)
{
	uint64_t quota = json_object_get_uint64(json_object_object_get(uplink, "quota_bytes"));
	uint64_t used = json_object_get_uint64(json_object_object_get(uplink, "month_bytes"));

	if (!quota && json_object_object_add(uplink, "quota_bytes", NULL) < 0)
		return -ENOMEM;
	return add_share(uplink, "quota_used", quota ? (double)used / (double)quota : 0, quota);
}

/* What no property says, and what JSON says in other units. */
static int complete_uplink(json_object *uplink)
{
	uint64_t since = json_object_get_uint64(json_object_object_get(uplink, "since"));
	bool measured = json_object_get_boolean(json_object_object_get(uplink, "measured"));
	json_object *probes = json_object_object_get(uplink, "probes");
	int r = 0;

	for (size_t i = 0; r >= 0 && probes && i < json_object_array_length(probes); i++)
		r = complete_probe(json_object_array_get_idx(probes, i));
	if (r < 0 || json_object_object_add(uplink, "since", ctl_time(since)) < 0 ||
	    json_object_object_add(uplink, "address", first_of(uplink, "addresses")) < 0 ||
	    json_object_object_add(uplink, "gateway", first_of(uplink, "gateways")) < 0 ||
	    complete_quality(uplink) < 0 || add_ms(uplink, "jitter_us", "jitter_ms", measured) < 0)
		return -ENOMEM;
	return complete_quota(uplink);
}

static int complete(json_object *tree)
{
	json_object *uplinks = json_object_object_get(tree, uplink_kind.many);
	int r = 0;

	for (size_t i = 0; r >= 0 && i < json_object_array_length(uplinks); i++)
		r = complete_uplink(json_object_array_get_idx(uplinks, i));
	for (size_t i = 0; i < ELEMENTS_OF(kinds); i++) {
		json_object *list = json_object_object_get(tree, kinds[i]->many);

		json_object_array_sort(list, compare_positions);
		for (size_t k = 0; k < json_object_array_length(list); k++)
			json_object_object_del(json_object_array_get_idx(list, k), "position");
	}
	return r;
}

static json_object *new_tree(void)
{
	_cleanup_(json_object_putp) json_object *tree = json_object_new_object();

	for (size_t i = 0; tree && i < ELEMENTS_OF(kinds); i++) {
		json_object *list = json_object_new_array();

		if (!list || json_object_object_add(tree, kinds[i]->many, list) < 0)
			return NULL;
	}
	return TAKE_PTR(tree);
}

json_object *ctl_read(struct ctl *ctl)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *objects = NULL, *manager = NULL;
	_cleanup_(json_object_putp) json_object *tree = new_tree();
	int r;

	if (ctl_call(ctl, BUS_ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
		     &objects, NULL) < 0 ||
	    ctl_call(ctl, BUS_ROOT, "org.freedesktop.DBus.Properties", "GetAll", &manager, "s",
		     MANAGER_INTERFACE) < 0)
		return NULL;
	r = tree ? read_objects(objects, tree) : -ENOMEM;
	if (r >= 0)
		r = complete(tree);
	if (r >= 0)
		r = read_members(manager, "{sv}", tree);
	if (r >= 0)
		return TAKE_PTR(tree);
	fprintf(stderr, "cannot read what uplinkd says: %s\n", strerror(-r));
	return NULL;
}

void ctl_print_json(json_object *value)
{
	puts(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PRETTY |
							   JSON_C_TO_STRING_SPACED |
							   JSON_C_TO_STRING_NOSLASHESCAPE));
}
