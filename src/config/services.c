/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of services and of their servers as tables. Keys are read in the order of the table:
 * the kind and the scheduler before what depends on them, the servers before what the service says
 * for those that say nothing themselves, and the sorry server, which is not one of these, last.
 */
#include "config/text.h"
#include "config/values.h"

#include <string.h>

#define DAY_MS UINT32_C(86400000)

static const struct word kind_words[] = { { "ports", SERVICE_PORTS },
					  { "ipsec", SERVICE_IPSEC },
					  { NULL, 0 } };

static const struct word schedulers[] = {
	{ "wrr", SCHEDULER_WRR },     { "rr", SCHEDULER_RR },     { "wlc", SCHEDULER_WLC },
	{ "lc", SCHEDULER_LC },       { "sed", SCHEDULER_SED },   { "nq", SCHEDULER_NQ },
	{ "fo", SCHEDULER_FO },       { "ovf", SCHEDULER_OVF },   { "lblc", SCHEDULER_LBLC },
	{ "lblcr", SCHEDULER_LBLCR }, { "dh", SCHEDULER_DH },     { "sh", SCHEDULER_SH },
	{ "mh", SCHEDULER_MH },       { "twos", SCHEDULER_TWOS }, { NULL, 0 }
};

static const struct word methods[] = { { "nat", METHOD_NAT },
				       { "route", METHOD_ROUTE },
				       { "tunnel", METHOD_TUNNEL },
				       { "local", METHOD_LOCAL },
				       { NULL, 0 } };

static const struct word tunnels[] = {
	{ "ipip", TUNNEL_IPIP }, { "gre", TUNNEL_GRE }, { "gue", TUNNEL_GUE }, { NULL, 0 }
};

static const struct word failure_words[] = { { "remove", false },
					     { "inhibit", true },
					     { NULL, 0 } };
static const struct word down_words[] = { { "reset", false }, { "keep", true }, { NULL, 0 } };

static const struct {
	const char *name;
	enum scheduler_id scheduler;
	enum scheduler_flag flag;
} scheduler_flags[] = {
	{ "sh-port", SCHEDULER_SH, SCHEDULER_HASH_PORT },
	{ "sh-fallback", SCHEDULER_SH, SCHEDULER_HASH_FALLBACK },
	{ "mh-port", SCHEDULER_MH, SCHEDULER_HASH_PORT },
	{ "mh-fallback", SCHEDULER_MH, SCHEDULER_HASH_FALLBACK },
};

static void read_scheduler_flag(struct reader *reader, const config_setting_t *setting,
				struct config_service *service)
{
	const char *text;

	if (!is_type(reader, setting, CONFIG_TYPE_STRING))
		return;
	text = config_setting_get_string(setting);
	for (size_t i = 0; i < ELEMENTS_OF(scheduler_flags); i++) {
		if (strcmp(scheduler_flags[i].name, text) != 0)
			continue;
		if (scheduler_flags[i].scheduler == service->scheduler)
			service->scheduler_flags |= scheduler_flags[i].flag;
		else
			problem(reader, setting, "\"%s\" is for scheduler \"%s\", not for \"%s\"",
				text, scheduler_id_text(scheduler_flags[i].scheduler),
				scheduler_id_text(service->scheduler));
		return;
	}
	problem(reader, setting, "\"%s\" is not possible here; allowed: %s", text,
		list_names(reader, scheduler_flags, ELEMENTS_OF(scheduler_flags),
			   sizeof(*scheduler_flags)));
}

static void read_scheduler_flags(struct reader *reader, const config_setting_t *setting,
				 void *target)
{
	if (!is_type(reader, setting, CONFIG_TYPE_ARRAY))
		return;
	if (config_setting_length(setting) == 0)
		problem(reader, setting, "is empty; give at least one or leave the key out");
	for (int i = 0; i < config_setting_length(setting); i++)
		read_scheduler_flag(reader, config_setting_get_elem(setting, (unsigned)i), target);
}

static void read_bits(struct reader *reader, const config_setting_t *setting, uint8_t most,
		      uint8_t *ret)
{
	long long value;

	if (!is_type(reader, setting, CONFIG_TYPE_INT))
		return;
	value = config_setting_get_int64(setting);
	if (value < 1 || value > most)
		problem(reader, setting, "%lld is out of range; allowed is 1 to %u bits", value,
			most);
	else
		*ret = (uint8_t)value;
}

static void read_netmask(struct reader *reader, const config_setting_t *setting, void *target)
{
	struct config_service *service = target;

	read_bits(reader, setting, 32, &service->netmask[FAMILY_V4]);
}

static void read_netmask6(struct reader *reader, const config_setting_t *setting, void *target)
{
	struct config_service *service = target;

	read_bits(reader, setting, 128, &service->netmask[FAMILY_V6]);
}

static void read_helper(struct reader *reader, const config_setting_t *setting, const char *text,
			void *ret)
{
	if (helper_find(text))
		*(const char **)ret = keep_text(reader, text);
	else
		problem(reader, setting, "\"%s\" is not a helper of the kernel; allowed: %s", text,
			HELPER_NAMES);
}

static const struct key weight_keys[] = {
	{ "uplink", KEY_TEXT, FIELD(line_weight, uplink), .required = true,
	  .text = read_weighed_uplink },
	{ "weight", KEY_NUMBER, FIELD(line_weight, weight), .required = true, .most = UINT16_MAX },
};

static const struct line_weight weight_defaults = { 0 };
static const struct shape weight_shape = { SHAPE(weight_keys), &weight_defaults,
					   sizeof(weight_defaults) };

