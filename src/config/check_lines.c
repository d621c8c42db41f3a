/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks of uplinks as a whole: keys that mean nothing without another or contradict one. What
 * could not be read is unset or has its default here.
 */
#include "base/time.h"
#include "config/check.h"
#include "config/text.h"

#include <inttypes.h>

/* An uplink and its group in the file. */
struct spot {
	struct reader *reader;
	const struct config_uplink *uplink;
	const config_setting_t *group;
};

static const config_setting_t *given(const struct spot *spot, const char *key)
{
	return config_setting_get_member(spot->group, key);
}

/* The setting of a group that is a key of the uplink, as near as the file has it. */
static const config_setting_t *within(const struct spot *spot, const char *group, const char *key)
{
	return key_or_group(key_or_group(spot->group, group), key);
}

static void check_probed(const struct spot *spot)
{
	static const char *const keys[] = { "quorum", "fail", "pass", "loss", "latency", "jitter" };

	for (size_t i = 0; i < ELEMENTS_OF(keys) && !given(spot, "probes"); i++)
		if (given(spot, keys[i]))
			problem(spot->reader, given(spot, keys[i]),
				"says what to make of probes, and probes is not given");
}

/* Without targets a group asks the gateway, or is a script that asks whom it knows. */
static size_t count_targets(const struct config_uplink *uplink)
{
	size_t n = 0;

	for (size_t i = 0; i < uplink->probes.n; i++) {
		size_t targets = uplink->probes.v[i].targets.n;

		n += targets ? targets : 1;
	}
	return n;
}

static void check_targets(const struct spot *spot)
{
	size_t n = count_targets(spot->uplink);

	if (n > CONFIG_TARGETS_MAX)
		problem(spot->reader, given(spot, "probes"),
			"has %zu targets; at most %u are possible", n, CONFIG_TARGETS_MAX);
	if (n && spot->uplink->quorum > n)
		problem(spot->reader, key_or_group(spot->group, "quorum"),
			"%" PRIu32 " is more than the %zu %s that probes has", spot->uplink->quorum,
			n, n == 1 ? "target" : "targets");
}

/* Whom a group asks: asked once more by another group, it would count twice for the quorum. */
static void claim_targets(const struct spot *spot, unsigned index)
{
	const struct config_probe *probe = &spot->uplink->probes.v[index];
	const config_setting_t *group = config_setting_get_elem(given(spot, "probes"), index);
	const config_setting_t *targets = config_setting_get_member(group, "targets");
	const char *how = probe->path && probe->kind == LINE_PROBE_SCRIPT
				  ? probe->path
				  : line_probe_text(probe->kind);

	if (!targets && (probe->kind == LINE_PROBE_ARP || probe->kind == LINE_PROBE_ND))
		claim(spot->reader, group, 1, "the gateway, asked by %s,", how);
	else if (!targets && probe->kind == LINE_PROBE_SCRIPT && probe->path)
		claim(spot->reader, group, 1, "%s without a target", how);
	for (size_t i = 0; i < probe->targets.n; i++)
		if (probe->targets.v[i].text)
			claim(spot->reader, config_setting_get_elem(targets, (unsigned)i), 3,
			      "%s, asked by %s,", probe->targets.v[i].text, how);
}

static void check_loss(const struct spot *spot)
{
	const struct config_marks *loss = &spot->uplink->loss;

	if (loss->high && loss->low > loss->high)
		problem(spot->reader, within(spot, "loss", "low"),
			"%" PRIu32 "%% is above high, which is %" PRIu32 "%%", loss->low,
			loss->high);
}

/* The longest that an answer may take; 0: nobody is asked. */
static uint64_t longest_ms(const struct config_uplink *uplink)
{
	uint64_t longest = 0;

	for (size_t i = 0; i < uplink->probes.n; i++)
		if (uplink->probes.v[i].timeout_ms > longest)
			longest = uplink->probes.v[i].timeout_ms;
	return longest;
}

/* Neither the mean of the round trips nor how far they are from it can be more than the longest. */
static void check_reached(const struct spot *spot, const char *group, const char *key,
			  uint32_t mark_ms)
{
	uint64_t longest = longest_ms(spot->uplink);

	if (longest && mark_ms >= longest)
		problem(spot->reader, within(spot, group, key),
			"%s is never exceeded: an answer counts as lost after the timeout, which "
			"is %s",
			duration_text(mark_ms).text, duration_text(longest).text);
}

static void check_delay(const struct spot *spot, const char *key, const struct config_marks *marks)
{
	if (marks->high && marks->low > marks->high)
		problem(spot->reader, within(spot, key, "low"), "%s is above high, which is %s",
			duration_text(marks->low).text, duration_text(marks->high).text);
	else
		check_reached(spot, key, "low", marks->low);
	check_reached(spot, key, "high", marks->high);
}

static void check_reconnect(const struct spot *spot)
{
	const config_setting_t *reconnect = given(spot, "reconnect");
	bool unit, command;

	if (!reconnect || !config_setting_is_group(reconnect))
		return;
	unit = config_setting_get_member(reconnect, "unit");
	command = config_setting_get_member(reconnect, "command");
	if (unit == command)
		problem(spot->reader, reconnect, "%s; give one of unit and command",
			unit ? "has two ways to dial" : "does not say how to dial");
}

static void check_nptv6(const struct spot *spot)
{
	const struct config_uplink *uplink = spot->uplink;

	if (!uplink->nptv6)
		return;
	if (ip_is_set(&uplink->snat_address[FAMILY_V6]))
		problem(spot->reader, given(spot, "nptv6"),
			"contradicts the IPv6 address of snat: both say what sources become");
	else if (uplink->snat == SNAT_OFF)
		problem(spot->reader, given(spot, "nptv6"),
			"contradicts snat = \"off\", which leaves sources as they are");
}

void check_lines(struct reader *reader)
{
	for (size_t i = 0; i < reader->config->uplinks.n; i++) {
		struct spot spot = { .reader = reader,
				     .uplink = &reader->config->uplinks.v[i],
				     .group = list_element(reader, "uplinks", i) };

		if (!spot.group || !config_setting_is_group(spot.group))
			continue;
		check_probed(&spot);
		check_targets(&spot);
		for (unsigned k = 0; k < spot.uplink->probes.n; k++)
			claim_targets(&spot, k);
		check_loss(&spot);
		check_delay(&spot, "latency", &spot.uplink->latency);
		check_delay(&spot, "jitter", &spot.uplink->jitter);
		check_reconnect(&spot);
		check_nptv6(&spot);
	}
}
