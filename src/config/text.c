/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words the file uses for values, and small questions to a loaded configuration.
 */
#include "config/text.h"

#include "config/config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct protocol protocols[] = {
	{ "tcp", IPPROTO_TCP, true },        { "udp", IPPROTO_UDP, true },
	{ "sctp", IPPROTO_SCTP, true },      { "icmp", IPPROTO_ICMP, false },
	{ "icmpv6", IPPROTO_ICMPV6, false }, { "gre", IPPROTO_GRE, false },
	{ "esp", IPPROTO_ESP, false },       { "ah", IPPROTO_AH, false },
};

const struct protocol *protocol_find(const char *name, size_t length)
{
	for (size_t i = 0; i < ELEMENTS_OF(protocols); i++)
		if (strlen(protocols[i].name) == length &&
		    memcmp(protocols[i].name, name, length) == 0)
			return &protocols[i];
	return NULL;
}

static const struct helper helpers[] = {
	{ "amanda", { IPPROTO_UDP } },
	{ "ftp", { IPPROTO_TCP } },
	{ "irc", { IPPROTO_TCP } },
	{ "netbios-ns", { IPPROTO_UDP } },
	{ "pptp", { IPPROTO_TCP } },
	{ "Q.931", { IPPROTO_TCP } },
	{ "RAS", { IPPROTO_UDP } },
	{ "sane", { IPPROTO_TCP } },
	{ "sip", { IPPROTO_UDP, IPPROTO_TCP } },
	{ "snmp", { IPPROTO_UDP } },
	{ "tftp", { IPPROTO_UDP } },
};

const struct helper *helper_find(const char *name)
{
	for (size_t i = 0; i < ELEMENTS_OF(helpers); i++)
		if (strcmp(helpers[i].name, name) == 0)
			return &helpers[i];
	return NULL;
}

const char *protocol_text(uint8_t protocol)
{
	for (size_t i = 0; i < ELEMENTS_OF(protocols); i++)
		if (protocols[i].number == protocol)
			return protocols[i].name;
	return NULL;
}

const char *scheduler_id_text(enum scheduler_id id)
{
	static const char *const names[SCHEDULER_ID_MAX] = {
		[SCHEDULER_WRR] = "wrr",
		[SCHEDULER_RR] = "rr",
		[SCHEDULER_FO] = "fo",
		[SCHEDULER_WLC] = "wlc",
		[SCHEDULER_LC] = "lc",
		[SCHEDULER_LBLC] = "lblc",
		[SCHEDULER_LBLCR] = "lblcr",
		[SCHEDULER_DH] = "dh",
		[SCHEDULER_SH] = "sh",
		[SCHEDULER_SED] = "sed",
		[SCHEDULER_NQ] = "nq",
		[SCHEDULER_OVF] = "ovf",
		[SCHEDULER_MH] = "mh",
		[SCHEDULER_TWOS] = "twos",
		[SCHEDULER_LEAST_LATENCY] = "least-latency",
		[SCHEDULER_LEAST_USED] = "least-used",
		[SCHEDULER_OVERFLOW] = "overflow",
	};

	return id < SCHEDULER_ID_MAX ? names[id] : "?";
}

const char *snat_mode_text(enum snat_mode mode)
{
	switch (mode) {
	case SNAT_AUTO:
		return "auto";
	case SNAT_MASQUERADE:
		return "masquerade";
	case SNAT_OFF:
		return "off";
	}
	return "?";
}

const char *service_method_text(enum service_method method)
{
	static const char *const names[METHOD_MAX] = {
		[METHOD_NAT] = "nat",
		[METHOD_ROUTE] = "route",
		[METHOD_TUNNEL] = "tunnel",
		[METHOD_LOCAL] = "local",
	};

	return method < METHOD_MAX ? names[method] : "?";
}

