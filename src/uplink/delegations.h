/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/array.h"
#include "intent/world.h"

/*
 * The prefixes that a DHCPv6 client was given, by the names of lines: what line->delegated is made
 * from, and what outlives the daemon. Zero-initialised there are none.
 */

struct delegation {
	char uplink[CONFIG_NAME_MAX + 1];
	struct ip_prefix prefix;
};

struct delegations {
	ARRAY(struct delegation) v;
};

void delegations_done(struct delegations *delegations);

/*
 * Replaces those of a line. 0; -EINVAL for what is no IPv6 network that can be delegated; -E2BIG
 * for more than LINE_DELEGATED_MAX; -ENOMEM; and then nothing has changed.
 */
int delegations_set(struct delegations *delegations, const char *uplink,
		    const struct ip_prefix *prefixes, size_t n);

/* Sets line->delegated of all lines. */
void delegations_apply(const struct delegations *delegations, struct world *world);

/* A line each: "dsl0 2001:db8:1::/56". A new string, or -ENOMEM; what is damaged is left out. */
int delegations_to_text(const struct delegations *delegations, char **ret);
int delegations_from_text(struct delegations *delegations, const char *text);
