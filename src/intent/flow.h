/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>

enum flow_direction {
	FLOW_ORIGINAL,
	FLOW_REPLY,
	FLOW_DIRECTION_MAX
};

enum {
	FLOW_LABEL_WORDS = 4
};

/* A connection tracking entry, addresses and ports as of its original direction. */
struct flow {
	uint32_t id; /* CTA_ID: the same in all events of one entry */
	uint32_t mark;
	uint8_t protocol;
	bool active;   /* TCP in SYN_SENT, SYN_RECV or ESTABLISHED, SCTP in ESTABLISHED; never for
			  other   protocols */
	bool open;     /* TCP, from the answer to its SYN until both ends have closed it */
	bool assured;  /* there was traffic both ways: stays when the table is full */
	uint8_t state; /* enum tcp_conntrack or sctp_conntrack; 0 for other protocols */
	uint32_t timeout_s; /* left until it ends by itself; in dumps */
	struct ip_address client, destination;
	uint16_t client_port, destination_port; /* host order; 0 without ports */
	struct ip_address server; /* source of the replies: the real server after DNAT */
	uint16_t server_port;
	struct ip_address
		seen; /* destination of the replies: the client, or our address after SNAT */
	uint16_t seen_port;
	uint32_t labels[FLOW_LABEL_WORDS]; /* in dumps; bit N is bit N % 32 of word N / 32 */
	/* By enum flow_direction, in dumps and with FLOW_END; 0 without nf_conntrack_acct. */
	uint64_t packets[FLOW_DIRECTION_MAX], bytes[FLOW_DIRECTION_MAX];
};

/* It was opened to the address, or its replies go there, by NAT or to its own. */
static inline bool flow_is_of(const struct flow *flow, const struct ip_address *address)
{
	return ip_equal(&flow->destination, address) || ip_equal(&flow->seen, address);
}

static inline bool flow_has_label(const struct flow *flow, unsigned label)
{
	return flow->labels[label / 32] >> label % 32 & 1;
}

enum flow_event {
	FLOW_NEW,
	FLOW_UPDATE,
	FLOW_END,
	FLOW_LOST /* events were lost: dump again; flow is NULL */
};

/* Which of them are told of; each costs the kernel and the daemon something. */
enum flow_watch {
	FLOW_WATCH_NOTHING,
	FLOW_WATCH_ENDS, /* FLOW_NEW, FLOW_END */
	FLOW_WATCH_EVERYTHING
};

/* An address of a line and the mark its connections get. */
struct flow_owner {
	struct ip_address address;
	uint32_t mark;
};
