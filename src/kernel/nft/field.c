/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of keys and the reading of their values. A value is kept as the bytes that the packet
 * path has in its register after loading the key, so that comparing them needs no conversion.
 */
#include "kernel/nft/field.h"

#include "base/array.h"
#include "base/ip.h"

#include <ctype.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct nft_name families[] = {
	{ "ipv4", NFPROTO_IPV4 },
	{ "ipv6", NFPROTO_IPV6 },
	{ 0 },
};

static const struct nft_name protocols[] = {
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ "sctp", IPPROTO_SCTP },
	{ "icmp", IPPROTO_ICMP },
	{ "ipv6-icmp", IPPROTO_ICMPV6 },
	{ "gre", IPPROTO_GRE },
	{ "esp", IPPROTO_ESP },
	{ "ah", IPPROTO_AH },
	{ 0 },
};

static const struct nft_name ethernet[] = {
	{ "ip", ETH_P_IP },
	{ "ip6", ETH_P_IPV6 },
	{ "arp", ETH_P_ARP },
	{ 0 },
};

static const struct nft_name icmp_types[] = {
	{ "echo-reply", 0 },
	{ "destination-unreachable", 3 },
	{ "redirect", 5 },
	{ "echo-request", 8 },
	{ "time-exceeded", 11 },
	{ "parameter-problem", 12 },
	{ 0 },
};

static const struct nft_name icmp6_types[] = {
	{ "destination-unreachable", 1 },
	{ "packet-too-big", 2 },
	{ "time-exceeded", 3 },
	{ "parameter-problem", 4 },
	{ "echo-request", 128 },
	{ "echo-reply", 129 },
	{ "nd-router-solicit", 133 },
	{ "nd-router-advert", 134 },
	{ "nd-neighbor-solicit", 135 },
	{ "nd-neighbor-advert", 136 },
	{ 0 },
};

static const struct nft_name existence[] = {
	{ "missing", 0 },
	{ "exists", 1 },
	{ 0 },
};

static const struct nft_name states[] = {
	{ "invalid", NF_CT_STATE_INVALID_BIT },
	{ "established", NF_CT_STATE_BIT(IP_CT_ESTABLISHED) },
	{ "related", NF_CT_STATE_BIT(IP_CT_RELATED) },
	{ "new", NF_CT_STATE_BIT(IP_CT_NEW) },
	{ "untracked", NF_CT_STATE_UNTRACKED_BIT },
	{ 0 },
};

static const struct nft_name statuses[] = {
	{ "snat", IPS_SRC_NAT },
	{ "dnat", IPS_DST_NAT },
	{ 0 },
};

static const struct nft_name directions[] = {
	{ "original", 0 },
	{ "reply", 1 },
	{ 0 },
};

static const struct nft_name tcp_flags[] = {
	{ "fin", 0x01 }, { "syn", 0x02 }, { "rst", 0x04 }, { "psh", 0x08 },
	{ "ack", 0x10 }, { "urg", 0x20 }, { 0 },
};

#define TUPLE(way, name, selector, size, notation)                                             \
	{                                                                                      \
		"ct " #way " " name, NFT_SOURCE_CT, selector, size, notation, .direction = way \
	}
#define TUPLES(way)                                                                 \
	TUPLE(way, "ip saddr", NFT_CT_SRC_IP, 4, NFT_NOTATION_ADDRESS),             \
		TUPLE(way, "ip daddr", NFT_CT_DST_IP, 4, NFT_NOTATION_ADDRESS),     \
		TUPLE(way, "ip6 saddr", NFT_CT_SRC_IP6, 16, NFT_NOTATION_ADDRESS),  \
		TUPLE(way, "ip6 daddr", NFT_CT_DST_IP6, 16, NFT_NOTATION_ADDRESS),  \
		TUPLE(way, "proto-src", NFT_CT_PROTO_SRC, 2, NFT_NOTATION_NETWORK), \
		TUPLE(way, "proto-dst", NFT_CT_PROTO_DST, 2, NFT_NOTATION_NETWORK)

/* Named as in rules. */
enum direction {
	original = 1 + IP_CT_DIR_ORIGINAL,
	reply = 1 + IP_CT_DIR_REPLY
};

