/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/array.h"
#include "base/ip.h"
#include "config/config.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The kernel objects that uplinkd owns, as values: the same arrays hold what should exist (the
 * intent) and what was found. Each struct begins with its identity; what follows the mark
 * "value:" may change in place. Strings belong to the set's arena or outlive it.
 */

/* rtm_protocol, FRA_PROTOCOL and IFA_PROTO of everything we add: 'u'. */
enum {
	UPLINKD_PROTOCOL = 117
};
#define UPLINKD_TABLE "uplinkd" /* the name of our nftables tables */

/* A device whose packets are encapsulated for one remote; its family is that of `remote`. */
struct tunnel_object {
	char name[IFNAMSIZ];
	/* value: */
	enum tunnel_kind kind;
	struct ip_address remote;
	struct ip_address local; /* unset: as the route to the remote says, in IPv6 when made */
	uint16_t port;           /* of gue, the remote's */
	uint32_t mark;           /* of outer packets; 0: none */
	bool down;               /* in what was found: somebody set it down */
	int link;                /* in what was found: its index; not compared */
};

/* An address on an interface. */
struct alias_object {
	int link;
	struct ip_prefix prefix;
	/* value: */
	char label[IFNAMSIZ]; /* IPv4 only, else empty */
};

enum route_type {
	ROUTE_UNICAST,
	ROUTE_BLACKHOLE
};

struct route_object {
	uint32_t table;
	struct ip_prefix destination;
	uint32_t metric;
	/* value: */
	enum route_type type;
	int link;                  /* 0 for a blackhole */
	struct ip_address gateway; /* unset: directly over the link */
	struct ip_address source;  /* preferred source, or unset */
	bool onlink;               /* the gateway is not covered by a connected route */
	uint32_t mtu;              /* 0: that of the link */
};

/* A policy routing rule; all of it is identity. */
struct rule_object {
	uint32_t priority;
	uint32_t mark, mask; /* mask 0: any */
	uint32_t table;
	uint8_t family;
	bool suppress_default; /* suppress_prefixlength 0 */
	struct ip_prefix from; /* family 0: any */
	char oif[IFNAMSIZ];    /* lookups of sockets bound to this interface; empty: any */
};

/*
 * A kernel parameter below /proc/sys. Never surplus: what is not wanted is left as it is; nor
 * missing: one that this kernel does not have is not wanted either.
 */
struct sysctl_object {
	const char *path; /* "net/ipv4/ip_forward" */
	/* value: */
	char value[16];
	char instead_of[16]; /* wanted only in place of this value; empty: of any */
};

/* Our nftables tables, by their family. */
enum nft_table_id {
	NFT_INET,
	NFT_NETDEV, /* hooked into devices, before routing and connection tracking */
	NFT_TABLE_MAX
};

struct nft_chain {
	enum nft_table_id table;
	const char *name;
	/* value: */
	const char *hook; /* "type filter hook prerouting priority -150", in NFT_NETDEV "type filter
			     hook ingress device ppp0 priority -300"; NULL: a regular chain */
};

enum nft_set_nature {
	NFT_SET_IS_INTERVAL = 1,
	NFT_SET_IS_DYNAMIC = 2,
	NFT_SET_IS_COUNTED = 4 /* dynamic, of "ct count": elements last as long as connections, and
				  timeouts are not allowed */
};

struct nft_set {
	enum nft_table_id table;
	const char *name;
	/* value: */
	const char *
		key; /* types as nft writes them: "ipv4_addr . inet_service"; "numgen" for a pick */
	const char *data; /* NULL: a set; "verdict" or types: a map */
	unsigned flags; /* enum nft_set_nature; elements of a dynamic set are the packet path's, not
			   ours */
};

/* A set or map element. */
struct nft_element {
	enum nft_table_id table;
	const char *set;
	/* The key as the kernel holds it: each field padded to 4 bytes; of a range, the first. */
	const uint8_t *key;
	const uint8_t *key_end; /* last key of a range, or NULL */
	uint8_t key_size;
	bool interval; /* a range in a set of one field, which the kernel holds as two bounds */
	/* value: */
	uint8_t data_size;
	const uint8_t *data; /* of a map; NULL otherwise */
	const char *chain;   /* of a verdict map: goto this chain; NULL otherwise */
};

/* A connection tracking helper that rules assign by its name. */
struct nft_helper {
	enum nft_table_id table;
	const char *name;
	/* value: */
	const char *type; /* the kernel's helper: "ftp" */
	uint8_t protocol; /* IPPROTO_* */
	uint8_t family;   /* AF_INET, AF_INET6, or AF_UNSPEC for both */
};

/* A rule: the `index`th of its chain, counted from 0. */
struct nft_rule {
	enum nft_table_id table;
	const char *chain;
	uint32_t index;
	/* value: */
	uint64_t tag; /* hash of the text and of whatever else must restart the rule's counters */
	const char *text; /* in nft's language, see kernel/nft/compile.h; NULL when read from the
			     kernel */
	uint64_t handle;  /* in what was found: the kernel's; not compared */
};

