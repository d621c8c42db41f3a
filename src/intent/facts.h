/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/array.h"
#include "base/ip.h"
#include "config/config.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What was read from the kernel and is not ours: the ground that decisions stand on. Values only;
 * facts_done() frees the arrays.
 */

struct link {
	int index;
	char name[IFNAMSIZ];
	bool up;      /* IFF_UP */
	bool carrier; /* IFF_LOWER_UP, which goes at once; IFF_RUNNING may follow a second later */
	bool point_to_point;
	bool loopback;
	unsigned mtu;
	uint8_t mac[6];
	uint8_t mac_length; /* 6 or 0 */
};

struct address {
	int link;
	struct ip_prefix prefix; /* host bits kept: the address and its on-link length */
	struct ip_address peer;  /* set on point-to-point links when it differs from the address */
	bool ours;               /* put there by uplinkd */
	bool usable;             /* neither tentative nor failed duplicate detection */
	bool deprecated;
	bool temporary;                /* RFC 8981 */
	bool host_scope;               /* scope link or host: not for talking to others */
	uint32_t preferred_s, valid_s; /* lifetimes that were left when it was read; UINT32_MAX: for
					  ever */
};

/* A unicast route of the main table. */
struct route {
	int link;
	struct ip_prefix destination; /* length 0: a default route */
	struct ip_address gateway;    /* unset: directly over the link */
	uint32_t metric;
};

/* A control group that a policy names and that exists now. */
struct cgroup {
	char name[256]; /* as the policy names it: a unit, or a path below the cgroup2 root */
	char path[256]; /* below the cgroup2 root, no leading slash */
	unsigned level; /* number of components of the path */
	uint64_t id;    /* the directory's inode, as nft's `socket cgroupv2` compares it */
};

/* A connection tracking helper that this kernel does not have. */
struct lacking {
	char name[32];
	uint8_t protocol;
};

struct facts {
	ARRAY(struct link) links;        /* by index */
	ARRAY(struct address) addresses; /* in the kernel's order */
	ARRAY(struct route) routes;      /* in the kernel's order: most preferred first */
	ARRAY(struct cgroup) cgroups;
	/* What this kernel cannot carry. */
	bool lacks_fwd, lacks_labels;
	bool lacks_tunnel[FAMILY_INDEX_MAX][TUNNEL_MAX];
	ARRAY(struct lacking) lacks_helpers;
};

void facts_done(struct facts *facts);
const struct link *facts_link(const struct facts *facts, int index);
bool facts_lacks_helper(const struct facts *facts, const char *name, uint8_t protocol);
const struct link *facts_link_by_name(const struct facts *facts, const char *name);
