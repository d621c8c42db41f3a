/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/world.h"

#include <stddef.h>

/* DNS servers, best first; they belong to the line. */
struct resolvers {
	const struct ip_address *v;
	size_t n;
};

/* Those that are known by a line: of the file, or told by PPP. */
struct resolvers line_resolvers(const struct line *line);

/* True when the line may carry what is asked of that server. */
bool line_can_ask(const struct line *line, const struct ip_address *server);

enum {
	RESOLV_CONF_HEEDED = 3 /* servers that libc asks: MAXNS of resolv.h */
};

/*
 * The text of a resolv.conf(5): the servers of the lines in that order, as far as they can be asked
 * now, each once. A new string, or NULL without memory.
 */
char *resolv_conf(const struct line *const *lines, size_t n);
