/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which DNS servers belong to which line. Pure, and nothing is remembered: what PPP was told goes
 * with the session.
 */
#include "uplink/resolvers.h"

#include <stdio.h>

struct resolvers line_resolvers(const struct line *line)
{
	const struct config_uplink *config = line->config;
	struct resolvers resolvers = { 0 };

	switch (config->resolvers) {
	case RESOLVERS_OFF:
		break;
	case RESOLVERS_LISTED:
		resolvers = (struct resolvers){ config->dns.v, config->dns.n };
		break;
	case RESOLVERS_AUTO:
		for (size_t i = 0; line->ppp.known && i < ELEMENTS_OF(line->ppp.dns); i++)
			if (ip_is_set(&line->ppp.dns[i])) {
				resolvers.v = resolvers.n ? resolvers.v : &line->ppp.dns[i];
				resolvers.n++;
			}
		break;
	}
	return resolvers;
}

bool line_can_ask(const struct line *line, const struct ip_address *server)
{
	return line->family[family_index(server->family)].usable;
}

/* Some line before this one, or this one before `at`, has the same server. */
static bool is_listed(const struct line *const *lines, size_t line, size_t at)
{
	struct ip_address server = line_resolvers(lines[line]).v[at];

	for (size_t i = 0; i <= line; i++) {
		struct resolvers resolvers = line_resolvers(lines[i]);

		for (size_t j = 0; j < (i == line ? at : resolvers.n); j++)
			if (ip_equal(&resolvers.v[j], &server) && line_can_ask(lines[i], &server))
				return true;
	}
	return false;
}

static void print_line(const struct line *const *lines, size_t at, FILE *out)
{
	struct resolvers resolvers = line_resolvers(lines[at]);
	bool named = false;

	for (size_t i = 0; i < resolvers.n; i++) {
		if (!line_can_ask(lines[at], &resolvers.v[i]) || is_listed(lines, at, i))
			continue;
		if (!named)
			fprintf(out, "# %s\n", lines[at]->config->name);
		named = true;
		fprintf(out, "nameserver %s\n", ip_text(&resolvers.v[i]).text);
	}
}

char *resolv_conf(const struct line *const *lines, size_t n)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out,
		"# Written by uplinkd: the DNS servers of the lines that may be used, best first.\n"
		"# Of these, libc heeds the first %d.\n",
		RESOLV_CONF_HEEDED);
	for (size_t i = 0; i < n; i++)
		print_line(lines, i, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
