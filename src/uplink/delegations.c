/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Delegated prefixes as a value. Those of lines that the file no longer has wait for it. */
#include "uplink/delegations.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LONGEST = 64 /* with fewer host bits no host makes itself an address */
};

void delegations_done(struct delegations *delegations)
{
	array_done(&delegations->v);
}

static bool is_delegable(const struct ip_prefix *prefix)
{
	const struct ip_prefix multicast = { { AF_INET6, { 0xff } }, 8 };

	return prefix->address.family == AF_INET6 && prefix->length > 0 &&
	       prefix->length <= LONGEST && !ip_is_link_local(&prefix->address) &&
	       !ip_contains(&multicast, &prefix->address);
}

static int keep_others(const struct delegations *delegations, const char *uplink,
		       struct delegations *ret)
{
	int r = 0;

	array_foreach(&delegations->v, known)
		if (strcmp(known->uplink, uplink) != 0)
			r = r < 0 ? r : array_push(&ret->v, *known);
	return r;
}

int delegations_set(struct delegations *delegations, const char *uplink,
		    const struct ip_prefix *prefixes, size_t n)
{
	struct delegations fresh = { 0 };
	int r;

	for (size_t i = 0; i < n; i++)
		if (!is_delegable(&prefixes[i]))
			return -EINVAL;
	if (n > LINE_DELEGATED_MAX)
		return -E2BIG;
	r = keep_others(delegations, uplink, &fresh);
	for (size_t i = 0; i < n; i++) {
		struct delegation entry = { .prefix = ip_network(&prefixes[i]) };

		snprintf(entry.uplink, sizeof(entry.uplink), "%s", uplink);
		r = r < 0 ? r : array_push(&fresh.v, entry);
	}
	if (r < 0) {
		delegations_done(&fresh);
		return r;
	}
	delegations_done(delegations);
	*delegations = fresh;
	return 0;
}

void delegations_apply(const struct delegations *delegations, struct world *world)
{
	for (size_t i = 0; i < world->config->uplinks.n; i++) {
		struct line *line = &world->lines[i];

		memset(&line->delegated, 0, sizeof(line->delegated));
		array_foreach(&delegations->v, known)
			if (strcmp(known->uplink, line->config->name) == 0 &&
			    line->delegated.n < LINE_DELEGATED_MAX)
				line->delegated.v[line->delegated.n++] = known->prefix;
	}
}

int delegations_to_text(const struct delegations *delegations, char **ret)
{
	size_t size;
	FILE *out = open_memstream(ret, &size);

	if (!out)
		return -ENOMEM;
	array_foreach(&delegations->v, known)
		fprintf(out, "%s %s\n", known->uplink, ip_prefix_text(&known->prefix).text);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}

int delegations_from_text(struct delegations *delegations, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;

	if (!copy)
		return -ENOMEM;
	while ((line = strsep(&rest, "\n"))) {
		struct delegation entry = { 0 };
		char prefix[IP_TEXT_MAX];

		if (sscanf(line, "%32s %49s", entry.uplink, prefix) != 2 ||
		    ip_prefix_parse(prefix, &entry.prefix) < 0 || !is_delegable(&entry.prefix))
			continue;
		if (array_push(&delegations->v, entry) < 0)
			return -ENOMEM;
	}
	return 0;
}
