/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Services with servers that get packets unchanged: by their MAC address (LVS-DR) or in a tunnel.
 * The ingress hook hands such packets on before the routing table could deliver them to an address
 * of ours and before conntrack, which sees only half of such a connection. What conntrack is
 * elsewhere, maps are here: flows (TCP that is open), closing (a FIN or RST was seen), datagrams
 * (UDP), associations (SCTP): client and service to the number of the server, and above it the
 * number of the line, by which the replies of servers that use us as their gateway go back.
 * Packets for servers by NAT or of the box itself go on, with a mark for nat.c if they are the
 * first; so do those that nobody takes, for nft can reject at ingress only since Linux 5.12 and in
 * kernels built for that, which Debian's are not.
 */
#include "service/parts.h"

#include "service/numbers.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum {
	FRAGMENT_SECONDS = 30 /* as long as the kernel waits for the rest of a packet */
};

/* A protocol and its map of connections. */
static const struct {
	uint8_t protocol;
	const char *name, *map, *known;
} tracks[] = {
	{ IPPROTO_TCP, "tcp", "flows", "goes" },
	{ IPPROTO_UDP, "udp", "datagrams", "datagram" },
	{ IPPROTO_SCTP, "sctp", "associations", "association" },
};

enum {
	TRACKS = sizeof(tracks) / sizeof(tracks[0])
};

/* Client and service as they stand in a request, in a reply, and in an ICMP error's quotation. */
static const char *const asked[] = { "ip saddr . th sport . ip daddr . th dport",
				     "ip6 saddr . th sport . ip6 daddr . th dport" };
static const char *const answered[] = { "ip daddr . th dport . ip saddr . th sport",
					"ip6 daddr . th dport . ip6 saddr . th sport" };
static const char *const quoted[] = {
	"@th,192,32 . @th,240,16 . @th,160,32 . @th,224,16",
	"@th,256,128 . @th,400,16 . @th,128,128 . @th,384,16",
};

static const char digits[] = { '4', '6' };

static unsigned track_seconds(const struct world *world, size_t track)
{
	return tracks[track].protocol == IPPROTO_UDP ? world->timeouts.udp : world->timeouts.tcp;
}

/* The chain that a packet's own number leads to. */
static void want_on(struct objects *objects, const char *chain)
{
	want_nft(objects, chain, "meta mark & 0x%08x vmap @servers", DIRECT_SERVER_MASK);
}

static void want_look_up(struct objects *objects, const char *chain, const char *key,
			 const char *map, char digit)
{
	want_nft(objects, chain, "meta mark set %s map @%s%c meta mark & 0x%08x vmap @servers", key,
		 map, digit, DIRECT_SERVER_MASK);
}

/* TCP: open connections are renewed by every packet; a FIN or RST moves them to the closing ones.
 */
static void want_tcp(const struct world *world, enum family_index f, struct objects *objects)
{
	char d = digits[f], chain[16], ends[16], ending[16];

	snprintf(chain, sizeof(chain), "tcp%c", d);
	snprintf(ends, sizeof(ends), "ends%c", d);
	snprintf(ending, sizeof(ending), "ending%c", d);
	want_chain(objects, chain, NULL);
	want_nft(objects, chain, "tcp flags & 0x05 != 0x00 goto %s", ends);
	want_nft(objects, chain, "meta mark set %s map @flows%c goto goes%c", asked[f], d, d);
	want_look_up(objects, chain, asked[f], "closing", d);
	want_nft(objects, chain, MID_STREAM " goto refuse");
	want_chain(objects, ends, NULL);
	want_look_up(objects, ends, asked[f], "closing", d);
	want_nft(objects, ends, "meta mark set %s map @flows%c goto %s", asked[f], d, ending);
	want_nft(objects, ends, "drop");
	want_chain(objects, ending, NULL);
	want_nft(objects, ending, "add @closing%c { %s timeout %us : meta mark }", d, asked[f],
		 world->timeouts.tcp_fin);
	want_nft(objects, ending, "delete @flows%c { %s : meta mark }", d, asked[f]);
	want_on(objects, ending);
}

static void want_fragments(struct objects *objects, const char *chain, enum family_index f)
{
	if (f == FAMILY_V4)
		want_nft(
			objects, chain,
			"meta l4proto udp ip frag-off & 0x2000 != 0x0000 "
			"update @fragments { ip saddr . ip daddr . ip id timeout %us : meta mark }",
			FRAGMENT_SECONDS);
}

void want_fragment(const struct pool *pool, const char *chain)
{
	want_fragments(pool->objects, chain, pool->f);
}

