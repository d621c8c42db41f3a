/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/objects.h"
#include "intent/world.h"
#include "sched/roll.h"
#include "sched/slots.h"

/*
 * The real servers of one family of a service, and what its rules are called. Chains and sets of
 * the tables inet and netdev have the same names.
 */
struct pool {
	const struct world *world;
	const struct config_service *service;
	const struct service_state *state;
	size_t index; /* of the service */
	enum family_index f;
	struct slots *slots;
	struct objects *objects;
	bool direct; /* the rules are for the ingress hook */
	/* Begins the names of chains and maps of another hook than nat or ingress; NULL: nothing.
	 */
	const char *stage;
};

/* A line's number in config.uplinks, or requests that come from no line. */
enum {
	NO_LINE = -1
};

struct pool_name {
	char text[160];
};

/* WHAT/NAME/4: a chain or set. */
struct pool_name pool_name(const struct pool *pool, const char *what);
/* service/NAME/4 or service/NAME/4/LINE: takes new connections (that come from `line`). */
struct pool_name pool_chain(const struct pool *pool, int line);
/* PREFIX/NAME/ADDRESS[/PORT]: of a real server; "persist", "to", ... */
struct pool_name pool_server(const struct pool *pool, const char *prefix, size_t server);
/* An address as nft's names can have it. */
struct ip_text pool_address(const struct ip_address *address);
/* server/NAME/ADDRESS[/PORT]: takes the packets for which that server was picked. */
struct pool_name pool_target(const struct pool *pool, size_t server);

static inline const char *pool_stage(const struct pool *pool)
{
	return pool->stage ? pool->stage : "";
}

static inline char pool_digit(const struct pool *pool)
{
	return pool->f == FAMILY_V6 ? '6' : '4';
}

/* "ip" or "ip6": how nft's keys of this family begin. */
static inline const char *pool_ip(const struct pool *pool)
{
	return pool->f == FAMILY_V6 ? "ip6" : "ip";
}

/* The server is of the pool's family. */
bool pool_has(const struct pool *pool, size_t server);
/* It keeps what it has, though it may get nothing new: not down, or only inhibited by that. */
bool pool_is_there(const struct pool *pool, size_t server);
/* Some server is of that family, so that the service can be had in it. */
bool service_has_family(const struct config_service *service, enum family_index f);
/* Requests from this line see other servers or weights than those from none. */
bool service_differs(const struct config_service *service, int line);
/* It serves requests from this line; all do from none. */
bool server_serves(const struct config_server *server, int line);
/* Some server gets its packets unchanged, by the ingress hook. */
bool service_is_direct(const struct config_service *service);
/* A scheduler whose picks depend on the counts of connections. */
bool service_goes_by_load(const struct config_service *service);
/* Such a scheduler, or thresholds. */
bool service_looks_at_load(const struct config_service *service);

/*
 * What the scheduler sees of the servers, for requests from `line`: an array of servers.n targets,
 * to be freed. The sorry server is the only one when no other takes connections. 0 or -ENOMEM.
 */
int pool_targets(const struct pool *pool, int line, struct target **ret);

/*
 * The rules by which `chain` picks a server's chain for a new connection from `line`: known
 * clients or destinations, then the ring or table, then a refusal. 0 or a negative errno.
 */
int want_picks(const struct pool *pool, const char *chain, int line);
/* The slots of a roll alone. 0, or -ENOENT when there are none to be changed in place. */
int want_turns(const struct pool *pool, int line);
/* The sets that remember the clients or destinations of each server, where the service has any. */
void want_memory(const struct pool *pool);
/* In the chain of a server: it is remembered for this connection's client or destination. */
void want_remember(const struct pool *pool, const char *chain, size_t server);
/* ipsec.c: clients of IPsec go to the server that they have an association with. */
void want_associates(const struct pool *pool, const char *chain, const struct target *targets);
/* ipsec.c: in the chain of a server: it has a client who begins. */
void want_initiator(const struct pool *pool, const char *chain, size_t server);
/* What chain says to connections that no server takes. */
void want_refusal(const struct pool *pool, const char *chain);
/* What one client, or all together, may open. */
void want_limits(const struct pool *pool, const char *chain);

/* The roll of a pool for requests from `line`; NULL without a scheduler that goes by load. */
struct roll *pool_roll(const struct pool *pool, int line);
