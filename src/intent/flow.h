/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>

/* A connection tracking entry, addresses and ports as of its original direction. */
struct flow {
	uint32_t id; /* CTA_ID: the same in all events of one entry */
	uint32_t mark;
	uint8_t protocol;
	bool active; /* TCP in SYN_SENT, SYN_RECV or ESTABLISHED; never for other protocols */
	struct ip_address client, destination;
	uint16_t client_port, destination_port; /* host order; 0 without ports */
	struct ip_address server; /* source of the replies: the real server after DNAT */
	uint16_t server_port;
	struct ip_address
		seen; /* destination of the replies: the client, or our address after SNAT */
};

enum flow_event {
	FLOW_NEW,
	FLOW_UPDATE,
	FLOW_END,
	FLOW_LOST /* events were lost: dump again; flow is NULL */
};

/* An address of a line and the mark its connections get. */
struct flow_owner {
	struct ip_address address;
	uint32_t mark;
};
