/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPsec services in the ingress hook, for servers that get packets unchanged. Every packet passes
 * here, so two maps for all services do: opening of clients who have begun, guarded of those whose
 * server has answered; client and service to the mark that stands for the server and the line (see
 * direct.c).
 *
 * Servers that use this box as their gateway are heard to answer. Others are not; but a client who
 * names the responder's SPI (RFC 7296, 3.1), or sends what is protected, has been answered.
 */
#include "service/parts.h"

#include "service/numbers.h"

#include "base/time.h"

#include <netinet/in.h>
#include <stdio.h>

static const char *const guarded_map[] = { "guarded4", "guarded6" };
static const char *const opening_map[] = { "opening4", "opening6" };
static const char *const replies_map[] = { "replies4", "replies6" };
static const char *const covered_map[] = { "covered4", "covered6" };

/* Client and service in what the client sends, and in what it is sent. */
static const char *const asked[] = { "ip saddr . ip daddr", "ip6 saddr . ip6 daddr" };
static const char *const answered[] = { "ip daddr . ip saddr", "ip6 daddr . ip6 saddr" };

/* Packets by which a client shows that it was answered. */
static const char *const proofs[] = {
	"meta l4proto esp",
	"meta l4proto ah",
	/* SPI of the responder behind that of the initiator, 8 bytes each. */
	"udp dport 500 @th,128,32 != 0x00000000",
	"udp dport 500 @th,160,32 != 0x00000000",
	/* ESP in UDP, or 4 zero bytes and the same. */
	"udp dport 4500 @th,64,32 != 0x00000000",
	"udp dport 4500 @th,160,32 != 0x00000000",
	"udp dport 4500 @th,192,32 != 0x00000000",
};

void ipsec_direct_frame(struct objects *objects)
{
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		const char *key =
			f == FAMILY_V6 ? "ipv6_addr . ipv6_addr" : "ipv4_addr . ipv4_addr";

		want_set(objects, guarded_map[f], key, "mark", NFT_SET_IS_DYNAMIC);
		want_set(objects, opening_map[f], key, "mark", NFT_SET_IS_DYNAMIC);
		want_set(objects, covered_map[f],
			 f == FAMILY_V6 ? "ipv6_addr . inet_proto" : "ipv4_addr . inet_proto",
			 "verdict", 0);
	}
}

static void want_noted(const struct pool *pool, const char *chain, const char *map,
		       const char *const *key, uint64_t idle_ms)
{
	want_nft(pool->objects, chain, "update @%s { %s timeout %s : meta mark }", map,
		 key[pool->f], duration_text(idle_ms).text);
}

static void want_forgotten(const struct pool *pool, const char *chain, const char *map)
{
	want_nft(pool->objects, chain, "delete @%s { %s : meta mark }", map, asked[pool->f]);
}

void want_opening(const struct pool *pool, const char *chain)
{
	want_noted(pool, chain, opening_map[pool->f], asked, pool->service->ipsec.half_ms);
	want_fragment(pool, chain);
}

/* A client of a server that is gone begins anew. */
static void want_gone(const struct pool *pool, const char *chain)
{
	for (size_t i = 0; i < pool->service->servers.n; i++) {
		uint32_t number = number_find(pool, i);

		if (number && pool_has(pool, i) && !keeps_associations(pool, i))
			want_nft(pool->objects, chain, "meta mark & 0x%08x == 0x%08x goto %s",
				 DIRECT_SERVER_MASK, number, pool_name(pool, "gone").text);
	}
}

static void want_on(const struct pool *pool, const char *chain)
{
	want_fragment(pool, chain);
	want_nft(pool->objects, chain, "meta mark & 0x%08x vmap @servers", DIRECT_SERVER_MASK);
}

static void want_known(const struct pool *pool, const char *chain)
{
	want_nft(pool->objects, chain, "meta mark set %s map @%s goto %s", asked[pool->f],
		 guarded_map[pool->f], pool_name(pool, "guarded").text);
	want_nft(pool->objects, chain, "meta mark set %s map @%s goto %s", asked[pool->f],
		 opening_map[pool->f], pool_name(pool, "opening").text);
}

