/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"
#include "intent/facts.h"
#include "intent/line.h"

/*
 * Everything a decision is made from: the configuration, the facts, the state of the lines and
 * what the operator has said. Deciders read it and add to a struct objects; nothing else.
 */

enum server_condition {
	SERVER_UP,
	SERVER_DRAINED,    /* weighs nothing: keeps what it has */
	SERVER_OVERLOADED, /* reached its upper threshold: keeps what it has */
	SERVER_DOWN,       /* says its health check */
	SERVER_UNUSABLE,   /* cannot be reached as it should be */
	SERVER_CONDITION_MAX
};

const char *server_condition_text(enum server_condition condition);

/* What is heard of a real server by checks. */
struct server_health {
	bool down;
	bool drain;       /* its agent asks for no new connections */
	int percent;      /* of its weight, asked for by its agent; -1: did not ask */
	uint64_t back_us; /* monotonic, when it came back; 0: was never away */
	char reason[96];  /* the check's or the agent's words; "" */
};

/* What ipvsadm tells of a server's traffic: connections, packets to and from it, bytes likewise. */
enum traffic_kind {
	TRAFFIC_CONNECTIONS,
	TRAFFIC_PACKETS_IN,
	TRAFFIC_PACKETS_OUT,
	TRAFFIC_BYTES_IN,
	TRAFFIC_BYTES_OUT,
	TRAFFIC_MAX
};

/* As of when somebody last looked, see service/traffic.h. */
struct traffic {
	uint64_t sum[TRAFFIC_MAX];  /* of connections that ended and of those that live */
	uint64_t live[TRAFFIC_MAX]; /* of those that live */
	uint64_t zero[TRAFFIC_MAX]; /* what does not count: it was there when -Z was said */
	uint64_t seen[TRAFFIC_MAX]; /* the sum that the rates are of */
	uint64_t rate[TRAFFIC_MAX]; /* a second, times a power of two */
	uint64_t rated_us;          /* monotonic; 0: never */
	uint32_t persistent;        /* clients that are remembered */
};

/* A real server as it is now; same order as config_service.servers. */
struct server_state {
	uint32_t weight; /* in force: the operator's or the file's */
	bool overridden;
	struct server_health health;
	/* Judged from all that, see service/judge.h: */
	enum server_condition condition;
	const char *reason; /* "" */
	uint32_t share;     /* what it weighs for new connections */
	bool overloaded;
	/* Counted: */
	uint32_t active, inactive;     /* connections now, as IPVS counts them */
	uint64_t total;                /* connections since the daemon started */
	uint64_t packets[2], bytes[2]; /* of connections that ended, to it and from it */
	struct traffic traffic;
	uint64_t *by_line; /* of the total: by no line, then by each of config.uplinks */
};

struct service_state {
	struct server_state *servers;
	uint64_t *by_line;  /* holds those of the servers */
	bool by_load;       /* decisions about it depend on the counts */
	bool touched;       /* see world.touched */
	bool below_quorum;  /* the sorry server takes over */
	struct roll *rolls; /* of schedulers that go by load, see service/pool.h; else NULL */
};

/* How long our own map of connections remembers one that is silent, in seconds; as IPVS. */
struct timeouts {
	unsigned tcp, tcp_fin, udp;
};

/*
 * What a policy's scheduler remembers, see policy/spread.h; same order as config.policies. Lines
 * are by index into config.uplinks.
 */
struct policy_state {
	int line[FAMILY_INDEX_MAX];           /* least-latency, overflow: the one chosen, or -1 */
	uint32_t above;                       /* overflow: bits of the lines above the mark */
	uint32_t weights[CONFIG_UPLINKS_MAX]; /* least-used: in 1/1000; 0: none yet */
};

struct deprecation;

struct world {
	const struct config *config;
	const struct facts *facts;
	const struct deprecation *deprecation; /* uplink/deprecation.h; NULL: nothing is known */
	struct line *lines;                    /* config->uplinks.n */
	struct service_state *services;        /* config->services.n */
	struct policy_state *policies;         /* config->policies.n */
	ARRAY(uint32_t) touched;               /* services of which something has changed */
	struct timeouts timeouts;
	uint32_t generation; /* of the configuration: rings begin anew with it */
	uint32_t ring_slots; /* of a ring that goes by load; 0: not known yet */
	bool flushed;        /* nothing of ours is in the kernel, until a reload */
};

/*
 * A world for a configuration, with every line not yet judged. States, times and totals of what
 * `before` (NULL: nothing) has under the same name are carried over. 0 or -ENOMEM.
 */
int world_init(struct world *world, const struct config *config, const struct facts *facts,
	       const struct world *before);
void world_done(struct world *world);

/* Notes that something of a service changed; out of memory is as if nothing had. */
void world_touch(struct world *world, size_t service);
void world_untouch(struct world *world);

/* Where a real server is, by the names in the configuration. */
bool world_find_server(const struct config *config, const char *service, const char *server,
		       size_t *ret_service, size_t *ret_server);

/* The mark and table of a line. */
uint32_t line_mark(const struct world *world, const struct line *line);
uint32_t line_table(const struct world *world, const struct line *line);
/* True when the file says that the interface of that index is inside. */
bool world_is_inside(const struct world *world, int link);
/* Some line may carry connections of this family that others cannot, other than from one silence
 * to another. */
bool world_may_carry(const struct world *world, enum family_index f);
/* The line carries none of them, and some other one may. */
bool world_does_without(const struct world *world, const struct line *line, enum family_index f);
/* The line of that interface, or NULL. */
const struct line *world_line_of_link(const struct world *world, int link);
/* True when some service has a real server in that net. */
bool world_has_server(const struct world *world, const struct ip_prefix *net);
