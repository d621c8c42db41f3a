/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An IPv4 or IPv6 address in network byte order; family AF_UNSPEC (0) means none. Unused bytes are
 * 0. */
struct ip_address {
	uint8_t family;
	uint8_t bytes[16];
};

struct ip_prefix {
	struct ip_address address;
	uint8_t length;
};

enum {
	IP_TEXT_MAX = INET6_ADDRSTRLEN + 4
};

/* Text of an address or prefix, held in the struct so that it can be a call's argument. */
struct ip_text {
	char text[IP_TEXT_MAX];
};

/* "192.0.2.1" or "2001:db8::1" -> 0, else -EINVAL. */
int ip_parse(const char *text, struct ip_address *ret);
/* "192.0.2.0/24"; without a length the whole address. Host bits are kept. 0 or -EINVAL. */
int ip_prefix_parse(const char *text, struct ip_prefix *ret);
struct ip_text ip_text(const struct ip_address *address);
struct ip_text ip_prefix_text(const struct ip_prefix *prefix);

static inline bool ip_is_set(const struct ip_address *address)
{
	return address->family != AF_UNSPEC;
}

/* Bytes (4 or 16) and bits (32 or 128) of an address of this family. */
static inline size_t ip_size(uint8_t family)
{
	return family == AF_INET6 ? 16 : 4;
}

static inline uint8_t ip_bits(uint8_t family)
{
	return family == AF_INET6 ? 128 : 32;
}

struct ip_address ip_make(uint8_t family, const void *bytes);
struct ip_prefix ip_host(const struct ip_address *address);
bool ip_equal(const struct ip_address *a, const struct ip_address *b);
int ip_compare(const struct ip_address *a, const struct ip_address *b);
int ip_prefix_compare(const struct ip_prefix *a, const struct ip_prefix *b);
/* The prefix with the bits beyond its length cleared; its last address. */
struct ip_prefix ip_network(const struct ip_prefix *prefix);
struct ip_address ip_last(const struct ip_prefix *prefix);
bool ip_contains(const struct ip_prefix *prefix, const struct ip_address *address);
bool ip_overlap(const struct ip_prefix *a, const struct ip_prefix *b);
/* True when another of the prefixes contains the one at `i`, or an earlier one equals it. */
bool ip_is_covered(const struct ip_prefix *prefixes, size_t n, size_t i);
/* Adds one; false when the last address of all wraps to the first. */
bool ip_increment(struct ip_address *address);
/* Subtracts one; false when the first address of all wraps to the last. */
bool ip_decrement(struct ip_address *address);
bool ip_is_link_local(const struct ip_address *address);
bool ip_is_unique_local(const struct ip_address *address);
