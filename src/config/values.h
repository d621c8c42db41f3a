/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/reader.h"

/* What the strings of the file mean. Each is a text_reader; the comment says what *ret is. */

/* names.c */
text_reader read_name;           /* const char *; claims it within its list */
text_reader read_service_name;   /* the same; a dynamic service has more to choose from */
text_reader read_uplink_name;    /* the same, and not to be taken for an address */
text_reader read_domain_name;    /* the same, a DNS name, in lower case */
text_reader read_interface;      /* const char * */
text_reader read_line_interface; /* const char *; claims it */
text_reader read_uplink_ref; /* unsigned: index into config.uplinks; claims it within its array */
text_reader read_weighed_uplink; /* the same, of a group, within the list of groups */
text_reader read_via;            /* int: index into config.uplinks */
text_reader read_user;           /* uid_t */
text_reader read_user_group;     /* gid_t */
text_reader read_unit;           /* const char * */
text_reader read_cgroup;         /* const char * */

/* addresses.c */
text_reader read_prefix;        /* struct ip_prefix, a network */
text_reader read_routed_prefix; /* the same, that may be routed to us */
text_reader read_alias;         /* struct ip_prefix, an address with its length; claims it */
custom_reader read_gateway;     /* struct config_uplink: gateway */
custom_reader read_snat;        /* struct config_uplink: snat, snat_address */
custom_reader read_resolvers;   /* struct config_uplink: resolvers, dns */

/* An address that a single host can have wherever it is; false after reporting a problem. */
bool read_host(struct reader *reader, const config_setting_t *setting, const char *text,
	       struct ip_address *ret);
/* The same of a host on a line, which link-local addresses are as well. */
bool read_neighbour(struct reader *reader, const config_setting_t *setting, const char *text,
		    struct ip_address *ret);

/* endpoints.c */
text_reader read_listen;  /* struct config_listen; claims it among all services */
text_reader read_server;  /* struct config_server: text, address, port; claims it */
custom_reader read_sorry; /* struct config_service: one more server, sorry */

/* kinds.c: what a check or a probe asks for; each a const char * */
text_reader read_http_path;
text_reader read_script; /* the path of a program */
text_reader read_host_name;
text_reader read_status;
text_reader read_regex;
text_reader read_query;
text_reader read_dns_type;

struct kind_key {
	struct key key;
	unsigned kinds; /* that have it, as bits */
};

/*
 * A group whose key "kind" is one of the words, with the keys that this kind has. False, and
 * nothing was read, when there is no such kind.
 */
bool read_kind_group(struct reader *reader, const config_setting_t *setting,
		     const struct word *kinds, const struct kind_key *keys, size_t n, void *target);

/* checks.c */
custom_reader read_server_check;  /* struct config_server: check */
custom_reader read_service_check; /* struct config_service: check of servers without one */
custom_reader read_server_agent;  /* struct config_server: agent */
custom_reader read_service_agent; /* struct config_service: agent of servers without one */

/* traffic.c */
text_reader read_ports;  /* struct port_range */
custom_reader read_dscp; /* struct config_policy: dscp */

/* line_probes.c */
custom_reader read_probes; /* struct config_uplink: probes */

/* quantities.c */
text_reader read_percent;   /* uint32_t: 0 to 100 */
text_reader read_delay;     /* uint32_t: milliseconds, up to a minute */
text_reader read_bandwidth; /* uint64_t: bits a second */
text_reader read_volume;    /* uint64_t: bytes */

/* schedule.c */
custom_reader read_schedule; /* struct config_uplink: schedule */

/* lines.c */
extern const struct shape uplink_shape;

/* services.c */
extern const struct shape service_shape;
/* What every server starts as. METHOD_MAX, TUNNEL_MAX, CHECK_KIND_MAX: not said. */
extern const struct config_server server_defaults;

/* Whether that is a name of DNS, or could be one of its parts. */
bool is_host_name(const char *text);

/* The names of all uplinks, for messages. */
static inline const char *list_uplinks(struct reader *reader)
{
	return list_names(reader, reader->config->uplinks.v, reader->config->uplinks.n,
			  sizeof(*reader->config->uplinks.v));
}

/*
 * Splits "HOST:PORT", "[HOST]:PORT", "[HOST]" or "HOST"; *port is NULL where there is none. More
 * than one colon without brackets is an IPv6 address without a port. Both point into `text`, which
 * is cut.
 */
bool split_port(char *text, char **host, char **port);

/* A number from 1 to 65535, or false. */
bool parse_port(const char *text, size_t length, uint16_t *ret);
