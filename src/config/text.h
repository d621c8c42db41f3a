/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"

struct protocol {
	const char *name;
	uint8_t number; /* IPPROTO_* */
	bool has_ports;
};

#define PROTOCOL_NAMES "tcp, udp, sctp, icmp, icmpv6, gre, esp, ah"

/* The protocol called by the first `length` bytes of `name`, or NULL. */
const struct protocol *protocol_find(const char *name, size_t length);

struct endpoint_text {
	char text[IP_TEXT_MAX + 8];
};
/* "192.0.2.1:80", "[2001:db8::1]:80"; just the address for port 0. */
struct endpoint_text endpoint_text(const struct ip_address *address, uint16_t port);

const char *snat_mode_text(enum snat_mode mode);
