/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects and steps in words: what `uplinkctl plan` shows, what debug logs say, and what the
 * golden tests compare. Elements are printed by the types of their set, as nft would.
 */
#include "plan/plan.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>

static void print_tunnel(const struct tunnel_object *tunnel, FILE *out)
{
	static const char *const kinds[TUNNEL_MAX] = { "ipip", "gre", "gue" };

	fprintf(out, "tunnel %s %s remote %s", tunnel->name, kinds[tunnel->kind],
		ip_text(&tunnel->remote).text);
	if (ip_is_set(&tunnel->local))
		fprintf(out, " local %s", ip_text(&tunnel->local).text);
	if (tunnel->kind == TUNNEL_GUE)
		fprintf(out, " port %u", tunnel->port);
	if (tunnel->mark)
		fprintf(out, " fwmark 0x%" PRIx32, tunnel->mark);
}

static void print_alias(const struct alias_object *alias, FILE *out)
{
	fprintf(out, "address %s link %d", ip_prefix_text(&alias->prefix).text, alias->link);
	if (alias->label[0])
		fprintf(out, " label %s", alias->label);
}

static void print_route(const struct route_object *route, FILE *out)
{
	fprintf(out, "route table %" PRIu32 " %s%s metric %" PRIu32, route->table,
		route->type == ROUTE_BLACKHOLE ? "blackhole " : "",
		ip_prefix_text(&route->destination).text, route->metric);
	if (ip_is_set(&route->gateway))
		fprintf(out, " via %s", ip_text(&route->gateway).text);
	if (route->link)
		fprintf(out, " link %d", route->link);
	if (ip_is_set(&route->source))
		fprintf(out, " src %s", ip_text(&route->source).text);
	if (route->onlink)
		fprintf(out, " onlink");
	if (route->mtu)
		fprintf(out, " mtu %" PRIu32, route->mtu);
}

static void print_rule(const struct rule_object *rule, FILE *out)
{
	fprintf(out, "rule %s %" PRIu32 ":", rule->family == AF_INET6 ? "ipv6" : "ipv4",
		rule->priority);
	if (ip_is_set(&rule->from.address))
		fprintf(out, " from %s", ip_prefix_text(&rule->from).text);
	if (rule->oif[0])
		fprintf(out, " oif %s", rule->oif);
	if (rule->mask)
		fprintf(out, " fwmark 0x%" PRIx32 "/0x%" PRIx32, rule->mark, rule->mask);
	fprintf(out, " lookup %" PRIu32, rule->table);
	if (rule->suppress_default)
		fprintf(out, " suppress_prefixlength 0");
}

/* What belongs to the table that is not the usual one says so. */
static const char *table_word(enum nft_table_id table)
{
	return table == NFT_NETDEV ? "netdev " : "";
}

/* The set of an element. */
static const struct nft_set *find_set(const struct objects *objects,
				      const struct nft_element *element)
{
	struct nft_set key = { .table = element->table, .name = element->set };

	if (!objects || !objects->nft_sets.n)
		return NULL;
	return bsearch(&key, objects->nft_sets.v, objects->nft_sets.n, sizeof(key),
		       nft_set_compare);
}

/* Prints one field of the named type; returns its size in the key. */
static size_t print_field(const char *type, size_t length, const uint8_t *bytes, FILE *out)
{
	struct ip_address address;
	uint32_t number;
	uint16_t port;

	memcpy(&number, bytes, sizeof(number));
	if (strncmp(type, "ipv4_addr", length) == 0 || strncmp(type, "ipv6_addr", length) == 0) {
		address = ip_make(type[3] == '6' ? AF_INET6 : AF_INET, bytes);
		fputs(ip_text(&address).text, out);
		return ip_size(address.family);
	}
	if (strncmp(type, "ifname", length) == 0) {
		fprintf(out, "\"%.16s\"", (const char *)bytes);
		return 16;
	}
	if (strncmp(type, "inet_service", length) == 0) {
		memcpy(&port, bytes, sizeof(port));
		fprintf(out, "%u", ntohs(port));
	} else if (strncmp(type, "inet_proto", length) == 0) {
		fprintf(out, "%s", bytes[0] == IPPROTO_TCP ? "tcp" : "udp");
	} else if (strncmp(type, "mark", length) == 0) {
		fprintf(out, "0x%08" PRIx32, number);
	} else {
		fprintf(out, "%" PRIu32, number);
	}
	return 4;
}

static void print_fields(const char *types, const uint8_t *bytes, size_t size, FILE *out)
{
	const uint8_t *end = bytes + size;

	while (bytes < end) {
		size_t length = strcspn(types, " ");

		bytes += print_field(types, length, bytes, out);
		types += length;
		types += strspn(types, " .");
		if (bytes < end)
			fputs(" . ", out);
	}
}

