/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/line.h"

#include <net/if.h>

/*
 * What the plugin of pppd and its hooks tell, see uplinkd-pppd(8): one message, lines of key=value.
 * Pure.
 */

enum ppp_event {
	PPP_START, /* a session is dialled */
	PPP_PHASE, /* nothing but the phase has changed */
	PPP_IP_UP,
	PPP_IP_DOWN,
	PPP_IPV6_UP,
	PPP_IPV6_DOWN,
	PPP_LINK_DOWN,
	PPP_ECHO, /* the count of lost LCP echo requests has changed */
	PPP_EXIT, /* pppd ends */
	PPP_EVENT_MAX
};

const char *ppp_event_text(enum ppp_event event);

/* What was not told is unset, "", 0 or -1. */
struct ppp_message {
	enum ppp_event event;
	char interface[IF_NAMESIZE];
	char phase[16], device[16], ipparam[64], linkname[64], end[96];
	int pid;
	int link;     /* interface index; only what the daemon kept for itself has it */
	int persists; /* 0 or 1 */
	int up;       /* 1 << enum family_index each */
	struct ip_address local[FAMILY_INDEX_MAX], peer[FAMILY_INDEX_MAX], dns[2];
	uint32_t mtu, mru;
	int echo_lost;
};

/* Unknown keys are ignored, texts that are too long cut. 0 or -EINVAL. */
int ppp_message_parse(const char *text, size_t size, struct ppp_message *ret);

/* What a message has brought, as bits. */
enum {
	PPP_MOVED = 1,   /* the session came, went, or has other parameters */
	PPP_ENDED = 2,   /* it carried, and does no more */
	PPP_SUSPECT = 4, /* LCP echo requests stay without an answer */
};

/*
 * It speaks of the end of a session of its own, and another process has one on the same interface
 * by now: pppd waits for its scripts before it ends, and keeps the name when it has lost the unit.
 */
bool ppp_is_late(const struct line_ppp *ppp, const struct ppp_message *message);

unsigned ppp_take(struct line_ppp *ppp, const struct ppp_message *message);

/* The process of pppd is gone, whatever it told last. Bits as above. */
unsigned ppp_gone(struct line_ppp *ppp);

/* The interface that it goes over has no carrier: pppd finds out later. */
void ppp_cut(struct line_ppp *ppp);

/*
 * The interface is another than the one the session had that ended: whether the new one is up is
 * not known, until somebody tells. Hooks may fail to.
 */
void ppp_forget(struct line_ppp *ppp);

/* A message that says what is known of a session that is up; false: it does not fit. */
bool ppp_message_print(const struct line_ppp *ppp, const char *interface, int link, char *text,
		       size_t size);
