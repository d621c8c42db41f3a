/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What leaves by a line: source NAT to an address of that line, and behind it a gate that lets no
 * other source out. The gate stands on its own because late packets of deleted connections pass
 * NAT untouched.
 */
#include "policy/policy.h"

#include "uplink/learn.h"
#include "uplink/prefixes.h"

#include <stdio.h>
#include <string.h>

/* A source prefix that leaves by this line as it is. */
static void want_routed(const struct line *line, const struct ip_prefix *prefix,
			struct objects *objects)
{
	struct ip_prefix network = ip_network(prefix);
	struct ip_address end = ip_last(prefix);
	struct nft_key first = { 0 }, last = { 0 };

	nft_key_interface(&first, line->config->interface);
	nft_key_address(&first, &network.address);
	nft_key_interface(&last, line->config->interface);
	nft_key_address(&last, &end);
	want_range(objects, prefix->address.family == AF_INET6 ? "routed6" : "routed4", &first,
		   &last);
}

static bool leaves_all_alone(const struct line *line, enum family_index f)
{
	return line->config->snat == SNAT_OFF && !ip_is_set(&line->config->snat_address[f]);
}

static void want_routed_prefixes(const struct line *line, struct objects *objects)
{
	const struct ip_prefix *prefix;

	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		struct ip_prefix everything = { .address = { .family = family_of(f) } };

		if (leaves_all_alone(line, f))
			want_routed(line, &everything, objects);
	}
	for (size_t i = 0; (prefix = line_prefix(line, i)); i++)
		if (!line_prefix_is_covered(line, i) &&
		    !leaves_all_alone(line, family_index(prefix->address.family)))
			want_routed(line, prefix, objects);
}

/* An address that is put in place of others: configured, or the line's own now. */
static struct ip_address snat_address(const struct line *line, enum family_index f)
{
	if (ip_is_set(&line->config->snat_address[f]))
		return line->config->snat_address[f];
	if (line->config->snat == SNAT_AUTO)
		return line->family[f].address;
	return (struct ip_address){ 0 };
}

static void want_own(const struct line *line, const struct ip_address *address,
		     struct objects *objects)
{
	struct nft_key key = { 0 };

	nft_key_interface(&key, line->config->interface);
	nft_key_address(&key, address);
	want_member(objects, address->family == AF_INET6 ? "own6" : "own4", &key);
}

static void want_own_addresses(const struct world *world, const struct line *line,
			       struct objects *objects)
{
	array_foreach(&world->facts->addresses, address)
		if (line->link && address->link == line->link &&
		    !ip_is_link_local(&address->prefix.address))
			want_own(line, &address->prefix.address, objects);
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		if (ip_is_set(&line->config->snat_address[f]))
			want_own(line, &line->config->snat_address[f], objects);
}

/*
 * A neighbour in another net of the line than that of its address, like a modem, may well know no
 * net but its own. ("masquerade" chooses alike; an address that was asked for stays.)
 */
static void want_leave_to_nets(const struct world *world, const struct line *line,
			       const char *chain, struct objects *objects)
{
	array_foreach(&world->facts->addresses, address) {
		uint8_t family = address->prefix.address.family;
		enum family_index f = family_index(family);
		struct ip_prefix net = ip_network(&address->prefix), mask = address->prefix;
		const char *ip = f == FAMILY_V6 ? "ip6" : "ip";

		if (line->config->snat != SNAT_AUTO || ip_is_set(&line->config->snat_address[f]) ||
		    !uplink_owns(line, address) || ip_is_set(&address->peer) ||
		    net.length == ip_bits(family) || ip_contains(&net, &line->family[f].address))
			continue;
		memset(mask.address.bytes, 0xff, ip_size(family));
		mask = ip_network(&mask);
		want_nft(objects, chain, "%s daddr & %s == %s snat %s to %s", ip,
			 ip_text(&mask.address).text, ip_text(&net.address).text, ip,
			 ip_text(&address->prefix.address).text);
	}
}

