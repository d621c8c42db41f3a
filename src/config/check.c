/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks of a configuration as a whole, made on what was read even when parts of it are wrong, so
 * that all problems are said at once: a value that failed to be read is unset here and is passed
 * over. Indexes are those of the file's lists, which leads from a value back to its setting.
 */
#include "config/check.h"

#include <inttypes.h>
#include <string.h>

const config_setting_t *list_element(const struct reader *reader, const char *list, size_t i)
{
	const config_setting_t *settings = config_lookup(&reader->tree, list);
	size_t n = settings && config_setting_is_list(settings)
			   ? (size_t)config_setting_length(settings)
			   : 0;

	if (i >= n) {
		settings = config_lookup(&reader->more, list);
		i -= n;
	}
	return settings ? config_setting_get_elem(settings, (unsigned)i) : NULL;
}

const config_setting_t *key_or_group(const config_setting_t *group, const char *key)
{
	const config_setting_t *setting = NULL;

	if (config_setting_is_group(group))
		setting = config_setting_get_member(group, key);
	return setting ? setting : group;
}

const config_setting_t *array_element(const config_setting_t *setting, size_t i)
{
	return config_setting_is_array(setting) ? config_setting_get_elem(setting, (unsigned)i)
						: setting;
}

/* A setting of the gateway, or the whole when it relies on the default. */
static const config_setting_t *gateway_place(const struct reader *reader, const char *key)
{
	const config_setting_t *root = config_root_setting(&reader->tree);
	const config_setting_t *gateway = config_setting_get_member(root, "gateway");
	const config_setting_t *setting = NULL;

	if (gateway && config_setting_is_group(gateway))
		setting = config_setting_get_member(gateway, key);
	if (!setting)
		setting = config_setting_get_member(root, "uplinks");
	return setting;
}

/* The uplink of that interface, or NULL. */
static const struct config_uplink *line_of(const struct config *config, const char *interface)
{
	array_foreach(&config->uplinks, uplink)
		if (uplink->interface && strcmp(uplink->interface, interface) == 0)
			return uplink;
	return NULL;
}

static bool is_contiguous(uint32_t mask)
{
	uint32_t bits = mask >> __builtin_ctz(mask);

	return (bits & (bits + 1)) == 0;
}

/* How many lines can be told apart by the mark: 0 is no line, and the kernel owns three tables. */
static size_t count_numbers(const struct config_gateway *gateway)
{
	uint32_t most = gateway->mark_mask >> __builtin_ctz(gateway->mark_mask);
	size_t n = 0;

	for (uint32_t number = 1; number <= most && n <= CONFIG_UPLINKS_MAX; number++) {
		uint32_t table = gateway->table_base + number;

		n += table < 253 || table > 255;
	}
	return n;
}

static void check_mask(struct reader *reader)
{
	const struct config *config = reader->config;
	const config_setting_t *setting = gateway_place(reader, "mark_mask");
	uint32_t mask = config->gateway.mark_mask;

	if (!is_contiguous(mask))
		problem(reader, setting,
			"0x%08" PRIx32 " has gaps; its bits must stand together, as in 0x0000ff00",
			mask);
	else if (config->uplinks.n <= CONFIG_UPLINKS_MAX &&
		 count_numbers(&config->gateway) < config->uplinks.n)
		problem(reader, setting,
			"0x%08" PRIx32
			" can tell %zu lines apart, and the file has %zu; use more bits",
			mask, count_numbers(&config->gateway), config->uplinks.n);
}

static void check_inside(struct reader *reader)
{
	const struct names *inside = &reader->config->gateway.inside;

	for (size_t i = 0; i < inside->n; i++) {
		const struct config_uplink *uplink;

		if (!inside->v[i])
			continue;
		uplink = line_of(reader->config, inside->v[i]);
		if (uplink)
			problem(reader, array_element(gateway_place(reader, "inside"), i),
				"\"%s\" is the interface of uplink \"%s\" and so not inside",
				inside->v[i], uplink->name ? uplink->name : "?");
	}
}

static void check_policy_interfaces(struct reader *reader, size_t index)
{
	const struct config_policy *policy = &reader->config->policies.v[index];
	const config_setting_t *setting =
		key_or_group(list_element(reader, "policies", index), "interface");

	for (size_t i = 0; i < policy->interfaces.n; i++) {
		const char *interface = policy->interfaces.v[i];

		if (interface && line_of(reader->config, interface))
			problem(reader, array_element(setting, i),
				"\"%s\" is the interface of a line; a policy decides for traffic "
				"that comes from other interfaces",
				interface);
	}
	if (policy->interfaces.n && config_policy_is_local(policy))
		problem(reader, setting,
			"never matches together with user, group, unit or cgroup: what a process "
			"of this machine sends comes from no interface");
}

static bool has_family(const struct prefixes *prefixes, uint8_t family)
{
	for (size_t i = 0; i < prefixes->n; i++)
		if (prefixes->v[i].address.family == family)
			return true;
	return false;
}

/* Prefixes that could not be read are of no family; then nothing is concluded. */
static void check_policy_families(struct reader *reader, size_t index)
{
	const struct config_policy *policy = &reader->config->policies.v[index];
	const struct prefixes *from = &policy->from, *to = &policy->to;

	if (!from->n || !to->n || has_family(from, AF_UNSPEC) || has_family(to, AF_UNSPEC))
		return;
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		if (has_family(from, family_of(f)) && has_family(to, family_of(f)))
			return;
	problem(reader, key_or_group(list_element(reader, "policies", index), "to"),
		"has no address family in common with from, so the policy never matches");
}

/* What a line has to spare is known only where the file says what it can carry. */
static void check_policy_bandwidth(struct reader *reader, size_t index)
{
	const struct config_policy *policy = &reader->config->policies.v[index];
	const config_setting_t *setting =
		key_or_group(list_element(reader, "policies", index), "use");

	if (policy->scheduler != SCHEDULER_LEAST_USED && policy->scheduler != SCHEDULER_OVERFLOW)
		return;
	for (size_t i = 0; i < policy->use.n; i++) {
		const struct config_uplink *uplink;

		if (policy->use.v[i] >= reader->config->uplinks.n)
			continue;
		uplink = &reader->config->uplinks.v[policy->use.v[i]];
		if (uplink->name && !uplink->bandwidth.up)
			problem(reader, array_element(setting, i),
				"\"%s\" has no bandwidth, which scheduler \"%s\" goes by",
				uplink->name, scheduler_id_text(policy->scheduler));
	}
}

static void check_overflow(struct reader *reader, size_t index)
{
	const struct config_policy *policy = &reader->config->policies.v[index];
	const config_setting_t *group = list_element(reader, "policies", index);
	const config_setting_t *setting = key_or_group(group, "overflow");

	if (setting == group)
		return;
	if (policy->scheduler != SCHEDULER_OVERFLOW)
		problem(reader, setting,
			"is for scheduler \"overflow\", and this policy's is \"%s\"",
			scheduler_id_text(policy->scheduler));
	else if (!policy->overflow)
		problem(reader, setting,
			"\"0%%\" would leave the first line without traffic; allowed is \"1%%\" to "
			"\"100%%\"");
}

void check_config(struct reader *reader)
{
	const struct config *config = reader->config;

	check_mask(reader);
	check_inside(reader);
	for (size_t i = 0; i < config->policies.n; i++) {
		check_policy_interfaces(reader, i);
		check_policy_families(reader, i);
		check_policy_bandwidth(reader, i);
		check_overflow(reader, i);
	}
}
