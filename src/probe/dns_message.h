/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DNS_QUERY_MAX = 12 + 255 + 4
};

/* "A", "soa", "TYPE65" -> 0, else -EINVAL. */
int dns_type_parse(const char *text, uint16_t *ret);
/* A question with recursion desired. `name` is NULL for the root. Returns its size or -EINVAL. */
int dns_query(uint8_t out[DNS_QUERY_MAX], uint16_t id, const char *name, uint16_t type);

struct dns_answer {
	uint8_t rcode;
	uint16_t records; /* in the answer section, all of them well formed */
	bool truncated;   /* then there may be fewer than said */
};

/* Reads the answer to `query`. -EBADMSG when it is no answer, or the answer to something else. */
int dns_answer(const uint8_t *query, size_t query_size, const uint8_t *data, size_t size,
	       struct dns_answer *ret);
