/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a session ended. It has to be put together: what the peer said when it ended it, what we said
 * when we did (LCP's reason, known before the packet is sent), else pppd's exit status, which is
 * set before in most cases only.
 */
#include "session.h"

#include <stdio.h>
#include <string.h>

static const char *status_text(void)
{
	switch (pppd_status()) {
	case EXIT_OK:
		return "";
	case EXIT_USER_REQUEST:
		return "user request";
	case EXIT_OPEN_FAILED:
	case EXIT_CONNECT_FAILED:
		return "cannot connect";
	case EXIT_PTYCMD_FAILED:
		return "the pty command failed";
	case EXIT_NEGOTIATION_FAILED:
		return "negotiation failed";
	case EXIT_PEER_AUTH_FAILED:
		return "the peer failed to authenticate";
	case EXIT_IDLE_TIMEOUT:
		return "idle";
	case EXIT_CONNECT_TIME:
		return "connect time expired";
	case EXIT_PEER_DEAD:
		return "no echo replies";
	case EXIT_HANGUP:
		return "carrier lost";
	case EXIT_LOOPBACK:
		return "looped back";
	case EXIT_INIT_FAILED:
		return "the init script failed";
	case EXIT_AUTH_TOPEER_FAILED:
		return "authentication failed";
	default:
		return NULL;
	}
}

/* LCP's own words for what is known by others. */
static const char *translate(const char *words)
{
	static const struct {
		const char *lcp, *ours;
	} table[] = {
		{ "Peer not responding", "no echo replies" },
		{ "User request", "user request" },
		{ "Failed to authenticate ourselves to peer", "authentication failed" },
		{ "Authentication failed", "the peer failed to authenticate" },
		{ "Link inactive", "idle" },
		{ "Connect time expired", "connect time expired" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(words, table[i].lcp) == 0)
			return table[i].ours;
	return words;
}

static void note_status(struct session *session)
{
	const char *text = status_text();

	if (text)
		snprintf(session->end, sizeof(session->end), "%s", text);
	else
		snprintf(session->end, sizeof(session->end), "exit status %d", pppd_status());
}

int is_closing(const struct session *session)
{
	return session->closing || lcp_fsm[0].state != OPENED;
}

/* Only when we close LCP are its words about this session. */
void note_end(struct session *session)
{
	const fsm *lcp = &lcp_fsm[0];
	char words[WORDS_MAX];

	if (*session->words) {
		snprintf(session->end, sizeof(session->end), "%s", session->words);
	} else if (session->closing && lcp->term_reason_len > 0) {
		snprintf(words, sizeof(words), "%.*s", lcp->term_reason_len, lcp->term_reason);
		snprintf(session->end, sizeof(session->end), "%s", translate(words));
	} else {
		note_status(session);
	}
}

void note_words(struct session *session, const unsigned char *lcp, int size)
{
	int length = lcp[2] << 8 | lcp[3], words;

	if (length > size)
		length = size;
	words = length - LCP_HEADER;
	if (words > 0)
		snprintf(session->words, sizeof(session->words), "peer terminated: %.*s", words,
			 (const char *)lcp + LCP_HEADER);
	else
		snprintf(session->words, sizeof(session->words), "peer terminated");
}
