/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Passive evidence. Packets of known connections are; those of the interface are only where nobody
 * but the peer is heard, and only several of them, because pppd's own echoes are among them. What
 * is broadcast on an Ethernet comes in over a line that is dead. The interface counts answers to
 * our questions, too, wrong ones and refusals and too few of them: where there are any, its count
 * says nothing that these do not.
 */
#include "monitor/passive.h"

enum {
	PACKETS_RECEIVED = 3, /* fewer may be the link's own */
	PACKETS_SENT = 4,     /* without an answer, where answers came before */
	PERIOD_US = 1000 * 1000,
	SLACK_US = 50 * 1000 /* rather now, with something else, than in a moment */
};

void passive_begin(struct passive *passive)
{
	passive->based = passive->mere_packets = passive->spoilt = false;
	passive->evidence_us = 0;
}

void passive_spoil(struct passive *passive)
{
	passive->spoilt = true;
	if (passive->mere_packets)
		passive->evidence_us = 0;
	passive->mere_packets = false;
}

/* With a new interface or a new rule the counters begin anew. */
static bool has_shrunk(const struct monitor_passive *now, const struct monitor_passive *was)
{
	return now->received < was->received || now->sent < was->sent ||
	       now->replies < was->replies;
}

static bool has_replies(const struct monitor_passive *now, const struct monitor_passive *was)
{
	return now->replies > was->replies;
}

static bool has_packets(const struct monitor_passive *now, const struct monitor_passive *was)
{
	return now->point_to_point && now->received >= was->received + PACKETS_RECEIVED;
}

static void hear(struct passive *passive, const struct monitor_passive *reading, uint64_t now_us,
		 bool busy)
{
	passive->heard_us = now_us;
	passive->sent_then = reading->sent;
	passive->busy = busy;
}

static void look_for_evidence(struct passive *passive, const struct monitor_passive *reading,
			      uint64_t now_us)
{
	bool replies = passive->based && has_replies(reading, &passive->base);
	bool packets = passive->based && !passive->spoilt && has_packets(reading, &passive->base);

	if (replies || packets) {
		passive->mere_packets =
			!replies && (passive->mere_packets || !passive->evidence_us);
		passive->evidence_us = now_us;
	}
	if (!passive->based || replies || packets)
		passive->base = *reading;
	passive->based = true;
}

bool passive_take(struct passive *passive, const struct monitor_passive *reading, uint64_t now_us)
{
	struct monitor_passive was = passive->last;
	bool anew = !passive->known || has_shrunk(reading, &was);

	passive->last = *reading;
	passive->known = true;
	passive->read_us = now_us;
	if (anew) {
		passive->based = false;
		hear(passive, reading, now_us, false);
	}
	look_for_evidence(passive, reading, now_us);
	if (anew)
		return false;
	if (reading->replies > was.replies ||
	    (reading->point_to_point && reading->received > was.received))
		hear(passive, reading, now_us, true);
	if (!passive->busy || now_us - passive->heard_us < PERIOD_US ||
	    reading->sent - passive->sent_then < PACKETS_SENT)
		return false;
	passive->busy = false;
	return true;
}

bool passive_is_due(const struct passive *passive, uint64_t now_us)
{
	return now_us + SLACK_US >= passive->read_us + PERIOD_US;
}