static void want_states(const struct pool *pool)
{
	struct pool_name guarded = pool_name(pool, "guarded"), opening = pool_name(pool, "opening"),
			 proven = pool_name(pool, "proven");

	want_chain(pool->objects, guarded.text, NULL);
	want_gone(pool, guarded.text);
	want_noted(pool, guarded.text, guarded_map[pool->f], asked, pool->service->ipsec.full_ms);
	want_on(pool, guarded.text);

	want_chain(pool->objects, opening.text, NULL);
	want_gone(pool, opening.text);
	for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++)
		want_nft(pool->objects, opening.text, "%s goto %s", proofs[i], proven.text);
	want_noted(pool, opening.text, opening_map[pool->f], asked, pool->service->ipsec.half_ms);
	want_on(pool, opening.text);

	want_chain(pool->objects, proven.text, NULL);
	want_forgotten(pool, proven.text, opening_map[pool->f]);
	want_noted(pool, proven.text, guarded_map[pool->f], asked, pool->service->ipsec.full_ms);
	want_on(pool, proven.text);
}

static void want_loss(const struct pool *pool, const char *fresh)
{
	struct pool_name gone = pool_name(pool, "gone");

	want_chain(pool->objects, gone.text, NULL);
	want_forgotten(pool, gone.text, opening_map[pool->f]);
	want_forgotten(pool, gone.text, guarded_map[pool->f]);
	want_nft(pool->objects, gone.text, "meta mark set 0x00000000");
	want_nft(pool->objects, gone.text, "meta l4proto udp goto %s", fresh);
	want_nft(pool->objects, gone.text, "goto refuse");
}

/* The server has answered; its packets go back over the line of the client's. */
static void want_answers(const struct pool *pool)
{
	struct pool_name answer = pool_name(pool, "answer"), back = pool_name(pool, "back");

	want_chain(pool->objects, answer.text, NULL);
	want_nft(pool->objects, answer.text, "meta mark set %s map @%s goto %s", answered[pool->f],
		 guarded_map[pool->f], back.text);
	want_nft(pool->objects, answer.text, "meta mark set %s map @%s goto %s", answered[pool->f],
		 opening_map[pool->f], back.text);
	want_chain(pool->objects, back.text, NULL);
	want_noted(pool, back.text, guarded_map[pool->f], answered, pool->service->ipsec.full_ms);
	want_nft(pool->objects, back.text, "meta mark & 0x%08x vmap @ways",
		 (unsigned)~DIRECT_SERVER_MASK);
	want_nft(pool->objects, back.text, "meta mark set 0x00000000");
}

void ipsec_direct_intent(const struct pool *pool, const char *chain, const char *fresh)
{
	struct pool_name covered = ipsec_chain(pool);

	want_known(pool, chain);
	want_nft(pool->objects, chain, "goto %s", fresh);
	want_chain(pool->objects, covered.text, NULL);
	want_known(pool, covered.text);
	want_nft(pool->objects, covered.text, "goto refuse");
	want_states(pool);
	want_answers(pool);
	want_loss(pool, fresh);
}

static void want_reply(const struct pool *pool, const struct ip_address *address, uint16_t port)
{
	struct pool_name chain = pool_name(pool, "answer");
	struct nft_key key = { 0 };

	nft_key_address(&key, address);
	nft_key_u8(&key, IPPROTO_UDP);
	nft_key_port(&key, port);
	want_verdict(pool->objects, replies_map[pool->f], &key, "%s", chain.text);
}

static void want_covered(const struct pool *pool, const struct ip_address *address,
			 uint8_t protocol)
{
	struct nft_key key = { 0 };

	nft_key_address(&key, address);
	nft_key_u8(&key, protocol);
	want_verdict(pool->objects, covered_map[pool->f], &key, "%s",
		     pool_name(pool, "answer").text);
}

void want_ipsec_replies(const struct pool *pool, const struct ip_address *address)
{
	want_reply(pool, address, IKE_PORT);
	want_reply(pool, address, IKE_NAT_PORT);
	want_covered(pool, address, IPPROTO_ESP);
	want_covered(pool, address, IPPROTO_AH);
}
