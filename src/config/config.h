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
 * to indexes. Immutable once loaded, but for config_change_server(). Every pointer belongs to the
 * configuration's arena.
 */

enum {
	CONFIG_UPLINKS_MAX = 32,
	CONFIG_TARGETS_MAX = 16, /* of a line's probes */
	CONFIG_NAME_MAX = 32,
	CONFIG_DYNAMIC_NAME_MAX = 63 /* of a dynamic service */
};

#define CONFIG_MORE "ipvs" /* where messages say that a dynamic service is */

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

/* Who is told of the lines' DNS servers. */
enum resolver {
	RESOLVER_AUTO,     /* systemd-resolved when it runs, else the file */
	RESOLVER_RESOLVED, /* by the system bus */
	RESOLVER_FILE,     /* RUNTIME_DIR/resolv.conf */
	RESOLVER_OFF
};

struct config_gateway {
	struct names inside; /* interface names */
	bool forwarding;
	uint32_t mark_mask; /* contiguous bits; a line's mark is its number shifted to the lowest of
			       them */
	uint32_t table_base;
	uint32_t rule_base;
	enum resolver resolver;
};

enum snat_mode {
	SNAT_AUTO,
	SNAT_MASQUERADE,
	SNAT_OFF
};

/* How the way beyond a line is tried. */
enum line_probe {
	LINE_PROBE_ICMP, /* echo, IPv4 or IPv6 by the target */
	LINE_PROBE_ARP,  /* the IPv4 gateway, or a neighbour */
	LINE_PROBE_ND,   /* the same of IPv6 */
	LINE_PROBE_TCP,
	LINE_PROBE_DNS,
	LINE_PROBE_HTTP,
	LINE_PROBE_HTTPS,
	LINE_PROBE_SCRIPT,
	LINE_PROBE_MAX
};

struct config_target {
	const char *text; /* as written, normalised */
	struct ip_address address;
	uint16_t port; /* 0: the kind has none */
};

/* One kind of probe and whom it asks. Strings are NULL when not given. */
struct config_probe {
	enum line_probe kind;
	struct {
		struct config_target *v;
		size_t n;
	} targets;            /* none: the gateway (arp, nd), or a script that needs none */
	uint64_t interval_ms; /* while all is well; default 1 s */
	uint64_t timeout_ms;  /* an answer later than this is none; default 2 s */
	const char *path;     /* http: default "/"; script: absolute path */
	const char *host;     /* http: Host and SNI */
	const char *status;   /* http: "200-399" */
	const char *match;    /* http: extended regular expression, valid */
	const char *name;     /* dns: what to ask for; default "." */
	const char *type;     /* dns: default "NS" for ".", else "A" */
	bool verify;          /* https: certificates */
};

/* Above `low` a line is degraded, above `high` down; 0: no such mark. */
struct config_marks {
	uint32_t low, high;
};

/* When a line that is back takes connections from a worse tier again. */
enum failback {
	FAILBACK_WHEN_STABLE, /* once it is trusted, see uplink/trust.h */
	FAILBACK_AT_ONCE,     /* with its first answer */
	FAILBACK_MANUAL,      /* when the operator says so */
	FAILBACK_MAX
};

/* Minutes since Monday 00:00, local time; `last` is not part of it and may be below `first`. */
struct week_span {
	uint16_t first, last;
};

enum line_resolvers {
	RESOLVERS_AUTO, /* what PPP was told */
	RESOLVERS_OFF,
	RESOLVERS_LISTED
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
	bool nptv6; /* other IPv6 sources get a prefix of the line's instead of its address */
	struct {
		struct config_probe *v;
		size_t n;
	} probes;
	uint32_t quorum;             /* targets that must answer; default 1 */
	uint32_t fail, pass;         /* rounds without, and answers with, which it is down and back;
					default 3 and 5 */
	struct config_marks loss;    /* percent; default 15 and 50 */
	struct config_marks latency; /* ms, mean round trip; default none */
	struct config_marks jitter;  /* ms, mean deviation; default none */
	struct {
		uint64_t up, down; /* bits a second; 0: not said */
	} bandwidth;
	struct {
		const char *unit; /* restarted by systemd; NULL: none */
		struct names command;
		uint64_t after_ms; /* of being down; default 30 s, doubles up to 16 times that */
	} reconnect;
	enum failback failback;
	bool metered; /* connections that had to use it leave it when they can */
	struct {
		uint64_t bytes; /* a month, both ways; 0: no quota */
		uint32_t day;   /* of the month on which it begins anew, 1-28; default 1 */
	} quota;
	struct {
		struct week_span *v;
		size_t n;
	} schedule;   /* when it takes new connections; none: always */
	uint32_t mtu; /* 0: that of the interface */
	bool clamp;   /* TCP's segment size to the MTU; default true */
	enum line_resolvers resolvers;
	struct {
		struct ip_address *v;
		size_t n;
	} dns; /* RESOLVERS_LISTED */
};