static const struct nft_field fields[] = {
	{ "meta protocol", NFT_SOURCE_META, NFT_META_PROTOCOL, 2, NFT_NOTATION_NETWORK, ethernet },
	{ "meta length", NFT_SOURCE_META, NFT_META_LEN, 4, NFT_NOTATION_HOST },
	{ "meta nfproto", NFT_SOURCE_META, NFT_META_NFPROTO, 1, NFT_NOTATION_HOST, families },
	{ "meta l4proto", NFT_SOURCE_META, NFT_META_L4PROTO, 1, NFT_NOTATION_HOST, protocols },
	{ "meta mark", NFT_SOURCE_META, NFT_META_MARK, 4, NFT_NOTATION_HOST },
	{ "meta skuid", NFT_SOURCE_META, NFT_META_SKUID, 4, NFT_NOTATION_HOST },
	{ "meta skgid", NFT_SOURCE_META, NFT_META_SKGID, 4, NFT_NOTATION_HOST },
	{ "iifname", NFT_SOURCE_META, NFT_META_IIFNAME, 16, NFT_NOTATION_INTERFACE },
	{ "oifname", NFT_SOURCE_META, NFT_META_OIFNAME, 16, NFT_NOTATION_INTERFACE },
	{ "iif", NFT_SOURCE_META, NFT_META_IIF, 4, NFT_NOTATION_HOST },
	{ "oif", NFT_SOURCE_META, NFT_META_OIF, 4, NFT_NOTATION_HOST },
	{ "ct state", NFT_SOURCE_CT, NFT_CT_STATE, 4, NFT_NOTATION_FLAGS, states },
	{ "ct direction", NFT_SOURCE_CT, NFT_CT_DIRECTION, 1, NFT_NOTATION_HOST, directions },
	{ "ct status", NFT_SOURCE_CT, NFT_CT_STATUS, 4, NFT_NOTATION_FLAGS, statuses },
	{ "ct mark", NFT_SOURCE_CT, NFT_CT_MARK, 4, NFT_NOTATION_HOST },
	{ "ct label", NFT_SOURCE_CT, NFT_CT_LABELS, 16, NFT_NOTATION_LABEL },
	TUPLES(original),
	TUPLES(reply),
	{ "ip length", NFT_SOURCE_NETWORK, offsetof(struct iphdr, tot_len), 2, NFT_NOTATION_NETWORK,
	  .family = NFPROTO_IPV4 },
	{ "ip id", NFT_SOURCE_NETWORK, offsetof(struct iphdr, id), 2, NFT_NOTATION_NETWORK,
	  .family = NFPROTO_IPV4 },
	{ "ip frag-off", NFT_SOURCE_NETWORK, offsetof(struct iphdr, frag_off), 2,
	  NFT_NOTATION_NETWORK, .family = NFPROTO_IPV4 },
	{ "ip protocol", NFT_SOURCE_NETWORK, offsetof(struct iphdr, protocol), 1,
	  NFT_NOTATION_NETWORK, protocols, .family = NFPROTO_IPV4 },
	{ "ip saddr", NFT_SOURCE_NETWORK, offsetof(struct iphdr, saddr), 4, NFT_NOTATION_ADDRESS,
	  .family = NFPROTO_IPV4 },
	{ "ip daddr", NFT_SOURCE_NETWORK, offsetof(struct iphdr, daddr), 4, NFT_NOTATION_ADDRESS,
	  .family = NFPROTO_IPV4 },
	{ "ip dscp", NFT_SOURCE_NETWORK, offsetof(struct iphdr, tos), 1, NFT_NOTATION_NETWORK,
	  .family = NFPROTO_IPV4, .mask = 0xfc, .shift = 2 },
	{ "ip6 saddr", NFT_SOURCE_NETWORK, offsetof(struct ip6_hdr, ip6_src), 16,
	  NFT_NOTATION_ADDRESS, .family = NFPROTO_IPV6 },
	{ "ip6 daddr", NFT_SOURCE_NETWORK, offsetof(struct ip6_hdr, ip6_dst), 16,
	  NFT_NOTATION_ADDRESS, .family = NFPROTO_IPV6 },
	{ "ip6 dscp", NFT_SOURCE_NETWORK, 0, 2, NFT_NOTATION_NETWORK, .family = NFPROTO_IPV6,
	  .mask = 0x0fc0, .shift = 6 },
	{ "icmp type", NFT_SOURCE_TRANSPORT, 0, 1, NFT_NOTATION_NETWORK, icmp_types,
	  .family = NFPROTO_IPV4, .protocol = IPPROTO_ICMP },
	{ "icmp code", NFT_SOURCE_TRANSPORT, 1, 1, NFT_NOTATION_NETWORK, .family = NFPROTO_IPV4,
	  .protocol = IPPROTO_ICMP },
	{ "icmpv6 type", NFT_SOURCE_TRANSPORT, 0, 1, NFT_NOTATION_NETWORK, icmp6_types,
	  .family = NFPROTO_IPV6, .protocol = IPPROTO_ICMPV6 },
	{ "icmpv6 code", NFT_SOURCE_TRANSPORT, 1, 1, NFT_NOTATION_NETWORK, .family = NFPROTO_IPV6,
	  .protocol = IPPROTO_ICMPV6 },
	{ "frag more-fragments", NFT_SOURCE_FRAGMENT, 3, 1, NFT_NOTATION_NETWORK,
	  .family = NFPROTO_IPV6, .mask = 0x01 },
	{ "frag frag-off", NFT_SOURCE_FRAGMENT, 2, 2, NFT_NOTATION_NETWORK, .family = NFPROTO_IPV6,
	  .mask = 0xfff8, .shift = 3 },
	{ "exthdr frag", NFT_SOURCE_HEADER, IPPROTO_FRAGMENT, 1, NFT_NOTATION_NETWORK, existence,
	  .family = NFPROTO_IPV6 },
	{ "tcp sport", NFT_SOURCE_TRANSPORT, 0, 2, NFT_NOTATION_NETWORK, .protocol = IPPROTO_TCP },
	{ "tcp dport", NFT_SOURCE_TRANSPORT, 2, 2, NFT_NOTATION_NETWORK, .protocol = IPPROTO_TCP },
	{ "udp sport", NFT_SOURCE_TRANSPORT, 0, 2, NFT_NOTATION_NETWORK, .protocol = IPPROTO_UDP },
	{ "udp dport", NFT_SOURCE_TRANSPORT, 2, 2, NFT_NOTATION_NETWORK, .protocol = IPPROTO_UDP },
	{ "sctp sport", NFT_SOURCE_TRANSPORT, 0, 2, NFT_NOTATION_NETWORK,
	  .protocol = IPPROTO_SCTP },
	{ "sctp dport", NFT_SOURCE_TRANSPORT, 2, 2, NFT_NOTATION_NETWORK,
	  .protocol = IPPROTO_SCTP },
	{ "th sport", NFT_SOURCE_TRANSPORT, 0, 2, NFT_NOTATION_NETWORK },
	{ "th dport", NFT_SOURCE_TRANSPORT, 2, 2, NFT_NOTATION_NETWORK },
	{ "tcp flags", NFT_SOURCE_TRANSPORT, 13, 1, NFT_NOTATION_FLAGS, tcp_flags,
	  .protocol = IPPROTO_TCP },
	{ "fib daddr oif", NFT_SOURCE_FIB, NFTA_FIB_F_DADDR, 4, NFT_NOTATION_HOST },
	{ "socket cgroupv2 level", NFT_SOURCE_CGROUP, NFT_SOCKET_CGROUPV2, 8, NFT_NOTATION_HOST },
};