const char *tunnel_kind_text(enum tunnel_kind kind)
{
	static const char *const names[TUNNEL_MAX] = {
		[TUNNEL_IPIP] = "ipip",
		[TUNNEL_GRE] = "gre",
		[TUNNEL_GUE] = "gue",
	};

	return kind < TUNNEL_MAX ? names[kind] : "?";
}

const char *check_kind_text(enum check_kind kind)
{
	static const char *const names[CHECK_KIND_MAX] = {
		[CHECK_NONE] = "none",   [CHECK_TCP] = "tcp", [CHECK_HTTP] = "http",
		[CHECK_HTTPS] = "https", [CHECK_DNS] = "dns", [CHECK_SMTP] = "smtp",
		[CHECK_ICMP] = "icmp",   [CHECK_UDP] = "udp", [CHECK_SCRIPT] = "script",
	};

	return kind < CHECK_KIND_MAX ? names[kind] : "?";
}

const char *line_probe_text(enum line_probe kind)
{
	static const char *const names[LINE_PROBE_MAX] = {
		[LINE_PROBE_ICMP] = "icmp",   [LINE_PROBE_ARP] = "arp",
		[LINE_PROBE_ND] = "nd",       [LINE_PROBE_TCP] = "tcp",
		[LINE_PROBE_DNS] = "dns",     [LINE_PROBE_HTTP] = "http",
		[LINE_PROBE_HTTPS] = "https", [LINE_PROBE_SCRIPT] = "script",
	};

	return kind < LINE_PROBE_MAX ? names[kind] : "?";
}

const char *failback_text(enum failback failback)
{
	static const char *const names[FAILBACK_MAX] = {
		[FAILBACK_WHEN_STABLE] = "when-stable",
		[FAILBACK_AT_ONCE] = "at-once",
		[FAILBACK_MANUAL] = "manual",
	};

	return failback < FAILBACK_MAX ? names[failback] : "?";
}

const char *resolver_text(enum resolver resolver)
{
	switch (resolver) {
	case RESOLVER_AUTO:
		return "auto";
	case RESOLVER_RESOLVED:
		return "resolved";
	case RESOLVER_FILE:
		return "file";
	case RESOLVER_OFF:
		return "off";
	}
	return "?";
}

struct endpoint_text endpoint_text(const struct ip_address *address, uint16_t port)
{
	struct endpoint_text ret;
	struct ip_text host = ip_text(address);

	if (!port)
		snprintf(ret.text, sizeof(ret.text), "%s", host.text);
	else if (address->family == AF_INET6)
		snprintf(ret.text, sizeof(ret.text), "[%s]:%u", host.text, port);
	else
		snprintf(ret.text, sizeof(ret.text), "%s:%u", host.text, port);
	return ret;
}

struct listen_text config_listen_text(const struct config *config,
				      const struct config_listen *listen)
{
	const char *protocol = protocol_text(listen->protocol), *host;
	bool bracketed = protocol && listen->address.family == AF_INET6;
	struct ip_text address = ip_text(&listen->address);
	struct listen_text ret;

	host = listen->uplink >= 0 ? config->uplinks.v[listen->uplink].name : address.text;
	if (listen->mark)
		snprintf(ret.text, sizeof(ret.text), "mark%s/%" PRIu32,
			 listen->family == AF_INET6 ? "6" : "", listen->mark);
	else if (!protocol)
		snprintf(ret.text, sizeof(ret.text), "%s", host);
	else
		snprintf(ret.text, sizeof(ret.text), bracketed ? "%s/[%s]:%u" : "%s/%s:%u",
			 protocol, host, listen->port);
	return ret;
}

uint8_t config_listen_family(const struct config_listen *listen)
{
	return listen->mark ? listen->family : listen->address.family;
}

int config_find_uplink(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->uplinks.n; i++)
		if (config->uplinks.v[i].name && strcmp(config->uplinks.v[i].name, name) == 0)
			return (int)i;
	return -ENOENT;
}

bool config_policy_is_local(const struct config_policy *policy)
{
	return policy->users.n || policy->groups.n || policy->unit || policy->cgroup;
}