static void want_known(const struct world *world, enum family_index f, size_t track,
		       struct objects *objects)
{
	char chain[32];

	snprintf(chain, sizeof(chain), "%s%c", tracks[track].known, digits[f]);
	want_chain(objects, chain, NULL);
	want_nft(objects, chain, "update @%s%c { %s timeout %us : meta mark }", tracks[track].map,
		 digits[f], asked[f], track_seconds(world, track));
	if (tracks[track].protocol == IPPROTO_UDP)
		want_fragments(objects, chain, f);
	want_on(objects, chain);
}

static const char *tuple_type(enum family_index f)
{
	return f == FAMILY_V6 ? "ipv6_addr . inet_service . ipv6_addr . inet_service"
			      : "ipv4_addr . inet_service . ipv4_addr . inet_service";
}

static void want_connection_map(const char *name, enum family_index f, struct objects *objects)
{
	char map[32];

	snprintf(map, sizeof(map), "%s%c", name, digits[f]);
	want_set(objects, map, tuple_type(f), "mark", NFT_SET_IS_DYNAMIC);
}

/* ICMP errors about what a server sent go to that server. */
static void want_errors(enum family_index f, struct objects *objects)
{
	const char *chain = f == FAMILY_V6 ? "errors6" : "errors4";

	want_chain(objects, chain, NULL);
	for (size_t i = 0; i < TRACKS; i++)
		want_look_up(objects, chain, quoted[f], tracks[i].map, digits[f]);
	want_look_up(objects, chain, quoted[f], "closing", digits[f]);
}

static void want_reply_look_up(struct objects *objects, const char *chain, enum family_index f,
			       const char *map)
{
	want_nft(objects, chain, "meta mark set %s map @%s%c goto back", answered[f], map,
		 digits[f]);
}

static void want_replies(enum family_index f, struct objects *objects)
{
	const char *chain = f == FAMILY_V6 ? "reply6" : "reply4";

	want_set(objects, f == FAMILY_V6 ? "replies6" : "replies4",
		 f == FAMILY_V6 ? "ipv6_addr . inet_proto . inet_service"
				: "ipv4_addr . inet_proto . inet_service",
		 "verdict", 0);
	want_chain(objects, chain, NULL);
	for (size_t i = 0; i < TRACKS; i++)
		want_reply_look_up(objects, chain, f, tracks[i].map);
	want_reply_look_up(objects, chain, f, "closing");
}

/* What came by no line goes back as the routing table says. */
static void want_back(struct objects *objects)
{
	want_chain(objects, "back", NULL);
	want_fragments(objects, "back", FAMILY_V4);
	want_nft(objects, "back", "meta mark & 0x%08x vmap @ways", (unsigned)~DIRECT_SERVER_MASK);
	want_nft(objects, "back", "meta mark set 0x00000000");
}

/* The way back over a line: to its gateway, which knows where the client is. */
static void want_way(const struct world *world, const struct line *line, struct objects *objects)
{
	struct nft_key key = { 0 }, index = { 0 }, number = { 0 };
	char chain[64];

	nft_key_u32(&number, line->number << DIRECT_LINE_SHIFT);
	nft_key_u32(&key, line->number << DIRECT_LINE_SHIFT);
	nft_key_u32(&index, (uint32_t)line->link);
	snprintf(chain, sizeof(chain), "way/%s", line->config->name);
	want_chain(objects, chain, NULL);
	want_nft(objects, chain, "meta mark set 0x00000000");
	want_verdict(objects, "ways", &key, "%s", chain);
	if (!line->link)
		return;
	want_mapped(objects, "numbers", &index, &number);
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		if (line->family[f].carries && ip_is_set(&line->family[f].gateway))
			want_nft(objects, chain, "fwd %s to %s device \"%s\"",
				 f == FAMILY_V6 ? "ip6" : "ip",
				 ip_text(&line->family[f].gateway).text, line->config->interface);
}

/* Interfaces that requests and replies come in by: all with addresses, but for the loopback. */
static bool is_open(const struct world *world, const struct link *link)
{
	if (link->loopback || strncmp(link->name, TUNNEL_PREFIX, strlen(TUNNEL_PREFIX)) == 0)
		return false;
	array_foreach(&world->facts->addresses, address)
		if (address->link == link->index)
			return true;
	return false;
}

static bool any_ipsec(const struct world *world)
{
	array_foreach(&world->config->services, service)
		if (service->kind == SERVICE_IPSEC && service_is_direct(service))
			return true;
	return false;
}

static void want_ingress(const struct world *world, const struct link *link,
			 struct objects *objects)
{
	char chain[64], hook[96];

