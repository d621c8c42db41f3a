/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The addresses of the file: prefixes, aliases, gateways and single hosts. An address that could
 * never do what its place asks for is refused here, with the reason.
 */
#include "config/text.h"
#include "config/values.h"

#include <errno.h>
#include <string.h>

enum {
	RESOLVERS_MAX = 3 /* that the C library looks at, MAXNS */
};

/* Why no single host can have this address, or NULL. */
static const char *not_a_host(const struct ip_address *address)
{
	static const uint8_t zero[15], mapped[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *b = address->bytes;

	if (address->family == AF_INET) {
		if (b[0] == 0)
			return "means no address at all";
		if (b[0] == 127)
			return "is a loopback address";
		if (b[0] >= 240)
			return "is a broadcast or reserved address";
		return b[0] >= 224 ? "is a multicast address" : NULL;
	}
	if (b[0] == 0xff)
		return "is a multicast address";
	if (memcmp(b, mapped, sizeof(mapped)) == 0)
		return "is an IPv4-mapped address; write it as IPv4";
	if (memcmp(b, zero, sizeof(zero)) == 0 && b[15] < 2)
		return b[15] ? "is a loopback address" : "means no address at all";
	return NULL;
}

/* The same for a host that must be meant without naming an interface. */
static const char *not_reachable(const struct ip_address *address)
{
	const char *why = not_a_host(address);

	if (!why && address->family == AF_INET6 && ip_is_link_local(address))
		return "is link-local and means a host only together with an interface";
	return why;
}

/* What a place in the file takes: the reason to refuse an address or NULL, and words for it all. */
struct host_rule {
	const char *(*refuse)(const struct ip_address *address);
	const char *allowed;
};

static bool parse_host(struct reader *reader, const config_setting_t *setting, const char *text,
		       const struct host_rule *rule, struct ip_address *ret)
{
	struct ip_address address;
	const char *why;

	if (ip_parse(text, &address) < 0) {
		problem(reader, setting, "\"%s\" is not an address; allowed: %s", text,
			rule->allowed);
		return false;
	}
	why = rule->refuse(&address);
	if (why)
		problem(reader, setting, "%s %s", text, why);
	else
		*ret = address;
	return !why;
}

bool read_host(struct reader *reader, const config_setting_t *setting, const char *text,
	       struct ip_address *ret)
{
	static const struct host_rule rule = { not_reachable, "an IPv4 or IPv6 address" };

	return parse_host(reader, setting, text, &rule, ret);
}

bool read_neighbour(struct reader *reader, const config_setting_t *setting, const char *text,
		    struct ip_address *ret)
{
	static const struct host_rule rule = { not_a_host, "an IPv4 or IPv6 address" };

	return parse_host(reader, setting, text, &rule, ret);
}

static bool parse_prefix(struct reader *reader, const config_setting_t *setting, const char *text,
			 struct ip_prefix *ret)
{
	if (ip_prefix_parse(text, ret) == 0)
		return true;
	problem(reader, setting,
		"\"%s\" is not a prefix; allowed is ADDRESS or ADDRESS/LENGTH, as in "
		"\"192.0.2.0/24\" or \"2001:db8::/32\"",
		text);
	return false;
}

void read_prefix(struct reader *reader, const config_setting_t *setting, const char *text,
		 void *ret)
{
	struct ip_prefix prefix;

	if (parse_prefix(reader, setting, text, &prefix))
		*(struct ip_prefix *)ret = ip_network(&prefix);
}

void read_routed_prefix(struct reader *reader, const config_setting_t *setting, const char *text,
			void *ret)
{
	struct ip_prefix prefix;
	const char *why;

	if (!parse_prefix(reader, setting, text, &prefix))
		return;
	prefix = ip_network(&prefix);
	why = prefix.length ? not_reachable(&prefix.address)
			    : "is everything; to leave all sources as they are, say snat = \"off\"";
	if (why)
		problem(reader, setting, "%s %s", text, why);
	else
		*(struct ip_prefix *)ret = prefix;
}

/* The two addresses of an IPv4 network that are no host's. */
static const char *not_within(const struct ip_prefix *prefix)
{
	struct ip_prefix network = ip_network(prefix);
	struct ip_address last = ip_last(prefix);

	if (prefix->address.family != AF_INET || prefix->length > 30)
		return NULL;
	if (ip_equal(&prefix->address, &network.address))
		return "is the network itself; give one of its addresses";
	return ip_equal(&prefix->address, &last) ? "is the broadcast address of its network" : NULL;
}

void read_alias(struct reader *reader, const config_setting_t *setting, const char *text, void *ret)
{
	struct ip_prefix prefix;
	const char *why;

	if (!parse_prefix(reader, setting, text, &prefix))
		return;
	why = prefix.length ? not_reachable(&prefix.address) : "has no length of a network";
	if (!why)
		why = not_within(&prefix);
	claim(reader, setting, 3, "%s", ip_text(&prefix.address).text);
	if (why)
		problem(reader, setting, "%s %s", text, why);
	else
		*(struct ip_prefix *)ret = prefix;
}

/* An address into the place of its family, which must still be free. */
static void read_family(struct reader *reader, const config_setting_t *setting,
			const struct host_rule *rule, struct ip_address (*ret)[FAMILY_INDEX_MAX])
{
	struct ip_address address, *place;

	if (!is_type(reader, setting, CONFIG_TYPE_STRING) ||
	    !parse_host(reader, setting, config_setting_get_string(setting), rule, &address))
		return;
	place = &(*ret)[family_index(address.family)];
	if (ip_is_set(place))
		problem(reader, setting, "is a second address of its family; allowed: %s",
			rule->allowed);
	else
		*place = address;
}

/* An address, or an array of at most one address of each family. */
static void read_families(struct reader *reader, const config_setting_t *setting,
			  const struct host_rule *rule, struct ip_address (*ret)[FAMILY_INDEX_MAX])
{
	if (config_setting_type(setting) != CONFIG_TYPE_ARRAY) {
		read_family(reader, setting, rule, ret);
		return;
	}
	if (config_setting_length(setting) == 0)
		problem(reader, setting, "is empty; allowed: %s", rule->allowed);
	for (int i = 0; i < config_setting_length(setting); i++)
		read_family(reader, config_setting_get_elem(setting, (unsigned)i), rule, ret);
}

void read_gateway(struct reader *reader, const config_setting_t *setting, void *target)
{
	static const struct host_rule rule = {
		not_a_host,
		"\"auto\", an address, or an array of one IPv4 and one IPv6 address",
	};
	struct config_uplink *uplink = target;

	if (config_setting_type(setting) == CONFIG_TYPE_STRING &&
	    strcmp(config_setting_get_string(setting), "auto") == 0)
		return;
	read_families(reader, setting, &rule, &uplink->gateway);
}

void read_snat(struct reader *reader, const config_setting_t *setting, void *target)
{
	static const struct host_rule rule = {
		not_reachable,
		"\"auto\", \"masquerade\", \"off\", an address, or an array of one IPv4 and one "
		"IPv6 address",
	};
	struct config_uplink *uplink = target;
	const char *text = config_setting_type(setting) == CONFIG_TYPE_STRING
				   ? config_setting_get_string(setting)
				   : "";

	for (enum snat_mode mode = 0; mode <= SNAT_OFF; mode++)
		if (strcmp(text, snat_mode_text(mode)) == 0) {
			uplink->snat = mode;
			return;
		}
	read_families(reader, setting, &rule, &uplink->snat_address);
}

/* One more address of a resolver, at element `i`. */
static void read_resolver(struct reader *reader, const config_setting_t *setting,
			  struct config_uplink *uplink, size_t i)
{
	static const struct host_rule rule = {
		not_reachable,
		"\"auto\", \"off\", an address, or an array of them",
	};

	if (!is_type(reader, setting, CONFIG_TYPE_STRING) ||
	    !parse_host(reader, setting, config_setting_get_string(setting), &rule,
			&uplink->dns.v[i]))
		return;
	for (size_t k = 0; k < i; k++)
		if (ip_equal(&uplink->dns.v[k], &uplink->dns.v[i]))
			problem(reader, setting, "%s is given twice",
				ip_text(&uplink->dns.v[i]).text);
}

void read_resolvers(struct reader *reader, const config_setting_t *setting, void *target)
{
	struct config_uplink *uplink = target;
	bool several = config_setting_type(setting) == CONFIG_TYPE_ARRAY;
	int n = several ? config_setting_length(setting) : 1;
	const char *text = config_setting_get_string(setting);

	if (text && (strcmp(text, "auto") == 0 || strcmp(text, "off") == 0)) {
		uplink->resolvers = *text == 'a' ? RESOLVERS_AUTO : RESOLVERS_OFF;
		return;
	}
	if (n < 1 || n > RESOLVERS_MAX) {
		problem(reader, setting, "has %d addresses; allowed are 1 to %d", n, RESOLVERS_MAX);
		return;
	}
	uplink->dns.v = arena_alloc(&reader->config->arena, (size_t)n * sizeof(*uplink->dns.v));
	if (!uplink->dns.v) {
		reader->report.error = -ENOMEM;
		return;
	}
	uplink->resolvers = RESOLVERS_LISTED;
	uplink->dns.n = (size_t)n;
	for (int i = 0; i < n; i++)
		read_resolver(reader,
			      several ? config_setting_get_elem(setting, (unsigned)i) : setting,
			      uplink, (size_t)i);
}
