/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv6 sources and lines. A host inside that has addresses of several lines' prefixes has chosen
 * one of them, and with it a line: as long as the policy has that line, and none that is better, it
 * leaves by it unchanged. By any other line its packets are translated: to the line's address
 * (leave.c), or net by net to a prefix of the line's (NPTv6, RFC 6296), where each host stays
 * apart from others. Translated nets are taken from the top of the line's prefixes, as clients of
 * DHCPv6 assign them to interfaces from the bottom.
 */
#include "policy/policy.h"

#include "base/cleanup.h"
#include "policy/choice.h"
#include "uplink/prefixes.h"

#include <stdlib.h>
#include <string.h>

enum {
	HOST_NET = 64 /* bits of a net whose hosts keep their own part of the address */
};

/* Lines that the policy has, and that are no worse than what it would choose. */
static bool may_take(const struct choice *choice, const struct line *line)
{
	return line->family[FAMILY_V6].usable && choice->n &&
	       line->grade >= choice->lines[0]->grade;
}

void sources_of_policy(const struct world *world, const struct config_policy *policy,
		       const struct choice *choice, const char *chain, struct objects *objects)
{
	for (size_t i = 0; i < policy->use.n; i++) {
		const struct line *line = &world->lines[policy->use.v[i]];
		const struct ip_prefix *prefix;

		if (!may_take(choice, line))
			continue;
		for (size_t j = 0; (prefix = line_prefix(line, j)); j++) {
			struct ip_prefix net = ip_network(prefix);

			if (net.address.family == AF_INET6 && !line_prefix_is_covered(line, j))
				want_nft(objects, chain, "ip6 saddr %s goto pick/%s",
					 ip_prefix_text(&net).text, line->config->name);
		}
	}
}

struct nets {
	ARRAY(struct ip_prefix) v;
};

static int net_compare(const void *a, const void *b)
{
	return ip_prefix_compare(a, b);
}

/* The nets of hosts inside, each once. */
static int gather_inside(const struct world *world, struct nets *ret)
{
	array_foreach(&world->facts->addresses, address) {
		struct ip_prefix net = { address->prefix.address, HOST_NET };
		int r;

		if (net.address.family != AF_INET6 || address->host_scope ||
		    ip_is_link_local(&net.address) || !world_is_inside(world, address->link))
			continue;
		net = ip_network(&net);
		r = array_push(&ret->v, net);
		if (r < 0)
			return r;
	}
	array_sort(&ret->v, net_compare);
	return 0;
}

static bool is_taken(const struct nets *inside, const struct ip_prefix *net)
{
	array_foreach(&inside->v, other)
		if (ip_prefix_compare(other, net) == 0)
			return true;
	return false;
}

/* Nets of a line that may stand for others, from the last to the first. */
struct supply {
	const struct line *line;
	size_t prefix;         /* the one that is being used up */
	struct ip_prefix next; /* unset: the last of that one */
};

static void step_down(struct supply *supply)
{
	if (ip_decrement(&supply->next.address)) {
		supply->next = ip_network(&supply->next);
	} else {
		supply->next = (struct ip_prefix){ 0 };
		supply->prefix++;
	}
}

/* The next net of hosts that nobody has; false when there are no more. */
static bool take_net(struct supply *supply, const struct nets *inside, struct ip_prefix *ret)
{
	const struct ip_prefix *whole;

	while ((whole = line_prefix(supply->line, supply->prefix))) {
		bool fits = whole->address.family == AF_INET6 && whole->length <= HOST_NET &&
			    !line_prefix_is_covered(supply->line, supply->prefix);

		if (fits && !ip_is_set(&supply->next.address)) {
			supply->next = (struct ip_prefix){ ip_last(whole), HOST_NET };
			supply->next = ip_network(&supply->next);
		}
		if (!fits || !ip_contains(whole, &supply->next.address)) {
			supply->next = (struct ip_prefix){ 0 };
			supply->prefix++;
			continue;
		}
		*ret = supply->next;
		step_down(supply);
		if (!is_taken(inside, ret))
			return true;
	}
	return false;
}

/* Global ones come and go with other lines; so they come last, and move no others when they do. */
static void want_nets(const struct line *line, const char *chain, const struct nets *inside,
		      struct objects *objects)
{
	struct supply supply = { .line = line };
	struct ip_prefix net;

	for (int global = 0; global <= 1; global++)
		array_foreach(&inside->v, from) {
			if (ip_is_unique_local(&from->address) == global ||
			    line_has_prefix_of(line, &from->address))
				continue;
			if (!take_net(&supply, inside, &net))
				return;
			want_nft(objects, chain, "ip6 saddr %s snat ip6 prefix to %s",
				 ip_prefix_text(from).text, ip_prefix_text(&net).text);
		}
}

void sources_of_line(const struct world *world, const struct line *line, const char *chain,
		     struct objects *objects)
{
	struct nets inside = { 0 };

	if (!line->config->nptv6)
		return;
	objects_fail(objects, gather_inside(world, &inside));
	want_nets(line, chain, &inside, objects);
	array_done(&inside.v);
}
