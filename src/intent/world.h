/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"
#include "intent/facts.h"

/*
 * Everything a decision is made from: the configuration, the facts, the state of the lines and
 * what the operator has said. Deciders read it and add to a struct objects; nothing else.
 */

enum uplink_state {
	UPLINK_DISABLED,
	UPLINK_ABSENT,
	UPLINK_DOWN,
	UPLINK_UP,
	UPLINK_STATE_MAX
};

const char *uplink_state_text(enum uplink_state state);

/* What a line has in one address family. */
struct line_family {
	struct ip_address address; /* the one to speak with; unset: none */
	bool routed;               /* a way out is known */
	struct ip_address gateway; /* unset while routed: directly over the link */
	bool onlink;               /* the gateway is not within a connected prefix */
	bool usable; /* may carry new connections: the line is up and routed, with an address */
};

/* A line as it is now; same order as config.uplinks. */
struct line {
	const struct config_uplink *config;
	unsigned number; /* kept for its name; mark and table follow from it */
	int link;        /* interface index, 0 while absent */
	enum uplink_state state;
	const char *reason; /* why; static or the world's */
	uint64_t since_us;  /* realtime of the last change of state */
	struct line_family family[FAMILY_INDEX_MAX];
	/* Was lost while it carried connections, which were not cleared away yet. */
	bool stranded[FAMILY_INDEX_MAX];
	uint32_t connections; /* tracked connections with its mark */
};

/* A real server as it is now; same order as config_service.servers. */
struct server_state {
	uint32_t weight; /* in force: the operator's or the file's */
	bool overridden;
	uint32_t active, inactive; /* connections now, as IPVS counts them */
	uint64_t total;            /* connections since the daemon started */
};

struct service_state {
	struct server_state *servers;
};

struct world {
	const struct config *config;
	const struct facts *facts;
	struct line *lines;             /* config->uplinks.n */
	struct service_state *services; /* config->services.n */
	bool flushed;                   /* nothing of ours is in the kernel, until a reload */
};

/*
 * A world for a configuration, with every line not yet judged. States, times and totals of what
 * `before` (NULL: nothing) has under the same name are carried over. 0 or -ENOMEM.
 */
int world_init(struct world *world, const struct config *config, const struct facts *facts,
	       const struct world *before);
void world_done(struct world *world);

/* The mark and table of a line. */
uint32_t line_mark(const struct world *world, const struct line *line);
uint32_t line_table(const struct world *world, const struct line *line);
/* The line of that interface, or NULL. */
const struct line *world_line_of_link(const struct world *world, int link);
/* True when some service has a real server in that net. */
bool world_has_server(const struct world *world, const struct ip_prefix *net);
