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
/* The slots alone, as want_turns(). */
int simple_turns(const struct pool *pool);
/* nat.c: everything else that goes through NAT, and what the ingress hook leaves to it. */
void nat_intent(const struct pool *pool);
/* direct.c: servers that get packets unchanged; what all such services share. */
void direct_frame(const struct world *world, struct objects *objects);
/* Some service has such servers, and the kernel can hand packets over. */
bool any_direct(const struct world *world);
/* Known connections go on to their server; a new one is taken into the maps. */
void want_tracked(const struct pool *pool, const char *chain);
void want_track(const struct pool *pool, const char *chain);
/* The rest of a packet in fragments goes where the packet's mark says. */
void want_fragment(const struct pool *pool, const char *chain);
/* handover.c: one such service. */
void direct_intent(const struct pool *pool);

/* The mark that the ingress hook gives to packets for a server by NAT; see nat.c. */
uint32_t left_mark(const struct world *world, size_t server);
/* And to those that nobody takes. */
uint32_t refused_mark(const struct world *world);

/* Begins the names of our tunnel devices; the rest names where they lead. */
#define TUNNEL_PREFIX "uplt"
struct tunnel_device {
	char text[16];
};
struct tunnel_device tunnel_name(const struct config_server *server);

/* nat.c: in `chain`, packets that the ingress hook has picked a server for go to that server. */
void want_left(const struct pool *pool, const char *chain);

/* helpers.c: connection tracking helpers of services. */
void helpers_intent(const struct world *world, struct objects *objects);

/* onepacket.c: services that pick a server for every datagram. */
void one_packet_frame(const struct world *world, struct objects *objects);
void one_packet_intent(const struct pool *pool);

/* ipsec.c and protect.c: key exchanges, and what they protect. */
enum {
	IKE_PORT = 500,
	IKE_NAT_PORT = 4500
};
/* The chain of ESP and AH of a service. */
struct pool_name ipsec_chain(const struct pool *pool);
void ipsec_frame(const struct world *world, struct objects *objects);
/* Its clients have associations with it still. */
bool keeps_associations(const struct pool *pool, size_t server);
/* What a service of that kind has besides its picks: in the nat hook, and in the ingress hook. */
void ipsec_intent(const struct pool *pool);
void ipsec_direct_frame(struct objects *objects);
void ipsec_direct_intent(const struct pool *pool, const char *chain, const char *fresh);
/* The answers of servers that use us as their gateway. */
void want_ipsec_replies(const struct pool *pool, const struct ip_address *address);
/* In the ingress hook: the packet's client is noted with the mark that stands for its server. */
void want_opening(const struct pool *pool, const char *chain);

/* limits.c: the chain of connections that nobody takes, because they are too many or else. */
void limits_intent(const struct world *world, struct objects *objects);
/* own.c: requests of the box itself. */
void own_intent(const struct world *world, struct objects *objects);
/* hairpin.c */
void hairpin_intent(const struct world *world, struct objects *objects);
/* over.c: servers that are reached over a line. */
void over_intent(const struct world *world, struct objects *objects);

/* The address a listen has now, unset for none. */
const struct ip_address *listen_address(const struct world *world,
					const struct config_listen *listen, enum family_index f);

/*
 * The hook's rules that find the service of a packet, in `chain` of the current table, and their
 * maps, whose names begin with `stage`.
 */
void want_dispatch(const struct world *world, const char *chain, const char *stage,
		   struct objects *objects);
void want_dispatch_maps(const struct world *world, const char *stage, struct objects *objects);
