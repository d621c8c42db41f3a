/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of uplinks as tables. Probes are in line_probes.c, times of the week in schedule.c;
 * what takes more than one key to see in check_lines.c.
 */
#include "config/values.h"

#include <string.h>

enum {
	THRESHOLD_MAX = 100,
	QUOTA_DAY_MAX = 28, /* that every month has */
	MTU_LEAST = 576,
	AFTER_LEAST_MS = 1000,
	DAY_MS = 86400000
};

static void read_service_unit(struct reader *reader, const config_setting_t *setting,
			      const char *text, void *ret)
{
	const char *dot = strrchr(text, '.');

	if (dot && strcmp(dot, ".service") == 0)
		read_unit(reader, setting, text, ret);
	else
		problem(reader, setting,
			"\"%s\" is not a service of systemd; write it in full, as in "
			"\"ppp@dsl0.service\"",
			text);
}

/* The first word of a command is the program. */
static void read_argument(struct reader *reader, const config_setting_t *setting, const char *text,
			  void *ret)
{
	if (config_setting_index(setting) == 0)
		read_script(reader, setting, text, ret);
	else
		*(const char **)ret = keep_text(reader, text);
}

static const struct key loss_keys[] = {
	{ "low", KEY_TEXT, FIELD(config_marks, low), .text = read_percent },
	{ "high", KEY_TEXT, FIELD(config_marks, high), .text = read_percent },
};

static const struct key delay_keys[] = {
	{ "low", KEY_TEXT, FIELD(config_marks, low), .text = read_delay },
	{ "high", KEY_TEXT, FIELD(config_marks, high), .text = read_delay },
};

static const struct key bandwidth_keys[] = {
	{ "up", KEY_TEXT, FIELD(config_uplink, bandwidth.up), .required = true,
	  .text = read_bandwidth },
	{ "down", KEY_TEXT, FIELD(config_uplink, bandwidth.down), .required = true,
	  .text = read_bandwidth },
};

static const struct key reconnect_keys[] = {
	{ "unit", KEY_TEXT, FIELD(config_uplink, reconnect.unit), .text = read_service_unit },
	{ "command", KEY_TEXTS, FIELD(config_uplink, reconnect.command), .text = read_argument,
	  EACH(const char *) },
	{ "after", KEY_TIME, FIELD(config_uplink, reconnect.after_ms), .least = AFTER_LEAST_MS,
	  .most = DAY_MS },
};

static const struct key quota_keys[] = {
	{ "bytes", KEY_TEXT, FIELD(config_uplink, quota.bytes), .required = true,
	  .text = read_volume },
	{ "day", KEY_NUMBER, FIELD(config_uplink, quota.day), .least = 1, .most = QUOTA_DAY_MAX },
};

/* Those whose members are fields of the uplink itself have it as their target. */
static const struct shape loss_shape = { SHAPE(loss_keys), NULL, 0 };
static const struct shape delay_shape = { SHAPE(delay_keys), NULL, 0 };
static const struct shape bandwidth_shape = { SHAPE(bandwidth_keys), NULL, 0 };
static const struct shape reconnect_shape = { SHAPE(reconnect_keys), NULL, 0 };
static const struct shape quota_shape = { SHAPE(quota_keys), NULL, 0 };

static const struct word failbacks[] = { { "when-stable", FAILBACK_WHEN_STABLE },
					 { "at-once", FAILBACK_AT_ONCE },
					 { "manual", FAILBACK_MANUAL },
					 { NULL, 0 } };

static const struct key uplink_keys[] = {
	{ "name", KEY_TEXT, FIELD(config_uplink, name), .required = true,
	  .text = read_uplink_name },
	{ "interface", KEY_TEXT, FIELD(config_uplink, interface), .required = true,
	  .text = read_line_interface },
	{ "weight", KEY_NUMBER, FIELD(config_uplink, weight), .least = 1, .most = UINT16_MAX },
	{ "tier", KEY_NUMBER, FIELD(config_uplink, tier), .least = 1, .most = UINT8_MAX },
	{ "gateway", KEY_CUSTOM, .custom = read_gateway },
	{ "snat", KEY_CUSTOM, .custom = read_snat },
	{ "prefixes", KEY_TEXTS, FIELD(config_uplink, prefixes), .text = read_routed_prefix,
	  EACH(struct ip_prefix) },
	{ "nptv6", KEY_BOOL, FIELD(config_uplink, nptv6) },
	{ "probes", KEY_CUSTOM, .custom = read_probes },
	{ "quorum", KEY_NUMBER, FIELD(config_uplink, quorum), .least = 1,
	  .most = CONFIG_TARGETS_MAX },
	{ "fail", KEY_NUMBER, FIELD(config_uplink, fail), .least = 1, .most = THRESHOLD_MAX },
	{ "pass", KEY_NUMBER, FIELD(config_uplink, pass), .least = 1, .most = THRESHOLD_MAX },
	{ "loss", KEY_GROUP, FIELD(config_uplink, loss), .shape = &loss_shape },
	{ "latency", KEY_GROUP, FIELD(config_uplink, latency), .shape = &delay_shape },
	{ "jitter", KEY_GROUP, FIELD(config_uplink, jitter), .shape = &delay_shape },
	{ "bandwidth", KEY_GROUP, .shape = &bandwidth_shape },
	{ "reconnect", KEY_GROUP, .shape = &reconnect_shape },
	{ "failback", KEY_WORD, FIELD(config_uplink, failback), .words = failbacks },
	{ "metered", KEY_BOOL, FIELD(config_uplink, metered) },
	{ "quota", KEY_GROUP, .shape = &quota_shape },
	{ "schedule", KEY_CUSTOM, .custom = read_schedule },
	{ "mtu", KEY_NUMBER, FIELD(config_uplink, mtu), .least = MTU_LEAST, .most = UINT16_MAX },
	{ "clamp", KEY_BOOL, FIELD(config_uplink, clamp) },
	{ "dns", KEY_CUSTOM, .custom = read_resolvers },
};

static const struct config_uplink uplink_defaults = {
	.weight = 1,
	.tier = 1,
	.quorum = 1,
	.fail = 3,
	.pass = 5,
	.loss = { 15, 50 },
	.reconnect = { .after_ms = 30000 },
	.quota = { .day = 1 },
	.clamp = true,
};

const struct shape uplink_shape = { SHAPE(uplink_keys), &uplink_defaults, sizeof(uplink_defaults) };
