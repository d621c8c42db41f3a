/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session as messages of pppd's plugin and hooks tell of it. A plugin's message says all, a
 * hook's only what pppd gave it: what a message does not speak of stays as it was, except that
 * nothing of one session outlives it but the reason of its end, for as long as there is no other.
 */
#include "uplink/ppp.h"

#include "base/array.h"

#include <stdio.h>
#include <string.h>

/* What a session has negotiated ends with it. */
static void drop_session(struct line_ppp *ppp)
{
	ppp->up = false;
	memset(ppp->carries, 0, sizeof(ppp->carries));
	memset(ppp->dns, 0, sizeof(ppp->dns));
	memset(&ppp->peer, 0, sizeof(ppp->peer));
	ppp->mtu = 0;
	ppp->echo_lost = 0;
}

static void take_up(struct line_ppp *ppp, const struct ppp_message *message)
{
	static const struct {
		bool moves, up;
		enum family_index family;
	} moves[PPP_EVENT_MAX] = {
		[PPP_IP_UP] = { true, true, FAMILY_V4 },
		[PPP_IP_DOWN] = { true, false, FAMILY_V4 },
		[PPP_IPV6_UP] = { true, true, FAMILY_V6 },
		[PPP_IPV6_DOWN] = { true, false, FAMILY_V6 },
	};
	bool down = message->event == PPP_START || message->event == PPP_LINK_DOWN ||
		    message->event == PPP_EXIT;

	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		if (down)
			ppp->carries[f] = false;
		else if (message->up >= 0)
			ppp->carries[f] = message->up & 1 << f;
		else if (moves[message->event].moves && moves[message->event].family == f)
			ppp->carries[f] = moves[message->event].up;
	ppp->up = ppp->carries[FAMILY_V4] || ppp->carries[FAMILY_V6];
}

/* pppd alone knows whether it dials again; who hears of it by hooks sees it by its staying. */
static void take_process(struct line_ppp *ppp, const struct ppp_message *message)
{
	if (message->pid) {
		ppp->pid = message->pid;
		ppp->persists = message->persists != 0;
	} else if (message->persists >= 0) {
		ppp->persists = message->persists;
	}
	if (message->event == PPP_EXIT) {
		ppp->pid = 0;
		ppp->persists = false;
	}
}

/* What IPCP has negotiated; of the peer IPv6CP may have something to say, too. */
static void drop_negotiated4(struct line_ppp *ppp)
{
	memset(ppp->dns, 0, sizeof(ppp->dns));
	if (ppp->peer.family == AF_INET)
		memset(&ppp->peer, 0, sizeof(ppp->peer));
}

static void take_negotiated(struct line_ppp *ppp, const struct ppp_message *message)
{
	if (!ppp->carries[FAMILY_V4])
		drop_negotiated4(ppp);
	for (size_t i = 0; i < ELEMENTS_OF(ppp->dns); i++)
		if (ip_is_set(&message->dns[i]))
			ppp->dns[i] = message->dns[i];
	if (ip_is_set(&message->peer[FAMILY_V4]))
		ppp->peer = message->peer[FAMILY_V4];
	else if (!ip_is_set(&ppp->peer))
		ppp->peer = message->peer[FAMILY_V6];
	if (message->mtu)
		ppp->mtu = message->mtu;
	ppp->end[0] = '\0';
}

static bool same_session(const struct line_ppp *a, const struct line_ppp *b)
{
	return a->known == b->known && a->up == b->up && a->mtu == b->mtu &&
	       memcmp(a->carries, b->carries, sizeof(a->carries)) == 0 &&
	       ip_equal(&a->dns[0], &b->dns[0]) && ip_equal(&a->dns[1], &b->dns[1]) &&
	       ip_equal(&a->peer, &b->peer) && strcmp(a->end, b->end) == 0 &&
	       a->persists == b->persists;
}

static unsigned moved(const struct line_ppp *was, const struct line_ppp *ppp)
{
	unsigned bits = same_session(was, ppp) ? 0 : PPP_MOVED;

	if (was->up && !ppp->up)
		bits |= PPP_ENDED;
	if (ppp->up && ppp->echo_lost > was->echo_lost)
		bits |= PPP_SUSPECT;
	return bits;
}

bool ppp_is_late(const struct line_ppp *ppp, const struct ppp_message *message)
{
	bool up = message->event == PPP_IP_UP || message->event == PPP_IPV6_UP;

	if (message->up >= 0)
		up = message->up > 0;
	return ppp->up && !up && ppp->pid && message->pid && ppp->pid != message->pid;
}

static bool is_unheard(const struct line_ppp *ppp)
{
	return !ppp->known && !ppp->pid;
}

unsigned ppp_take(struct line_ppp *ppp, const struct ppp_message *message)
{
	struct line_ppp was = *ppp;

	ppp->known = true;
	if (ppp->pid && message->pid && ppp->pid != message->pid)
		drop_session(ppp);
	take_process(ppp, message);
	if (*message->ipparam)
		memcpy(ppp->ipparam, message->ipparam, sizeof(ppp->ipparam));
	if (*message->device)
		memcpy(ppp->device, message->device, sizeof(ppp->device));
	if (*message->end)
		memcpy(ppp->end, message->end, sizeof(ppp->end));
	take_up(ppp, message);
	if (ppp->up)
		take_negotiated(ppp, message);
	else
		drop_session(ppp);
	/* Hooks do not know why, and their first word of a session can be its end. */
	if ((was.up || (is_unheard(&was) && message->event == PPP_IP_DOWN)) && !ppp->up &&
	    !*ppp->end)
		strcpy(ppp->end, "session ended");
	if (ppp->up && message->echo_lost >= 0)
		ppp->echo_lost = (uint32_t)message->echo_lost;
	return moved(&was, ppp);
}

unsigned ppp_gone(struct line_ppp *ppp)
{
	struct line_ppp was = *ppp;

	if (was.up)
		strcpy(ppp->end, "pppd ended");
	ppp->pid = 0;
	ppp->persists = false;
	drop_session(ppp);
	return moved(&was, ppp);
}

void ppp_cut(struct line_ppp *ppp)
{
	if (!ppp->up)
		return;
	drop_session(ppp);
	snprintf(ppp->end, sizeof(ppp->end), "no carrier on %s", ppp->device);
}

void ppp_forget(struct line_ppp *ppp)
{
	drop_session(ppp);
	ppp->known = false;
	ppp->end[0] = '\0';
}
