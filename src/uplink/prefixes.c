/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The prefixes of a line, wherever they are known from, as one list. */
#include "uplink/prefixes.h"

const struct ip_prefix *line_prefix(const struct line *line, size_t at)
{
	const struct prefixes *configured = &line->config->prefixes;

	if (at < configured->n)
		return &configured->v[at];
	at -= configured->n;
	return at < line->delegated.n ? &line->delegated.v[at] : NULL;
}

bool line_prefix_is_covered(const struct line *line, size_t at)
{
	const struct ip_prefix *prefix = line_prefix(line, at), *other;

	for (size_t i = 0; (other = line_prefix(line, i)); i++)
		if (i != at && ip_contains(other, &prefix->address) &&
		    (other->length < prefix->length || (other->length == prefix->length && i < at)))
			return true;
	return false;
}

bool line_has_prefix_of(const struct line *line, const struct ip_address *address)
{
	const struct ip_prefix *prefix;

	for (size_t i = 0; (prefix = line_prefix(line, i)); i++)
		if (ip_contains(prefix, address))
			return true;
	return false;
}
