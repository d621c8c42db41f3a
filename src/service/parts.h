/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "service/pool.h"

/* The parts of service_intent(), a file each. */

/* A TCP packet that does not open a connection. */
#define MID_STREAM "tcp flags & 0x17 != 0x02"

/*
 * Packets to the listen go to `chain` of the current table. False when the listen has no address
 * of the pool's family now.
 */
bool want_listen(const struct pool *pool, const struct config_listen *listen, const char *chain);

/* simple.c: turns and NAT, for services that ask for nothing else. */
void simple_intent(const struct pool *pool);
/* nat.c: everything else that goes through NAT, and what the ingress hook leaves to it. */
void nat_intent(const struct pool *pool);
/* direct.c: servers that get packets unchanged; what all such services share. */
void direct_frame(const struct world *world, struct objects *objects);
/* Known connections go on to their server; a new one is taken into the maps. */
void want_tracked(const struct pool *pool, const char *chain);
void want_track(const struct pool *pool, const char *chain);
/* handover.c: one such service. */
void direct_intent(const struct pool *pool);

/* The mark that the ingress hook gives to packets for a server by NAT; see nat.c. */
uint32_t left_mark(const struct world *world, size_t server);

/* Begins the names of our tunnel devices; the rest names where they lead. */
#define TUNNEL_PREFIX "uplt"
struct tunnel_device {
	char text[16];
};
struct tunnel_device tunnel_name(const struct config_server *server);

/* limits.c: the chain of connections that are too many. */
void limits_intent(const struct world *world, struct objects *objects);
/* hairpin.c */
void hairpin_intent(const struct world *world, struct objects *objects);
/* over.c: servers that are reached over a line. */
void over_intent(const struct world *world, struct objects *objects);

/* The address a listen has now, unset for none. */
const struct ip_address *listen_address(const struct world *world,
					const struct config_listen *listen, enum family_index f);

/* The hook's rules that find the service of a packet, in `chain` of the current table. */
void want_dispatch(const struct world *world, const char *chain, struct objects *objects);
void want_dispatch_maps(const struct world *world, struct objects *objects);
