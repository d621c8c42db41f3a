/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel parameters that the arrangement needs. Loose reverse path filtering, because two lines
 * are asymmetric by design (spoofed inside sources are dropped by new/LINE instead); ARP answers
 * and questions by the interface that owns the address, because two lines may share a subnet; no
 * redirects where a real server and its clients share a net.
 */
#include "policy/policy.h"

#include "uplink/mtu.h"

#include <stdio.h>

enum {
	IPV6_MIN_MTU = 1280 /* RFC 8200, section 5 */
};

static void want_line_sysctls(const struct config_uplink *uplink, bool forwarding,
			      struct objects *objects)
{
	const char *name = uplink->interface;

	want_sysctl(objects, "2", "", "net/ipv4/conf/%s/rp_filter", name);
	want_sysctl(objects, "1", "", "net/ipv4/conf/%s/arp_ignore", name);
	want_sysctl(objects, "2", "", "net/ipv4/conf/%s/arp_announce", name);
	if (forwarding)
		want_sysctl(objects, "2", "1", "net/ipv6/conf/%s/accept_ra", name);
}

/* What IPv6 sends by an interface, and lets pass; the kernel refuses more than the interface has.
 */
static void want_mtu(const struct world *world, const struct line *line, struct objects *objects)
{
	const struct link *link = facts_link(world->facts, line->link);
	unsigned mtu = line_mtu(world, line);
	char value[16];

	if (!line->config->mtu || !link || link->mtu < IPV6_MIN_MTU)
		return;
	snprintf(value, sizeof(value), "%u", mtu < IPV6_MIN_MTU ? IPV6_MIN_MTU : mtu);
	want_sysctl(objects, value, "", "net/ipv6/conf/%s/mtu", line->config->interface);
}

static void want_no_redirects(const struct world *world, struct objects *objects)
{
	array_foreach(&world->facts->addresses, address) {
		const struct link *link = facts_link(world->facts, address->link);

		if (!link || link->loopback || address->prefix.address.family != AF_INET ||
		    world_line_of_link(world, link->index) ||
		    !world_has_server(world, &address->prefix))
			continue;
		want_sysctl(objects, "0", "", "net/ipv4/conf/%s/send_redirects", link->name);
		want_sysctl(objects, "0", "", "net/ipv4/conf/all/send_redirects");
	}
}

/*
 * An alias that came first to its net is primary there, and when it goes the kernel would take the
 * others of that net along, whoever put them there.
 */
static void want_promotion(const struct world *world, struct objects *objects)
{
	array_foreach(&world->config->domains, domain)
		if (facts_link_by_name(world->facts, domain->interface))
			want_sysctl(objects, "1", "", "net/ipv4/conf/%s/promote_secondaries",
				    domain->interface);
}

void sysctls_intent(const struct world *world, struct objects *objects)
{
	bool forwarding = world->config->gateway.forwarding;

	if (forwarding) {
		want_sysctl(objects, "1", "", "net/ipv4/ip_forward");
		want_sysctl(objects, "1", "", "net/ipv6/conf/all/forwarding");
	}
	for (size_t i = 0; i < world->config->uplinks.n; i++)
		if (world->lines[i].link) {
			want_line_sysctls(world->lines[i].config, forwarding, objects);
			want_mtu(world, &world->lines[i], objects);
		}
	want_no_redirects(world, objects);
	want_promotion(world, objects);
	if (!world->config->services.n)
		return;
	/* Else connections that began while no daemon listened would end without a word. */
	want_sysctl(objects, "1", "2", "net/netfilter/nf_conntrack_events");
	/* Packets and bytes of services are what their connections count. */
	want_sysctl(objects, "1", "", "net/netfilter/nf_conntrack_acct");
}
