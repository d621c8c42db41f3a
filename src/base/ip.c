/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and prefixes of both families as plain values: parsing, text, order, containment.
 */
#include "base/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int ip_parse(const char *text, struct ip_address *ret)
{
	struct ip_address address = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(address.family, text, address.bytes) != 1)
		return -EINVAL;
	*ret = address;
	return 0;
}

static int length_parse(const char *text, uint8_t most, uint8_t *ret)
{
	unsigned value = 0;

	if (!*text || strlen(text) > 3)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		value = value * 10 + (unsigned)(*text - '0');
	}
	if (value > most)
		return -EINVAL;
	*ret = (uint8_t)value;
	return 0;
}

int ip_prefix_parse(const char *text, struct ip_prefix *ret)
{
	const char *slash = strchr(text, '/');
	char host[INET6_ADDRSTRLEN];
	struct ip_prefix prefix;
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	int r;

	if (length >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, length);
	host[length] = '\0';
	r = ip_parse(host, &prefix.address);
	if (r < 0)
		return r;
	prefix.length = ip_bits(prefix.address.family);
	if (slash) {
		r = length_parse(slash + 1, prefix.length, &prefix.length);
		if (r < 0)
			return r;
	}
	*ret = prefix;
	return 0;
}

struct ip_text ip_text(const struct ip_address *address)
{
	struct ip_text ret = { "none" };

	if (ip_is_set(address))
		inet_ntop(address->family, address->bytes, ret.text, sizeof(ret.text));
	return ret;
}

struct ip_text ip_prefix_text(const struct ip_prefix *prefix)
{
	struct ip_text ret = ip_text(&prefix->address);
	size_t length = strlen(ret.text);

	snprintf(ret.text + length, sizeof(ret.text) - length, "/%u", prefix->length);
	return ret;
}

struct ip_address ip_make(uint8_t family, const void *bytes)
{
	struct ip_address address = { .family = family };

	memcpy(address.bytes, bytes, ip_size(family));
	return address;
}

struct ip_prefix ip_host(const struct ip_address *address)
{
	return (struct ip_prefix){ *address, ip_bits(address->family) };
}

int ip_compare(const struct ip_address *a, const struct ip_address *b)
{
	return memcmp(a, b, sizeof(*a));
}

bool ip_equal(const struct ip_address *a, const struct ip_address *b)
{
	return ip_compare(a, b) == 0;
}

int ip_prefix_compare(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return memcmp(a, b, sizeof(*a));
}

/* The bits of byte `i` that belong to a prefix of `length` bits. */
static uint8_t mask_byte(uint8_t length, size_t i)
{
	if (length >= (i + 1) * 8)
		return 0xff;
	if (length <= i * 8)
		return 0;
	return (uint8_t)(0xff << (8 - (length - i * 8)));
}

struct ip_prefix ip_network(const struct ip_prefix *prefix)
{
	struct ip_prefix network = *prefix;

	for (size_t i = 0; i < ip_size(prefix->address.family); i++)
		network.address.bytes[i] &= mask_byte(prefix->length, i);
	return network;
}

struct ip_address ip_last(const struct ip_prefix *prefix)
{
	struct ip_address last = prefix->address;

	for (size_t i = 0; i < ip_size(last.family); i++)
		last.bytes[i] |= (uint8_t)~mask_byte(prefix->length, i);
	return last;
}

bool ip_contains(const struct ip_prefix *prefix, const struct ip_address *address)
{
	if (prefix->address.family != address->family)
		return false;
	for (size_t i = 0; i < ip_size(address->family); i++)
		if ((prefix->address.bytes[i] ^ address->bytes[i]) & mask_byte(prefix->length, i))
			return false;
	return true;
}

bool ip_overlap(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->length <= b->length ? ip_contains(a, &b->address) : ip_contains(b, &a->address);
}

bool ip_is_covered(const struct ip_prefix *prefixes, size_t n, size_t i)
{
	for (size_t j = 0; j < n; j++)
		if (j != i && ip_contains(&prefixes[j], &prefixes[i].address) &&
		    (prefixes[j].length < prefixes[i].length ||
		     (prefixes[j].length == prefixes[i].length && j < i)))
			return true;
	return false;
}

bool ip_increment(struct ip_address *address)
{
	for (size_t i = ip_size(address->family); i-- > 0;)
		if (++address->bytes[i])
			return true;
	return false;
}

bool ip_decrement(struct ip_address *address)
{
	for (size_t i = ip_size(address->family); i-- > 0;)
		if (address->bytes[i]--)
			return true;
	return false;
}

bool ip_is_link_local(const struct ip_address *address)
{
	if (address->family == AF_INET6)
		return address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
	return address->bytes[0] == 169 && address->bytes[1] == 254;
}

bool ip_is_unique_local(const struct ip_address *address)
{
	return address->family == AF_INET6 && (address->bytes[0] & 0xfe) == 0xfc;
}