	if (!is_open(world, link))
		return;
	snprintf(chain, sizeof(chain), "ingress/%s", link->name);
	snprintf(hook, sizeof(hook), "type filter hook ingress device %s priority -300",
		 link->name);
	want_chain(objects, chain, hook);
	if (!world_line_of_link(world, link->index)) {
		want_nft(objects, chain,
			 "ip saddr @vips4 ip frag-off & 0x1fff != 0x0000 "
			 "meta mark set ip saddr . ip daddr . ip id map @fragments goto back");
		want_nft(objects, chain, "ip saddr . meta l4proto . th sport vmap @replies4");
		want_nft(objects, chain, "ip6 saddr . meta l4proto . th sport vmap @replies6");
		if (any_ipsec(world)) {
			want_nft(objects, chain, "ip saddr . meta l4proto vmap @covered4");
			want_nft(objects, chain, "ip6 saddr . meta l4proto vmap @covered6");
		}
	}
	want_nft(objects, chain, "goto arrive");
}

static void want_arrive(const struct world *world, struct objects *objects)
{
	want_chain(objects, "arrive", NULL);
	want_dispatch(world, "arrive", "", objects);
	want_nft(objects, "arrive",
		 "ip frag-off & 0x1fff != 0x0000 "
		 "meta mark set ip saddr . ip daddr . ip id map @fragments "
		 "meta mark & 0x%08x vmap @servers",
		 DIRECT_SERVER_MASK);
	want_nft(objects, "arrive", "ip daddr @vips4 icmp type != 8 goto errors4");
	want_nft(objects, "arrive", "ip6 daddr @vips6 icmpv6 type 0-127 goto errors6");
}

void want_tracked(const struct pool *pool, const char *chain)
{
	char d = pool_digit(pool);

	want_nft(pool->objects, chain, "meta l4proto tcp jump tcp%c", d);
	for (size_t i = 1; i < TRACKS; i++)
		want_nft(pool->objects, chain,
			 "meta l4proto %s meta mark set %s map @%s%c goto %s%c", tracks[i].name,
			 asked[pool->f], tracks[i].map, d, tracks[i].known, d);
}

void want_track(const struct pool *pool, const char *chain)
{
	char d = pool_digit(pool);

	for (size_t i = 0; i < TRACKS; i++)
		want_nft(pool->objects, chain,
			 "meta l4proto %s update @%s%c { %s timeout %us : meta mark }",
			 tracks[i].name, tracks[i].map, d, asked[pool->f],
			 track_seconds(pool->world, i));
	want_fragment(pool, chain);
}

bool any_direct(const struct world *world)
{
	array_foreach(&world->config->services, service)
		if (service_is_direct(service))
			return !world->facts->lacks_fwd;
	return false;
}

static void want_refuse(const struct world *world, struct objects *objects)
{
	want_chain(objects, "refuse", NULL);
	want_nft(objects, "refuse", "meta mark set 0x%08x", refused_mark(world));
	want_nft(objects, "refuse", "accept");
}

static void want_family(const struct world *world, enum family_index f, struct objects *objects)
{
	for (size_t i = 0; i < TRACKS; i++) {
		want_connection_map(tracks[i].map, f, objects);
		want_known(world, f, i, objects);
	}
	want_connection_map("closing", f, objects);
	want_tcp(world, f, objects);
	want_errors(f, objects);
	want_replies(f, objects);
}

void direct_frame(const struct world *world, struct objects *objects)
{
	if (!any_direct(world))
		return;
	want_table(objects, NFT_NETDEV);
	want_dispatch_maps(world, "", objects);
	want_set(objects, "vips4", "ipv4_addr", NULL, 0);
	want_set(objects, "vips6", "ipv6_addr", NULL, 0);
	want_set(objects, "servers", "mark", "verdict", 0);
	want_set(objects, "ways", "mark", "verdict", 0);
	want_set(objects, "numbers", "iface_index", "mark", 0);
	want_set(objects, "fragments", "ipv4_addr . ipv4_addr . inet_service", "mark",
		 NFT_SET_IS_DYNAMIC);
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		want_family(world, f, objects);
	want_refuse(world, objects);
	want_back(objects);
	if (any_ipsec(world))
		ipsec_direct_frame(objects);
	want_arrive(world, objects);
	for (size_t i = 0; i < world->config->uplinks.n; i++)
		want_way(world, &world->lines[i], objects);
	array_foreach(&world->facts->links, link)
		want_ingress(world, link, objects);
	want_table(objects, NFT_INET);
}