static const struct key server_keys[] = {
	{ "address", KEY_TEXT, .required = true, .text = read_server },
	{ "weight", KEY_NUMBER, FIELD(config_server, weight), .most = UINT16_MAX },
	{ "uplinks", KEY_TEXTS, FIELD(config_server, uplinks), .text = read_uplink_ref,
	  EACH(unsigned) },
	{ "weights", KEY_GROUPS, FIELD(config_server, weights), .shape = &weight_shape },
	{ "via", KEY_TEXT, FIELD(config_server, via), .text = read_via },
	{ "method", KEY_WORD, FIELD(config_server, method), .words = methods },
	{ "tunnel", KEY_WORD, FIELD(config_server, tunnel), .words = tunnels },
	{ "tunnel_port", KEY_PORT, FIELD(config_server, tunnel_port) },
	{ "upper", KEY_NUMBER, FIELD(config_server, upper), .most = UINT32_MAX },
	{ "lower", KEY_NUMBER, FIELD(config_server, lower), .most = UINT32_MAX },
	{ "check", KEY_CUSTOM, .custom = read_server_check },
	{ "agent", KEY_CUSTOM, .custom = read_server_agent },
};

const struct config_server server_defaults = { .weight = 1,
					       .method = METHOD_MAX,
					       .tunnel = TUNNEL_MAX,
					       .via = -1,
					       .check.kind = CHECK_KIND_MAX,
					       .agent.interval_ms = 2000 };
static const struct shape server_shape = { SHAPE(server_keys), &server_defaults,
					   sizeof(server_defaults) };

static const struct key limit_keys[] = {
	{ "rate", KEY_RATE, FIELD(config_limits, rate), .most = UINT32_MAX },
	{ "burst", KEY_NUMBER, FIELD(config_limits, burst), .most = UINT32_MAX },
	{ "connections", KEY_NUMBER, FIELD(config_limits, connections), .most = UINT32_MAX },
	{ "client_rate", KEY_RATE, FIELD(config_limits, client_rate), .most = UINT32_MAX },
	{ "client_burst", KEY_NUMBER, FIELD(config_limits, client_burst), .most = UINT32_MAX },
	{ "client_connections", KEY_NUMBER, FIELD(config_limits, client_connections),
	  .most = UINT32_MAX },
};

static const struct key ipsec_keys[] = {
	{ "half", KEY_TIME, FIELD(config_service, ipsec.half_ms), .least = 1000, .most = DAY_MS },
	{ "full", KEY_TIME, FIELD(config_service, ipsec.full_ms), .least = 1000,
	  .most = 31 * DAY_MS },
	{ "reserve", KEY_NUMBER, FIELD(config_service, ipsec.reserve), .most = UINT32_MAX },
};

static const struct shape limits_shape = { SHAPE(limit_keys), NULL, 0 };
static const struct shape ipsec_shape = { SHAPE(ipsec_keys), NULL, 0 };

static const struct key service_keys[] = {
	{ "name", KEY_TEXT, FIELD(config_service, name), .required = true,
	  .text = read_service_name },
	{ "kind", KEY_WORD, FIELD(config_service, kind), .words = kind_words },
	{ "listen", KEY_TEXTS, FIELD(config_service, listens), .required = true,
	  .text = read_listen, EACH(struct config_listen) },
	{ "scheduler", KEY_WORD, FIELD(config_service, scheduler), .words = schedulers },
	{ "scheduler_flags", KEY_CUSTOM, .custom = read_scheduler_flags },
	{ "persistent", KEY_TIME, FIELD(config_service, persistent_ms), .most = 31 * DAY_MS },
	{ "netmask", KEY_CUSTOM, .custom = read_netmask },
	{ "netmask6", KEY_CUSTOM, .custom = read_netmask6 },
	{ "method", KEY_WORD, FIELD(config_service, method), .words = methods },
	{ "one_packet", KEY_BOOL, FIELD(config_service, one_packet) },
	{ "helper", KEY_TEXT, FIELD(config_service, helper), .text = read_helper },
	{ "servers", KEY_GROUPS, FIELD(config_service, servers), .most = UINT16_MAX,
	  .shape = &server_shape },
	{ "check", KEY_CUSTOM, .custom = read_service_check },
	{ "agent", KEY_CUSTOM, .custom = read_service_agent },
	{ "sorry", KEY_CUSTOM, .custom = read_sorry },
	{ "bypass", KEY_BOOL, FIELD(config_service, bypass) },
	{ "quorum", KEY_NUMBER, FIELD(config_service, quorum), .most = INT32_MAX },
	{ "quorum_hysteresis", KEY_NUMBER, FIELD(config_service, quorum_hysteresis),
	  .most = INT32_MAX },
	{ "on_failure", KEY_BOOL, FIELD(config_service, inhibit_on_failure),
	  .words = failure_words },
	{ "on_down", KEY_BOOL, FIELD(config_service, keep_on_down), .words = down_words },
	{ "expire_quiescent", KEY_BOOL, FIELD(config_service, expire_quiescent) },
	{ "slow_start", KEY_TIME, FIELD(config_service, slow_start_ms), .most = DAY_MS },
	{ "limits", KEY_GROUP, FIELD(config_service, limits), .shape = &limits_shape },
	{ "ipsec", KEY_GROUP, .offset = 0, .shape = &ipsec_shape },
};

static const struct config_service service_defaults = {
	.netmask = { 32, 128 },
	.sorry = -1,
	.ipsec = { .half_ms = 30000, .full_ms = 3600000 },
};

const struct shape service_shape = { SHAPE(service_keys), &service_defaults,
				     sizeof(service_defaults) };