struct objects {
	ARRAY(struct tunnel_object) tunnels;
	ARRAY(struct alias_object) aliases;
	ARRAY(struct route_object) routes;
	ARRAY(struct rule_object) rules;
	ARRAY(struct sysctl_object) sysctls;
	bool nft_tables[NFT_TABLE_MAX]; /* which tables exist, or should */
	enum nft_table_id nft_table;    /* the one that want_*() go into */
	ARRAY(struct nft_chain) nft_chains;
	ARRAY(struct nft_set) nft_sets;
	ARRAY(struct nft_helper) nft_helpers;
	ARRAY(struct nft_element) nft_elements;
	ARRAY(struct nft_rule) nft_rules;
	const char *recent[8]; /* names given of late: most are given many times in a row */
	unsigned next_recent;
	struct arena arena;
	int error; /* first failure of a want_…(), checked once at the end */
};

void objects_done(struct objects *objects);
/* The nft part of `from`, with the arena that its texts are in, becomes that of `to`. */
void objects_move_nft(struct objects *to, struct objects *from);

/*
 * Additions. A failure (-ENOMEM) is remembered in objects->error and makes further calls harmless.
 * Strings given to the nft calls are copied.
 */
void want_tunnel(struct objects *objects, const struct tunnel_object *tunnel);
void want_alias(struct objects *objects, const struct alias_object *alias);
void want_route(struct objects *objects, const struct route_object *route);
void want_rule(struct objects *objects, const struct rule_object *rule);
void want_sysctl(struct objects *objects, const char *value, const char *instead_of,
		 const char *format, ...) _printf_(4, 5);
/* Makes a table wanted and the one that what follows goes into. */
void want_table(struct objects *objects, enum nft_table_id table);
void want_chain(struct objects *objects, const char *name, const char *hook);
void want_set(struct objects *objects, const char *name, const char *key, const char *data,
	      unsigned flags);
void want_helper(struct objects *objects, const char *name, const char *type, uint8_t protocol,
		 uint8_t family);
/* Appends a rule to `chain`; rules of a chain stand in the order of the calls. */
void want_nft(struct objects *objects, const char *chain, const char *format, ...) _printf_(3, 4);
/* The same with something besides the text that, when it changes, must replace the rule. */
void want_nft_salted(struct objects *objects, const char *chain, uint64_t salt, const char *format,
		     ...) _printf_(4, 5);

/* Keys and data under construction; fields are added in order. */
struct nft_key {
	uint8_t bytes[64];
	uint8_t size;
};
void nft_key_address(struct nft_key *key, const struct ip_address *address);
void nft_key_interface(struct nft_key *key, const char *name);
void nft_key_port(struct nft_key *key, uint16_t port); /* host order */
void nft_key_u8(struct nft_key *key, uint8_t value);
void nft_key_u32(struct nft_key *key, uint32_t value); /* host order, as marks and indexes are */

void want_member(struct objects *objects, const char *set, const struct nft_key *key);
void want_range(struct objects *objects, const char *set, const struct nft_key *first,
		const struct nft_key *last);
void want_mapped(struct objects *objects, const char *map, const struct nft_key *key,
		 const struct nft_key *data);
void want_verdict(struct objects *objects, const char *map, const struct nft_key *key,
		  const char *chain_format, ...) _printf_(4, 5);
/* An element of a single-field interval map: from `first` to `last`, goto that chain. */
void want_verdict_range(struct objects *objects, const char *map, const struct ip_address *first,
			const struct ip_address *last, const char *chain_format, ...)
	_printf_(5, 6);
/* The members of a single-field interval set; overlapping and adjoining prefixes are merged. */
void want_prefixes(struct objects *objects, const char *set, uint8_t family,
		   const struct ip_prefix *prefixes, size_t n);

/* Order by identity, for qsort(3) and for the diff. */
int tunnel_compare(const void *a, const void *b);
int alias_compare(const void *a, const void *b);
int route_compare(const void *a, const void *b);
int rule_compare(const void *a, const void *b);
int sysctl_compare(const void *a, const void *b);
int nft_chain_compare(const void *a, const void *b);
int nft_set_compare(const void *a, const void *b);
int nft_helper_compare(const void *a, const void *b);
int nft_element_compare(const void *a, const void *b);
int nft_rule_compare(const void *a, const void *b);

/* Records a failure from elsewhere. */
static inline void objects_fail(struct objects *objects, int error)
{
	if (objects->error == 0 && error < 0)
		objects->error = error;
}

/* Sorts every array by identity, numbers the rules of each chain and drops duplicates. Returns
 * objects->error. */
int objects_seal(struct objects *objects);