static void want_leave(const struct world *world, const struct line *line, struct objects *objects)
{
	const char *name = line->config->name;
	char chain[64];

	snprintf(chain, sizeof(chain), "leave/%s", name);
	want_chain(objects, chain, NULL);
	want_nft(objects, chain, "oifname . ip saddr @own4 accept");
	want_nft(objects, chain, "oifname . ip6 saddr @own6 accept");
	want_nft(objects, chain, "oifname . ip saddr @routed4 accept");
	want_nft(objects, chain, "oifname . ip6 saddr @routed6 accept");
	/* A server of DHCPv6 answers where it was asked from, and no router passes these on. */
	want_nft(objects, chain, "ip6 saddr & ffc0:: == fe80:: accept");
	want_leave_to_nets(world, line, chain, objects);
	sources_of_line(world, line, chain, objects);
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		struct ip_address address = snat_address(line, f);
		const char *ip = f == FAMILY_V6 ? "ip6" : "ip";

		if (ip_is_set(&address))
			want_nft(objects, chain, "snat %s to %s", ip, ip_text(&address).text);
		else if (line->config->snat == SNAT_MASQUERADE)
			want_nft(objects, chain, "meta nfproto %s masquerade",
				 f == FAMILY_V6 ? "ipv6" : "ipv4");
	}
}

/* The usual source first, as a comparison and not a look-up: nearly all packets end there. */
static void want_egress(const struct line *line, struct objects *objects)
{
	char chain[64];

	snprintf(chain, sizeof(chain), "egress/%s", line->config->name);
	want_chain(objects, chain, NULL);
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++) {
		struct ip_address address = snat_address(line, f);

		if (ip_is_set(&address))
			want_nft(objects, chain, "%s saddr == %s accept",
				 f == FAMILY_V6 ? "ip6" : "ip", ip_text(&address).text);
	}
	want_nft(objects, chain, "oifname . ip saddr @own4 accept");
	want_nft(objects, chain, "oifname . ip6 saddr @own6 accept");
	/* What a service says to a connection that is gone (kernel/provoke.c) belongs to none. */
	want_nft(objects, chain, "ip saddr @vips4 oifname . ip saddr @routed4 accept");
	want_nft(objects, chain, "ip6 saddr @vips6 oifname . ip6 saddr @routed6 accept");
	want_nft(objects, chain, "ct state invalid drop");
	want_nft(objects, chain, "oifname . ip saddr @routed4 accept");
	want_nft(objects, chain, "oifname . ip6 saddr @routed6 accept");
	/* Before there is an address: DHCP, neighbour discovery and router solicitation. */
	want_nft(objects, chain, "ip saddr == 0.0.0.0 accept");
	want_nft(objects, chain, "ip6 saddr & ffc0:: == fe80:: accept");
	want_nft(objects, chain, "ip6 saddr == :: accept");
	want_nft(objects, chain, "counter");
	want_nft(objects, chain, "drop");
}

static void want_line(const struct world *world, const struct line *line, struct objects *objects)
{
	struct nft_key interface = { 0 };

	nft_key_interface(&interface, line->config->interface);
	want_verdict(objects, "leaving", &interface, "leave/%s", line->config->name);
	if (needs_line_maps(world))
		want_verdict(objects, "gates", &interface, "egress/%s", line->config->name);
	want_leave(world, line, objects);
	want_egress(line, objects);
	want_own_addresses(world, line, objects);
	want_routed_prefixes(line, objects);
}

void leave_intent(const struct world *world, struct objects *objects)
{
	want_set(objects, "leaving", "ifname", "verdict", 0);
	if (needs_line_maps(world))
		want_set(objects, "gates", "ifname", "verdict", 0);
	want_set(objects, "own4", "ifname . ipv4_addr", NULL, 0);
	want_set(objects, "own6", "ifname . ipv6_addr", NULL, 0);
	want_set(objects, "routed4", "ifname . ipv4_addr", NULL, NFT_SET_IS_INTERVAL);
	want_set(objects, "routed6", "ifname . ipv6_addr", NULL, NFT_SET_IS_INTERVAL);
	want_chain(objects, "leave", "type nat hook postrouting priority 100");
	want_nft(objects, "leave", "oifname vmap @leaving");
	want_nft(objects, "leave", "ct status dnat ip saddr . ip daddr @hairpin4 masquerade");
	want_nft(objects, "leave", "ct status dnat ip6 saddr . ip6 daddr @hairpin6 masquerade");
	want_chain(objects, "egress", "type filter hook postrouting priority 110");
	for (size_t i = 0; i < world->config->uplinks.n && i < INLINE_LINES; i++)
		want_nft(objects, "egress", "oifname \"%s\" goto egress/%s",
			 world->lines[i].config->interface, world->lines[i].config->name);
	if (needs_line_maps(world))
		want_nft(objects, "egress", "oifname vmap @gates");
	for (size_t i = 0; i < world->config->uplinks.n; i++)
		want_line(world, &world->lines[i], objects);
}
