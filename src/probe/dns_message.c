/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of DNS (RFC 1035, section 4) as it takes to ask one question and to see that it was
 * answered. An answer counts only when it repeats identifier and question, so that nothing
 * but an answer to us is taken for one.
 */
#include "probe/dns_message.h"

#include "base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	HEADER_SIZE = 12,
	LABEL_MAX = 63,
	NAME_MAX_SIZE = 255,
	CLASS_IN = 1,
	RECORD_FIXED = 10 /* type, class, TTL and length of a record */
};

static const struct {
	const char *name;
	uint16_t type;
} types[] = {
	{ "A", 1 },   { "NS", 2 },   { "CNAME", 5 }, { "SOA", 6 },  { "PTR", 12 },
	{ "MX", 15 }, { "TXT", 16 }, { "AAAA", 28 }, { "SRV", 33 }, { "ANY", 255 },
};

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

int dns_type_parse(const char *text, uint16_t *ret)
{
	unsigned long value;
	char *end;

	for (size_t i = 0; i < ELEMENTS_OF(types); i++)
		if (strcasecmp(text, types[i].name) == 0) {
			*ret = types[i].type;
			return 0;
		}
	if (strncasecmp(text, "TYPE", 4) != 0 || text[4] < '0' || text[4] > '9')
		return -EINVAL;
	value = strtoul(text + 4, &end, 10);
	if (*end || value > UINT16_MAX)
		return -EINVAL;
	*ret = (uint16_t)value;
	return 0;
}

/* A name as labels. Returns its size, or -EINVAL. */
static int put_name(uint8_t *out, const char *name)
{
	size_t size = 0;

	while (*name && strcmp(name, ".") != 0) {
		size_t length = strcspn(name, ".");

		if (length == 0 || length > LABEL_MAX || size + length + 2 > NAME_MAX_SIZE)
			return -EINVAL;
		out[size] = (uint8_t)length;
		memcpy(out + size + 1, name, length);
		size += length + 1;
		name += length;
		name += *name == '.' && name[1];
	}
	out[size] = 0;
	return (int)size + 1;
}

int dns_query(uint8_t out[DNS_QUERY_MAX], uint16_t id, const char *name, uint16_t type)
{
	int size;

	memset(out, 0, HEADER_SIZE);
	put16(out, id);
	put16(out + 2, 0x0100); /* recursion desired */
	put16(out + 4, 1);
	size = put_name(out + HEADER_SIZE, name ? name : "");
	if (size < 0)
		return size;
	size += HEADER_SIZE;
	put16(out + size, type);
	put16(out + size + 2, CLASS_IN);
	return size + 4;
}

/* Where the name at `at` ends, or 0 when it goes beyond the end. A pointer ends it (RFC
 * 1035, 4.1.4). */
static size_t skip_name(const uint8_t *data, size_t size, size_t at)
{
	while (at < size) {
		uint8_t length = data[at];

		if ((length & 0xc0) == 0xc0)
			return at + 2 <= size ? at + 2 : 0;
		if (length > LABEL_MAX)
			return 0;
		at += (size_t)length + 1;
		if (length == 0)
			return at <= size ? at : 0;
	}
	return 0;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* Without regard to case, which servers may change; the lengths of labels are no letters. */
static bool same_question(const uint8_t *a, const uint8_t *b, size_t size)
{
	size_t name = size - 4; /* type and class follow it */

	for (size_t i = 0; i < name; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return memcmp(a + name, b + name, 4) == 0;
}

static size_t skip_record(const uint8_t *data, size_t size, size_t at)
{
	at = skip_name(data, size, at);
	if (at == 0 || size - at < RECORD_FIXED)
		return 0;
	at += RECORD_FIXED;
	return size - at < get16(data + at - 2) ? 0 : at + get16(data + at - 2);
}

int dns_answer(const uint8_t *query, size_t query_size, const uint8_t *data, size_t size,
	       struct dns_answer *ret)
{
	struct dns_answer answer = { 0 };
	size_t at = query_size;

	if (size < query_size || query_size < HEADER_SIZE + 5 || get16(data) != get16(query) ||
	    !(data[2] & 0x80) || get16(data + 4) != 1 ||
	    !same_question(query + HEADER_SIZE, data + HEADER_SIZE, query_size - HEADER_SIZE))
		return -EBADMSG;
	answer.rcode = data[3] & 0x0f;
	answer.truncated = data[2] & 0x02;
	for (unsigned left = get16(data + 6); left; left--) {
		at = skip_record(data, size, at);
		if (at == 0 && answer.truncated)
			break;
		if (at == 0)
			return -EBADMSG;
		answer.records++;
	}
	*ret = answer;
	return 0;
}