size_t nft_words_match(const char *words, const char *const *tokens, size_t n)
{
	size_t used = 0;

	while (used < n) {
		size_t length = strlen(tokens[used]);

		if (strncmp(words, tokens[used], length) != 0)
			return 0;
		used++;
		if (words[length] == '\0')
			return used;
		if (words[length] != ' ')
			return 0;
		words += length + 1;
	}
	return 0;
}

/* "@nh,OFFSET,LENGTH" or "@th,...", in bits that make whole bytes. */
static bool raw_field(const char *token, struct nft_field *ret)
{
	struct nft_field field = { .words = "", .notation = NFT_NOTATION_NETWORK };
	unsigned offset, length;
	int used = 0;

	if (sscanf(token, "@nh,%4u,%3u%n", &offset, &length, &used) == 2 && !token[used])
		field.source = NFT_SOURCE_NETWORK;
	else if (sscanf(token, "@th,%4u,%3u%n", &offset, &length, &used) == 2 && !token[used])
		field.source = NFT_SOURCE_TRANSPORT;
	else
		return false;
	if (offset % 8 || length % 8 || offset / 8 > UINT8_MAX || length == 0 ||
	    length / 8 > NFT_VALUE_MAX)
		return false;
	field.selector = offset / 8;
	field.size = (uint8_t)(length / 8);
	*ret = field;
	return true;
}