enum scheduler_id {
	SCHEDULER_WRR,
	SCHEDULER_RR,
	SCHEDULER_FO,
	SCHEDULER_WLC,
	SCHEDULER_LC,
	SCHEDULER_LBLC,
	SCHEDULER_LBLCR,
	SCHEDULER_DH,
	SCHEDULER_SH,
	SCHEDULER_SED,
	SCHEDULER_NQ,
	SCHEDULER_OVF,
	SCHEDULER_MH,
	SCHEDULER_TWOS,
	/* Of lines alone, no scheduler of services: */
	SCHEDULER_LEAST_LATENCY,
	SCHEDULER_LEAST_USED, /* by the bandwidth that is free now */
	SCHEDULER_OVERFLOW,   /* the next line when one is used above a share of its bandwidth */
	SCHEDULER_ID_MAX,
	SCHEDULER_SERVICE_MAX = SCHEDULER_LEAST_LATENCY
};

/* What becomes of a policy's connections when their line ends. */
enum on_failover {
	FAILOVER_RESET, /* they end, and clients are told */
	FAILOVER_KEEP   /* they wait for the line to come back with its address */
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
	enum scheduler_id scheduler; /* wrr, rr, fo, wlc, lc, sed, nq, sh, mh, dh, or of lines */
	uint32_t overflow;           /* overflow: percent of a line's bandwidth; default 80 */
	uint64_t sticky_ms;          /* 0: not sticky */
	enum policy_otherwise otherwise;
	enum on_failover on_failover;
};

/* True when the policy looks at the process that sends, and so can only match the box's own
 * traffic. */
bool config_policy_is_local(const struct config_policy *policy);

/* How packets get to a real server. */
enum service_method {
	METHOD_NAT,
	METHOD_ROUTE,  /* unchanged, to the server's MAC address (LVS-DR) */
	METHOD_TUNNEL, /* unchanged, within another packet */
	METHOD_LOCAL,  /* the box itself */
	METHOD_MAX
};

enum tunnel_kind {
	TUNNEL_IPIP,
	TUNNEL_GRE,
	TUNNEL_GUE, /* UDP, see config_server.tunnel_port */
	TUNNEL_MAX
};

enum service_kind {
	SERVICE_PORTS,
	SERVICE_IPSEC /* UDP 500 and 4500 decide; ESP and AH follow */
};

/* Bits of config_service.scheduler_flags, named as ipvsadm's --sched-flags are. */
enum scheduler_flag {
	SCHEDULER_HASH_PORT = 1,    /* sh-port, mh-port */
	SCHEDULER_HASH_FALLBACK = 2 /* sh-fallback, mh-fallback */
};

/* An address of the service's own, or "the address of this line now", or a firewall mark. */
struct config_listen {
	uint8_t protocol;          /* IPPROTO_TCP, _UDP or _SCTP; 0 for a mark and for IPsec */
	uint16_t port;             /* host order; 0: every port of the address */
	struct ip_address address; /* unset when uplink or mark is used */
	int uplink;                /* index into config.uplinks, or -1 */
	uint32_t mark;             /* 0: none; compared outside gateway.mark_mask */
	uint8_t family;            /* of a mark: AF_INET or AF_INET6 */
};

enum check_kind {
	CHECK_NONE,
	CHECK_TCP,
	CHECK_HTTP,
	CHECK_HTTPS,
	CHECK_DNS,
	CHECK_SMTP,
	CHECK_ICMP,
	CHECK_UDP,
	CHECK_SCRIPT,
	CHECK_KIND_MAX
};

/* A health check. Strings are NULL when not given, and keys of other kinds 0. */
struct config_check {
	enum check_kind kind;
	uint64_t interval_ms, timeout_ms; /* default 2 s, and the interval; not above it */
	uint32_t fail, pass;              /* answers in a row; default 3 and 2 */
	bool initial_up;                  /* until the first verdict; default true */
	uint16_t port;                    /* 0: the server's (or the listen's first) */
	const char *path;                 /* http: default "/"; script: absolute path */
	const char *host;                 /* http: Host and SNI; smtp: name of EHLO */
	const char *status;               /* http: "200-399" or "200,204" */
	const char *match;                /* http: extended regular expression, valid */
	const char *name;                 /* dns: what to ask for; default "." */
	const char *type;                 /* dns: default "NS" for ".", else "A" */
	const char *send, *expect;        /* udp: with C escapes; expect: how the answer begins */
	bool verify;                      /* https: certificates */
};

