/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words the file uses for values, and small questions to a loaded configuration.
 */
#include "config/text.h"

#include "config/config.h"

#include <errno.h>
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

const char *protocol_text(uint8_t protocol)
{
	for (size_t i = 0; i < ELEMENTS_OF(protocols); i++)
		if (protocols[i].number == protocol)
			return protocols[i].name;
	return NULL;
}

const char *scheduler_id_text(enum scheduler_id id)
{
	switch (id) {
	case SCHEDULER_WRR:
		return "wrr";
	case SCHEDULER_RR:
		return "rr";
	case SCHEDULER_FO:
		return "fo";
	case SCHEDULER_WLC:
		return "wlc";
	case SCHEDULER_ID_MAX:
		break;
	}
	return "?";
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
	const char *protocol = protocol_text(listen->protocol);
	struct listen_text ret;

	if (listen->uplink >= 0)
		snprintf(ret.text, sizeof(ret.text), "%s/%s:%u", protocol,
			 config->uplinks.v[listen->uplink].name, listen->port);
	else
		snprintf(ret.text, sizeof(ret.text), "%s/%s", protocol,
			 endpoint_text(&listen->address, listen->port).text);
	return ret;
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