size_t nft_field_find(const char *const *tokens, size_t n, struct nft_field *ret)
{
	if (n && tokens[0][0] == '@')
		return raw_field(tokens[0], ret);
	for (size_t i = 0; i < ELEMENTS_OF(fields); i++) {
		size_t used = nft_words_match(fields[i].words, tokens, n);

		if (used) {
			*ret = fields[i];
			return used;
		}
	}
	return 0;
}

int nft_number(const char *text, size_t size, uint64_t *ret)
{
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno || *end || (size < sizeof(number) && number >> size * 8))
		return -EINVAL;
	*ret = number;
	return 0;
}

/* A name or a number. */
static int word_value(const struct nft_field *field, const char *text, uint64_t *ret)
{
	for (const struct nft_name *name = field->names; name && name->name; name++)
		if (strcmp(name->name, text) == 0) {
			*ret = name->value;
			return 0;
		}
	return nft_number(text, field->size, ret);
}

static int flags_value(const struct nft_field *field, const char *text, uint64_t *ret)
{
	char copy[64], *rest = copy, *word;
	uint64_t flags = 0, flag;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	while ((word = strsep(&rest, ","))) {
		if (word_value(field, word, &flag) < 0)
			return -EINVAL;
		flags |= flag;
	}
	*ret = flags;
	return 0;
}

static void store(uint64_t number, const struct nft_field *field, struct nft_value *ret)
{
	uint32_t four = (uint32_t)number;

	if (field->notation == NFT_NOTATION_NETWORK || field->size == 1)
		for (size_t i = field->size; i-- > 0; number >>= 8)
			ret->bytes[i] = (uint8_t)number;
	else if (field->size == sizeof(four))
		memcpy(ret->bytes, &four, sizeof(four));
	else
		memcpy(ret->bytes, &number, sizeof(number));
}

static int number_value(const struct nft_field *field, const char *text, struct nft_value *ret)
{
	uint64_t number;
	int r = field->notation == NFT_NOTATION_FLAGS ? flags_value(field, text, &number)
						      : word_value(field, text, &number);

	if (r < 0 || (field->mask && number > (uint64_t)field->mask >> field->shift))
		return -EINVAL;
	store(number << field->shift, field, ret);
	return 0;
}

static int address_value(const struct nft_field *field, const char *text, struct nft_value *ret)
{
	struct ip_address address;

	if (ip_parse(text, &address) < 0 || ip_size(address.family) != field->size)
		return -EINVAL;
	memcpy(ret->bytes, address.bytes, field->size);
	return 0;
}

/* The kernel takes labels as words in its own byte order. */
static int label_value(const struct nft_field *field, const char *text, struct nft_value *ret)
{
	uint32_t words[NFT_VALUE_MAX / sizeof(uint32_t)] = { 0 };
	uint64_t bit;

	if (nft_number(text, sizeof(uint8_t), &bit) < 0 || bit / 8 >= field->size)
		return -EINVAL;
	words[bit / 32] = 1U << bit % 32;
	memcpy(ret->bytes, words, sizeof(words));
	return 0;
}

/* The quotes may be left out. */
static int interface_value(const char *text, struct nft_value *ret)
{
	size_t length = strlen(text);

	if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
		text++;
		length -= 2;
	}
	if (length == 0 || length >= IFNAMSIZ)
		return -EINVAL;
	memcpy(ret->bytes, text, length);
	return 0;
}

int nft_field_value(const struct nft_field *field, const char *text, struct nft_value *ret)
{
	struct nft_value value = { 0 };
	int r = 0;

	switch (field->notation) {
	case NFT_NOTATION_HOST:
	case NFT_NOTATION_NETWORK:
	case NFT_NOTATION_FLAGS:
		r = number_value(field, text, &value);
		break;
	case NFT_NOTATION_LABEL:
		r = label_value(field, text, &value);
		break;
	case NFT_NOTATION_ADDRESS:
		r = address_value(field, text, &value);
		break;
	case NFT_NOTATION_INTERFACE:
		r = interface_value(text, &value);
		break;
	}
	if (r == 0)
		*ret = value;
	return r;
}
