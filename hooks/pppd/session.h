/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "compat.h"

#include <stddef.h>

/* What the parts of the plugin share. */

enum {
	LCP_HEADER = 4, /* code, id, length */
	WORDS_MAX = 64, /* of what LCP says */
	END_MAX = 96
};

/* pppd has one at a time. */
struct session {
	int carries4, carries6;
	int begun;             /* from when it is dialled until its end */
	int closing;           /* we end it */
	int unanswered;        /* LCP echo requests in a row */
	int echo_told;         /* and how many of them were told of */
	char end[END_MAX];     /* why the last session ended; "" */
	char words[WORDS_MAX]; /* the peer's, when it ended it */
};

extern option_t tell_options[];

/* Says all there is to say by now, and again until it was heard. */
void tell(struct session *session, const char *event, const char *phase_text);

/* Closed by us, LCP is still "opened" when those above it are told; else it is no more. */
int is_closing(const struct session *session);

/* A Terminate-Request of the peer, from its header on. */
void note_words(struct session *session, const unsigned char *lcp, int size);

/* Sets session->end. */
void note_end(struct session *session);
