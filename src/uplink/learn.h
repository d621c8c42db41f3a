/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/world.h"

/*
 * What the facts say of a line: its link, the address to speak with and the way out, in each
 * family. Sets line->link and line->family except `usable`.
 *
 * The address is the first that is usable, global and permanent, in the gateway's net if any is; an
 * IP alias of our own only when there is nothing else, and in IPv6 one of the box's elsewhere that
 * is within the line's prefixes when the line itself has none at all. The way out is the configured
 * gateway; else the best default route of the main table over this interface (DHCP client,
 * networkd, router advertisement); else, on a point-to-point link, the link itself, or the peer of
 * an address.
 */
void uplink_learn(struct line *line, const struct facts *facts);

/* Addresses of a line that others may know it by, of one family: not link-local, not tentative. */
bool uplink_owns(const struct line *line, const struct address *address);

/* A gateway within a connected prefix of the line, or link-local; any other is "onlink". */
bool uplink_reaches(const struct line *line, const struct facts *facts,
		    const struct ip_address *gateway);
