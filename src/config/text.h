/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"

struct protocol {
	const char *name;
	uint8_t number; /* IPPROTO_* */
	bool has_ports;
};

/* What a connection tracking helper of Linux is registered for (nf_conntrack_*.c). */
struct helper {
	const char *name;
	uint8_t protocols[2]; /* IPPROTO_*, 0: no second one */
};

#define HELPER_NAMES                                                                             \
	"amanda, ftp, irc, netbios-ns, pptp, Q.931, RAS, sane, sip, snmp, tftp (H.323 is Q.931 " \
	"and RAS)"

/* The helper of that name, or NULL. */
const struct helper *helper_find(const char *name);

#define PROTOCOL_NAMES "tcp, udp, sctp, icmp, icmpv6, gre, esp, ah"

/* The protocol called by the first `length` bytes of `name`, or NULL. */
const struct protocol *protocol_find(const char *name, size_t length);

struct endpoint_text {
	char text[IP_TEXT_MAX + 8];
};
/* "192.0.2.1:80", "[2001:db8::1]:80"; just the address for port 0. */
struct endpoint_text endpoint_text(const struct ip_address *address, uint16_t port);

const char *snat_mode_text(enum snat_mode mode);
const char *service_method_text(enum service_method method);
const char *tunnel_kind_text(enum tunnel_kind kind);
const char *check_kind_text(enum check_kind kind);
const char *line_probe_text(enum line_probe kind);
const char *failback_text(enum failback failback);
const char *resolver_text(enum resolver resolver);

struct quantity_text {
	char text[24];
};
/* "1500kbit", "50GB": as they are read. */
struct quantity_text rate_text(uint64_t bits);
struct quantity_text volume_text(uint64_t bytes);

/*
 * The lines of a schedule, as they are read: calls `say` with each. Every schedule has one way to
 * be said.
 */
void schedule_text(const struct week_span *v, size_t n,
		   void (*say)(const char *text, void *userdata), void *userdata);
