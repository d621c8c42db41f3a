/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "monitor/monitor.h"

/* What a line's own traffic says of it. For monitor/monitor.c alone. */
struct passive {
	struct monitor_passive last, base; /* read last; when evidence began to be looked for */
	bool known, based;                 /* these two are */
	uint64_t read_us;
	uint64_t evidence_us;         /* when something last spoke for the line; 0: nothing did */
	bool mere_packets;            /* nothing but the interface's own count did */
	bool spoilt;                  /* in which are packets that the probes have brought about */
	uint64_t heard_us, sent_then; /* when something last came in, and what had been sent */
	bool busy;                    /* it did, and a silence since was not told yet */
};

/* Evidence is looked for from the next reading on: what came in earlier proves nothing. */
void passive_begin(struct passive *passive);
/* Something came of a question, so that packets alone prove nothing until the next beginning. */
void passive_spoil(struct passive *passive);
/* Takes a reading. True when much is sent of late, and nothing comes in where it did before. */
bool passive_take(struct passive *passive, const struct monitor_passive *reading, uint64_t now_us);
/* The last reading is about a second old, or older. */
bool passive_is_due(const struct passive *passive, uint64_t now_us);
