/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/*
 * The configuration as a value: everything uplinkd.conf(5) can say, checked, with names resolved
 * to indexes. Immutable once loaded. Every pointer belongs to the configuration's arena.
 */

enum {
	CONFIG_UPLINKS_MAX = 32,
	CONFIG_NAME_MAX = 32
};

enum family_index {
	FAMILY_V4,
	FAMILY_V6,
	FAMILY_INDEX_MAX
};

static inline enum family_index family_index(uint8_t family)
{
	return family == AF_INET6 ? FAMILY_V6 : FAMILY_V4;
}

static inline uint8_t family_of(enum family_index index)
{
	return index == FAMILY_V6 ? AF_INET6 : AF_INET;
}

struct names {
	const char **v;
	size_t n;
};

struct prefixes {
	struct ip_prefix *v;
	size_t n;
};

/* Indexes into config.uplinks, in the order of the file. */
struct uplink_refs {
	unsigned *v;
	size_t n;
};

struct config_gateway {
	struct names inside; /* interface names */
	bool forwarding;
	uint32_t mark_mask; /* contiguous bits; a line's mark is its number shifted to the lowest of
			       them */
	uint32_t table_base;
	uint32_t rule_base;
};

enum snat_mode {
	SNAT_AUTO,
	SNAT_MASQUERADE,
	SNAT_OFF
};

struct config_uplink {
	const char *name;
	const char *interface;
	uint32_t weight;                             /* 1-65535 */
	uint32_t tier;                               /* 1-255, lower is preferred */
	struct ip_address gateway[FAMILY_INDEX_MAX]; /* unset: auto */
	enum snat_mode snat;
	struct ip_address
		snat_address[FAMILY_INDEX_MAX]; /* set: overrides the mode for that family */
	struct prefixes prefixes; /* routed to us over this line: leave it without source NAT */
};

enum scheduler_id {
	SCHEDULER_WRR,
	SCHEDULER_RR,
	SCHEDULER_FO,
	SCHEDULER_WLC,
	SCHEDULER_ID_MAX
};

enum policy_otherwise {
	OTHERWISE_REJECT,
	OTHERWISE_DROP,
	OTHERWISE_ANY
};

/* Destination ports of one transport protocol; first == 0 for every port, or none to have. */
struct port_range {
	uint8_t protocol; /* IPPROTO_* */
	uint16_t first, last;
};

struct config_policy {
	const char *name;
	/* Selectors; an empty one matches everything, several of one kind are alternatives. */
	struct {
		uid_t *v;
		size_t n;
	} users;
	struct {
		gid_t *v;
		size_t n;
	} groups;
	const char *unit;   /* systemd unit name, NULL for none */
	const char *cgroup; /* path below the cgroup2 root without a leading slash, NULL for none */
	struct names interfaces; /* interfaces the traffic comes from, never a line's */
	struct prefixes from, to;
	struct {
		struct port_range *v;
		size_t n;
	} ports;  /* protocols and ports */
	int dscp; /* 0-63, or -1 for any */
	/* The decision. */
	struct uplink_refs use;
	enum scheduler_id scheduler; /* wrr, rr or fo */
	uint64_t sticky_ms;          /* 0: not sticky */
	enum policy_otherwise otherwise;
};

/* True when the policy looks at the process that sends, and so can only match the box's own
 * traffic. */
bool config_policy_is_local(const struct config_policy *policy);

/* An address of the service's own, or "the address of this line now". */
struct config_listen {
	uint8_t protocol;          /* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t port;             /* host order, never 0 */
	struct ip_address address; /* unset when uplink is used */
	int uplink;                /* index into config.uplinks, or -1 */
};

struct config_server {
	const char *text; /* as written, normalised: its name in commands and reports */
	struct ip_address address;
	uint16_t port;   /* 0: the port that was listened on */
	uint32_t weight; /* 0-65535; 0 takes no new connections */
};

struct config_service {
	const char *name;
	struct {
		struct config_listen *v;
		size_t n;
	} listens;
	enum scheduler_id scheduler; /* wrr, rr or wlc */
	struct {
		struct config_server *v;
		size_t n;
	} servers;
};

struct config_domain {
	const char *name;
	const char *interface;
	struct prefixes addresses;
};

struct config {
	struct config_gateway gateway;
	ARRAY(struct config_uplink) uplinks;
	ARRAY(struct config_policy) policies;
	ARRAY(struct config_service) services;
	ARRAY(struct config_domain) domains;
	struct arena arena;
};

/*
 * Reads and checks a file. 0 and a new configuration (config_free), or a negative errno after
 * writing to *ret_errors (a new string, free()) every problem found, a line each:
 * "FILE:LINE: path.to.key: what is wrong and what is allowed". -EINVAL for a bad file.
 */
int config_load(const char *path, struct config **ret, char **ret_errors);
/* The same for text that is already in memory; `path` is what the messages say. */
int config_parse(const char *path, const char *text, struct config **ret, char **ret_errors);
void config_free(struct config *config);
DEFINE_CLEANUP(struct config *, config_free)

/* Writes the normalised file: loading it gives the same configuration, printing that the same text.
 */
void config_print(const struct config *config, FILE *out);

/* Index of the uplink of that name, or -ENOENT. */
int config_find_uplink(const struct config *config, const char *name);

/* The names used in the file, and in reports. */
const char *scheduler_id_text(enum scheduler_id id);
const char *protocol_text(uint8_t protocol); /* "tcp", "udp", ... or NULL for one without a name */

struct listen_text {
	char text[CONFIG_NAME_MAX + IP_TEXT_MAX + 16];
};
/* "tcp/203.0.113.5:80", "udp/dsl0:53", "tcp/[2001:db8::5]:80" */
struct listen_text config_listen_text(const struct config *config,
				      const struct config_listen *listen);
