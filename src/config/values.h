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

/* An address that a single host can have wherever it is; false after reporting a problem. */
bool read_host(struct reader *reader, const config_setting_t *setting, const char *text,
	       struct ip_address *ret);

/* endpoints.c */
text_reader read_listen;  /* struct config_listen; claims it among all services */
text_reader read_server;  /* struct config_server: text, address, port; claims it */
custom_reader read_sorry; /* struct config_service: one more server, sorry */

/* checks.c */
custom_reader read_server_check;  /* struct config_server: check */
custom_reader read_service_check; /* struct config_service: check of servers without one */
custom_reader read_server_agent;  /* struct config_server: agent */
custom_reader read_service_agent; /* struct config_service: agent of servers without one */

/* traffic.c */
text_reader read_ports;  /* struct port_range */
custom_reader read_dscp; /* struct config_policy: dscp */

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

/* A number from 1 to 65535, or false. */
bool parse_port(const char *text, size_t length, uint16_t *ret);
