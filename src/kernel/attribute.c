/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributes of netlink messages, read without trusting what they say of themselves: one that is
 * missing or too short is as good as zero.
 */
#include "kernel/attribute.h"

#include <endian.h>
#include <stdbool.h>
#include <stdio.h>

static void attributes_clear(const struct nlattr **ret, unsigned max)
{
	for (unsigned i = 0; i <= max; i++)
		ret[i] = NULL;
}

void attributes_scan(const void *data, size_t size, const struct nlattr **ret, unsigned max)
{
	const struct nlattr *attribute = data;
	const char *end = (const char *)data + size;

	attributes_clear(ret, max);
	for (; mnl_attr_ok(attribute, (int)(end - (const char *)attribute));
	     attribute = mnl_attr_next(attribute))
		if (mnl_attr_get_type(attribute) <= max)
			ret[mnl_attr_get_type(attribute)] = attribute;
}

void attributes_of_message(const struct nlmsghdr *message, size_t header_size,
			   const struct nlattr **ret, unsigned max)
{
	size_t size = mnl_nlmsg_get_payload_len(message), skip = MNL_ALIGN(header_size);

	attributes_scan(mnl_nlmsg_get_payload_offset(message, header_size),
			size > skip ? size - skip : 0, ret, max);
}

void attributes_nested(const struct nlattr *attribute, const struct nlattr **ret, unsigned max)
{
	if (attribute)
		attributes_scan(mnl_attr_get_payload(attribute),
				mnl_attr_get_payload_len(attribute), ret, max);
	else
		attributes_clear(ret, max);
}

static bool attribute_has(const struct nlattr *attribute, size_t size)
{
	return attribute && mnl_attr_get_payload_len(attribute) >= size;
}

uint8_t attribute_u8(const struct nlattr *attribute)
{
	return attribute_has(attribute, sizeof(uint8_t)) ? mnl_attr_get_u8(attribute) : 0;
}

uint16_t attribute_u16(const struct nlattr *attribute)
{
	return attribute_has(attribute, sizeof(uint16_t)) ? mnl_attr_get_u16(attribute) : 0;
}

uint32_t attribute_u32(const struct nlattr *attribute)
{
	return attribute_has(attribute, sizeof(uint32_t)) ? mnl_attr_get_u32(attribute) : 0;
}

static uint64_t attribute_u64(const struct nlattr *attribute)
{
	return attribute_has(attribute, sizeof(uint64_t)) ? mnl_attr_get_u64(attribute) : 0;
}

uint16_t attribute_be16(const struct nlattr *attribute)
{
	return be16toh(attribute_u16(attribute));
}

uint32_t attribute_be32(const struct nlattr *attribute)
{
	return be32toh(attribute_u32(attribute));
}

uint64_t attribute_be64(const struct nlattr *attribute)
{
	return be64toh(attribute_u64(attribute));
}

void attribute_text(const struct nlattr *attribute, char *ret, size_t size)
{
	size_t length = attribute ? mnl_attr_get_payload_len(attribute) : 0;

	snprintf(ret, size, "%.*s", (int)length,
		 attribute ? (const char *)mnl_attr_get_payload(attribute) : "");
}

const char *attribute_string(const struct nlattr *attribute)
{
	return attribute && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) == 0
		       ? mnl_attr_get_str(attribute)
		       : NULL;
}

struct ip_address attribute_address(const struct nlattr *attribute, uint8_t family)
{
	return attribute_has(attribute, ip_size(family))
		       ? ip_make(family, mnl_attr_get_payload(attribute))
		       : (struct ip_address){ 0 };
}

void attribute_put_address(struct nlmsghdr *message, uint16_t type,
			   const struct ip_address *address)
{
	if (ip_is_set(address))
		mnl_attr_put(message, type, ip_size(address->family), address->bytes);
}