/* Load feedback in HAProxy's agent-check line protocol. */
struct config_agent {
	uint16_t port;        /* 0: none */
	uint64_t interval_ms; /* default 2 s */
	const char *send;     /* NULL: nothing */
};

/* What a server weighs for requests of one line. */
struct line_weight {
	unsigned uplink; /* index into config.uplinks */
	uint32_t weight;
};

struct config_server {
	const char *text; /* as written, normalised: its name in commands and reports */
	struct ip_address address;
	uint16_t port;              /* 0: the port that was listened on */
	uint32_t weight;            /* 0-65535; 0 takes no new connections */
	enum service_method method; /* its own, or the service's */
	enum tunnel_kind tunnel;
	uint16_t tunnel_port;       /* gue: UDP destination, default 6080; else 0 */
	struct uplink_refs uplinks; /* serves only requests of these lines; none: of all */
	struct {
		struct line_weight *v;
		size_t n;
	} weights;                 /* where it weighs differently */
	int via;                   /* reached over this line; -1: as the routing table says */
	uint32_t upper, lower;     /* connections; 0: no threshold, and upper - upper / 4 */
	struct config_check check; /* its own, or the service's */
	struct config_agent agent;
};

/* What one client, or all, may do; 0: no limit. */
struct config_limits {
	uint32_t rate, client_rate; /* new connections a second */
	uint32_t burst, client_burst;
	uint32_t connections, client_connections;
};

struct config_service {
	const char *name;
	bool dynamic; /* made by `uplinkctl ipvs`, not by the file */
	enum service_kind kind;
	struct {
		struct config_listen *v;
		size_t n;
	} listens;
	enum scheduler_id scheduler;
	unsigned scheduler_flags;          /* enum scheduler_flag */
	uint64_t persistent_ms;            /* 0: not persistent */
	uint8_t netmask[FAMILY_INDEX_MAX]; /* bits of the client's address that persistence goes by
					    */
	enum service_method method;
	bool one_packet;    /* every UDP datagram is scheduled */
	const char *helper; /* connection tracking helper as the kernel calls it, or NULL */
	int sorry;          /* index of the server that is used when no other is, or -1; it has
			       weight 0 and no check */
	bool bypass;        /* with no server, packets go on to where they were going */
	uint32_t quorum, quorum_hysteresis; /* in weight; below quorum - hysteresis the sorry server
					       takes over, from quorum + hysteresis on no more */
	bool inhibit_on_failure;            /* a server that is down only weighs 0 */
	bool keep_on_down;      /* connections of a server that goes down are left alone */
	bool expire_quiescent;  /* persistence does not lead to a drained server */
	uint64_t slow_start_ms; /* over which the weight of a returning server grows */
	struct config_limits limits;
	struct {
		uint64_t half_ms, full_ms; /* ipsec: idle time before and after the responder
					      answered; default 30 s, 1 h */
		uint32_t reserve;          /* ipsec: associations kept beyond their idle time */
	} ipsec;
	struct {
		struct config_server *v;
		size_t n;
	} servers; /* the sorry server last */
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
 * `more` is NULL or text as config_print_dynamic() writes it; its services come after those of the
 * file, and messages call it CONFIG_MORE.
 */
int config_load(const char *path, const char *more, struct config **ret, char **ret_errors);
/* The same for text that is already in memory; `path` is what the messages say. */
int config_parse(const char *path, const char *text, const char *more, struct config **ret,
		 char **ret_errors);
void config_free(struct config *config);
DEFINE_CLEANUP(struct config *, config_free)

/*
 * Gives a server of a dynamic service, by indexes, another weight and thresholds, as if it had been
 * loaded with them. -ENOTSUP, and nothing has changed, when that would change anything else or the
 * file would be refused.
 */
int config_change_server(struct config *config, size_t service, size_t server, uint32_t weight,
			 uint32_t upper, uint32_t lower);

/*
 * Writes the normalised file, without dynamic services: loading it gives the same configuration,
 * printing that the same text.
 */
void config_print(const struct config *config, FILE *out);
/* Writes the dynamic services as `more` takes them; nothing when there is none. */
void config_print_dynamic(const struct config *config, FILE *out);

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
/* AF_UNSPEC: of either, or it could not be read. */
uint8_t config_listen_family(const struct config_listen *listen);
