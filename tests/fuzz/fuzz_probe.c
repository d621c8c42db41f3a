/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes as what a checked server answers; the first says which kind. What is accepted must be as
 * the contracts say.
 */
#include "base/cleanup.h"
#include "probe/dns_message.h"
#include "probe/parse.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void read_agent(const char *data, size_t size)
{
	struct agent_line line;

	if (agent_parse(data, size, &line) < 0)
		return;
	check(line.weight >= -1 && line.maxconn >= -1);
	for (const char *p = line.reason; *p; p++)
		check(*p >= ' ' && *p <= '~');
}

static void read_mail(const char *data, size_t size)
{
	unsigned code = 0;
	int used = smtp_reply(data, size, &code);

	if (used > 0)
		check((size_t)used <= size && code >= 200 && code <= 999);
}

static void read_dns(const uint8_t *data, size_t size)
{
	struct dns_answer answer;
	uint8_t query[DNS_QUERY_MAX];
	int query_size = dns_query(query, 0x4141, "example", 1);

	if (dns_answer(query, (size_t)query_size, data, size, &answer) == 0)
		check(answer.rcode < 16);
}

/* What people write, though not strangers. */
static void read_text(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);
	uint8_t query[DNS_QUERY_MAX], decoded[64];
	size_t decoded_size = 0;
	uint16_t type;

	if (!text)
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	status_matches(text, 200);
	dns_type_parse(text, &type);
	check(dns_query(query, 1, text, 1) <= DNS_QUERY_MAX);
	if (escapes_decode(text, decoded, sizeof(decoded), &decoded_size) == 0)
		check(decoded_size <= sizeof(decoded) && decoded_size <= size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	switch (data[0]) {
	case 'a':
		read_agent((const char *)data + 1, size - 1);
		break;
	case 'm':
		read_mail((const char *)data + 1, size - 1);
		break;
	case 'd':
		read_dns(data + 1, size - 1);
		break;
	default:
		read_text(data + 1, size - 1);
	}
	return 0;
}
