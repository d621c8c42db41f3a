/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/ip.h"

#include <libmnl/libmnl.h>
#include <stdint.h>

/* Fills ret[0] to ret[max] with the attributes behind the fixed part, or NULL where there is none.
 */
void attributes_of_message(const struct nlmsghdr *message, size_t header_size,
			   const struct nlattr **ret, unsigned max);
void attributes_scan(const void *data, size_t size, const struct nlattr **ret, unsigned max);
/* Those inside an attribute; none when it is NULL. */
void attributes_nested(const struct nlattr *attribute, const struct nlattr **ret, unsigned max);

/* The value; 0 or unset when there is no such attribute or it is too short. */
uint8_t attribute_u8(const struct nlattr *attribute);
uint16_t attribute_u16(const struct nlattr *attribute);
uint32_t attribute_u32(const struct nlattr *attribute);
/* The same of what is in network byte order, as with netfilter, in that of the host. */
uint16_t attribute_be16(const struct nlattr *attribute);
uint32_t attribute_be32(const struct nlattr *attribute);
uint64_t attribute_be64(const struct nlattr *attribute);
/* The text itself; NULL when there is none, or no end to it. */
const char *attribute_string(const struct nlattr *attribute);
/* Its text, which need not be terminated there but is in `ret`, of `size` bytes. */
void attribute_text(const struct nlattr *attribute, char *ret, size_t size);
struct ip_address attribute_address(const struct nlattr *attribute, uint8_t family);
/* Only an address that is set is put. */
void attribute_put_address(struct nlmsghdr *message, uint16_t type,
			   const struct ip_address *address);
