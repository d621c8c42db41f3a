/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The box's own questions to the DNS servers of a line go by that line, since many a provider's
 * server answers its customers only; while the line is not usable they go where everything goes. A
 * server that several lines name is asked by the best of them.
 */
#include "policy/policy.h"

#include "policy/choice.h"
#include "uplink/resolvers.h"

static const struct {
	uint8_t protocol;
	uint16_t port;
} questions[] = {
	{ IPPROTO_UDP, 53 }, { IPPROTO_TCP, 53 }, { IPPROTO_TCP, 853 }, /* over TLS, RFC 7858 */
};

static const char *const ask_map[] = { "ask4", "ask6" };

static void want_server(const struct line *line, const struct ip_address *server,
			struct objects *objects)
{
	for (size_t i = 0; i < ELEMENTS_OF(questions); i++) {
		struct nft_key key = { 0 };

		nft_key_address(&key, server);
		nft_key_u8(&key, questions[i].protocol);
		nft_key_port(&key, questions[i].port);
		want_verdict(objects, ask_map[family_index(server->family)], &key, "pick/%s",
			     line->config->name);
	}
}

static bool is_named(const struct choice *lines, size_t n, const struct ip_address *server)
{
	for (size_t i = 0; i < n; i++) {
		struct resolvers resolvers = line_resolvers(lines->lines[i]);

		for (size_t j = 0; j < resolvers.n; j++)
			if (ip_equal(&resolvers.v[j], server))
				return true;
	}
	return false;
}

static bool has_servers(const struct world *world, enum family_index f)
{
	for (size_t i = 0; i < world->config->uplinks.n; i++) {
		struct resolvers resolvers = line_resolvers(&world->lines[i]);

		for (size_t j = 0; j < resolvers.n; j++)
			if (family_index(resolvers.v[j].family) == f)
				return true;
	}
	return false;
}

static void want_family(const struct world *world, enum family_index f, struct objects *objects)
{
	struct choice lines = choice_order(world, f);

	want_set(objects, ask_map[f],
		 f == FAMILY_V6 ? "ipv6_addr . inet_proto . inet_service"
				: "ipv4_addr . inet_proto . inet_service",
		 "verdict", 0);
	want_nft(objects, "local", "%s daddr . meta l4proto . th dport vmap @%s",
		 f == FAMILY_V6 ? "ip6" : "ip", ask_map[f]);
	for (size_t i = 0; i < lines.n; i++) {
		struct resolvers resolvers = line_resolvers(lines.lines[i]);

		for (size_t j = 0; j < resolvers.n; j++)
			if (family_index(resolvers.v[j].family) == f &&
			    !is_named(&lines, i, &resolvers.v[j]))
				want_server(lines.lines[i], &resolvers.v[j], objects);
	}
}

void resolvers_intent(const struct world *world, struct objects *objects)
{
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		if (has_servers(world, f))
			want_family(world, f, objects);
}