static void print_element(const struct nft_element *element, const struct nft_set *set, FILE *out)
{
	const char *key = set ? set->key : "";

	fprintf(out, "nft %selement %s ", table_word(element->table), element->set);
	print_fields(key, element->key, element->key_size, out);
	if (element->key_end) {
		fputs(" - ", out);
		print_fields(key, element->key_end, element->key_size, out);
	}
	if (element->chain)
		fprintf(out, " : goto %s", element->chain);
	if (element->data) {
		fputs(" : ", out);
		print_fields(set && set->data ? set->data : "", element->data, element->data_size,
			     out);
	}
}

static void print_rule_text(const struct nft_rule *rule, FILE *out)
{
	fprintf(out, "nft %srule %s %" PRIu32 ": ", table_word(rule->table), rule->chain,
		rule->index);
	if (rule->text)
		fputs(rule->text, out);
	else
		fprintf(out, "handle %" PRIu64, rule->handle);
}

static void print_set(const struct nft_set *set, FILE *out)
{
	fprintf(out, "nft %s%s %s %s", table_word(set->table), set->data ? "map" : "set", set->name,
		set->key);
	if (set->data)
		fprintf(out, " : %s", set->data);
	if (set->flags & NFT_SET_IS_INTERVAL)
		fputs(" interval", out);
	if (set->flags & NFT_SET_IS_DYNAMIC)
		fputs(set->flags & NFT_SET_IS_COUNTED ? " dynamic counted" : " dynamic", out);
}

static void print_chain(const struct nft_chain *chain, FILE *out)
{
	fprintf(out, "nft %schain %s", table_word(chain->table), chain->name);
	if (chain->hook)
		fprintf(out, " %s", chain->hook);
}

static void print_helper(const struct nft_helper *helper, FILE *out)
{
	fprintf(out, "nft %sct helper %s type %s protocol %u", table_word(helper->table),
		helper->name, helper->type, helper->protocol);
	if (helper->family)
		fprintf(out, " %s", helper->family == AF_INET6 ? "ipv6" : "ipv4");
}

/* A table is no struct: who prints one knows which. */
static void print_object(enum object_kind kind, const void *object, const struct objects *owner,
			 FILE *out)
{
	const struct sysctl_object *sysctl = object;

	switch (kind) {
	case OBJECT_SYSCTL:
		fprintf(out, "sysctl %s = %s", sysctl->path, sysctl->value);
		if (sysctl->instead_of[0])
			fprintf(out, " instead of %s", sysctl->instead_of);
		break;
	case OBJECT_TUNNEL:
		print_tunnel(object, out);
		break;
	case OBJECT_ALIAS:
		print_alias(object, out);
		break;
	case OBJECT_ROUTE:
		print_route(object, out);
		break;
	case OBJECT_RULE:
		print_rule(object, out);
		break;
	case OBJECT_NFT_CHAIN:
		print_chain(object, out);
		break;
	case OBJECT_NFT_SET:
		print_set(object, out);
		break;
	case OBJECT_NFT_HELPER:
		print_helper(object, out);
		break;
	case OBJECT_NFT_ELEMENT:
		print_element(object, find_set(owner, object), out);
		break;
	case OBJECT_NFT_RULE:
		print_rule_text(object, out);
		break;
	case OBJECT_NFT_TABLE:
	case OBJECT_KIND_MAX:
		break;
	}
}

void step_print(const struct step *step, const struct objects *found, const struct objects *wanted,
		FILE *out)
{
	static const char signs[] = { [STEP_ADD] = '+', [STEP_CHANGE] = '~', [STEP_DELETE] = '-' };

	fprintf(out, "%c ", signs[step->action]);
	if (step->kind == OBJECT_NFT_TABLE)
		fprintf(out, "nft table %s " UPLINKD_TABLE,
			step->table == NFT_NETDEV ? "netdev" : "inet");
	else if (step->wanted)
		print_object(step->kind, step->wanted, wanted, out);
	else
		print_object(step->kind, step->found, found, out);
	fputc('\n', out);
}

void plan_print(const struct plan *plan, const struct objects *found, const struct objects *wanted,
		FILE *out)
{
	array_foreach(&plan->steps, step)
		step_print(step, found, wanted, out);
}

#define print_all(kind, array)                            \
	array_foreach(array, object) {                    \
		print_object(kind, object, objects, out); \
		fputc('\n', out);                         \
	}

void objects_print(const struct objects *objects, FILE *out)
{
	print_all(OBJECT_SYSCTL, &objects->sysctls);
	print_all(OBJECT_TUNNEL, &objects->tunnels);
	print_all(OBJECT_ALIAS, &objects->aliases);
	print_all(OBJECT_ROUTE, &objects->routes);
	print_all(OBJECT_RULE, &objects->rules);
	print_all(OBJECT_NFT_SET, &objects->nft_sets);
	print_all(OBJECT_NFT_HELPER, &objects->nft_helpers);
	print_all(OBJECT_NFT_ELEMENT, &objects->nft_elements);
	print_all(OBJECT_NFT_CHAIN, &objects->nft_chains);
	print_all(OBJECT_NFT_RULE, &objects->nft_rules);
}
