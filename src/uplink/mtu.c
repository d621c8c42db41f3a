/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The MTU of a line, which is the least of all that is said of it. */
#include "uplink/mtu.h"

static unsigned least(unsigned a, unsigned b)
{
	return a && (!b || a < b) ? a : b;
}

unsigned line_mtu(const struct world *world, const struct line *line)
{
	const struct link *link = facts_link(world->facts, line->link);
	unsigned told = line->ppp.known ? line->ppp.mtu : 0;

	return least(line->config->mtu, least(told, link ? link->mtu : 0));
}
