/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"

/*
 * A line as it is now. Values; who writes which part is said with it.
 */

enum uplink_state {
	UPLINK_DISABLED,
	UPLINK_ABSENT,
	UPLINK_DOWN,
	UPLINK_PROBING, /* back, and not yet trusted */
	UPLINK_UP,
	UPLINK_DEGRADED, /* carries, but badly */
	UPLINK_STATE_MAX
};

const char *uplink_state_text(enum uplink_state state);

/*
 * How good a choice a line is for new connections, worst first. Written by uplink/grade.c. A line
 * that rests has a grade nevertheless. From GRADE_PROBING on, connections of dead lines may be
 * moved to it; at GRADE_LAST that would only be from one silence to another.
 */
enum line_grade {
	GRADE_NONE,     /* none at all */
	GRADE_LAST,     /* silent as all others are, but the one that answered last */
	GRADE_PROBING,  /* answers, and is not yet trusted */
	GRADE_DEGRADED, /* works badly */
	GRADE_RESERVE,  /* works, but is to be spared: over its quota, or held back by the operator
			 */
	GRADE_FULL,
	GRADE_MAX
};

const char *line_grade_text(enum line_grade grade);

/* What the probes of a line say together. Written by monitor/monitor.c. */
enum line_health {
	HEALTH_UNKNOWN, /* no probes, or neither an answer nor a failure yet */
	HEALTH_GOOD,
	HEALTH_POOR,   /* above a low mark */
	HEALTH_BAD,    /* silent, or above a high mark */
	HEALTH_UNSENT, /* nothing can be sent, which says nothing of the line */
	HEALTH_MAX
};

const char *line_health_text(enum line_health health);

struct line_quality {
	enum line_health health;
	char reason[144];       /* in words; "" */
	bool measured;          /* the figures below are */
	double loss;            /* share of probes without an answer, 0 to 1 */
	uint32_t latency_us;    /* mean round trip */
	uint32_t jitter_us;     /* mean deviation of it */
	uint64_t answered_us;   /* monotonic, of the last answer; 0: never */
	uint64_t good_since_us; /* monotonic: answers without a failure since then; 0: none */
	bool suspicious;        /* bursts are under way */
};

/* How far a line is trusted, see uplink/trust.h. */
enum {
	TRUST_OUTAGES = 3 /* in 10 minutes are pardoned */
};

struct line_trust {
	bool known;                         /* has been up since the boot */
	uint64_t outages_us[TRUST_OUTAGES]; /* monotonic, the last ones, newest first; 0: none */
	uint32_t level;                     /* of the penalty: the wait doubles with each */
	uint64_t level_us;                  /* monotonic, when it was last raised or lowered */
	uint64_t back_us;                   /* monotonic, when it was last seen back: probing */
};

/* What a line carried. Written by daemon/usage.c. */
struct line_usage {
	uint64_t rate_up, rate_down; /* bits a second, lately */
	uint64_t month_bytes;        /* since the quota began anew, both ways */
	uint64_t month_began_s;      /* realtime */
	unsigned told;               /* percent of the quota last told of: 0, 75, 95, 100 */
};

/* Of a line's interface, since it exists. */
struct line_counters {
	uint64_t received, sent; /* packets */
	uint64_t received_bytes, sent_bytes;
	uint64_t replies; /* packets of known connections, see policy/marks.c; also begins anew
			     when their rule does */
};

/* What pppd told of a session. Written by daemon/ppp.c. */
struct line_ppp {
	bool known; /* somebody told: the plugin or a hook */
	bool up;    /* IPCP or IPv6CP is */
	bool carries[FAMILY_INDEX_MAX];
	bool persists;            /* pppd redials by itself */
	int pid;                  /* of pppd, 0: not told */
	uint32_t mtu;             /* 0: not told */
	struct ip_address dns[2]; /* unset: not told */
	struct ip_address peer;
	char device[16];           /* interface that the session goes over, "": not told, or none */
	char ipparam[64], end[96]; /* why it ended; "" */
	uint32_t echo_lost;        /* LCP echo requests in a row without an answer */
};

enum {
	LINE_REASON_MAX = 160,
	LINE_DELEGATED_MAX = 4
};

struct line_prefixes {
	struct ip_prefix v[LINE_DELEGATED_MAX];
	size_t n;
};

/* What a line has in one address family. Written by uplink/learn.c, the last two by uplink/grade.c.
 */
struct line_family {
	struct ip_address address; /* the one to speak with; unset: none */
	bool routed;               /* a way out is known */
	struct ip_address gateway; /* unset while routed: directly over the link */
	struct ip_address peer;    /* who is at the other end of such a link; unset: not known */
	bool onlink;               /* the gateway is not within a connected prefix */
	bool carries;              /* what it has lives on: there is a way, and it is not dead */
	bool usable;               /* takes new connections: it carries, and does not rest */
};

/* Who takes what leaves by it, as people know it; unset: not known. */
static inline const struct ip_address *line_next_hop(const struct line_family *family)
{
	return ip_is_set(&family->gateway) ? &family->gateway : &family->peer;
}

/* Same order as config.uplinks. */
struct line {
	const struct config_uplink *config;
	unsigned number; /* kept for its name; mark and table follow from it */
	int link;        /* interface index, 0 while absent */
	enum uplink_state state;
	char reason[LINE_REASON_MAX]; /* why; "" before it was judged */
	uint64_t since_us;            /* realtime of the last change of state */
	enum line_grade grade;
	bool last[FAMILY_INDEX_MAX]; /* is used for want of a better one: uplink/grade.c */
	struct line_family family[FAMILY_INDEX_MAX];
	/* Was lost while it carried connections, which were not cleared away yet. */
	bool stranded[FAMILY_INDEX_MAX];
	uint32_t connections; /* tracked connections with its mark */
	struct line_quality quality;
	struct line_trust trust;
	struct line_usage usage;
	struct line_ppp ppp;
	bool ended;   /* had an outage, and has not come back since */
	bool held;    /* failback is for the operator to say, who has not yet */
	bool resting; /* outside its schedule */
	/* What was told of it last. Written by daemon/events.c. */
	struct {
		struct ip_address address[FAMILY_INDEX_MAX];
		bool suspicious, held, resting;
		uint32_t level; /* of the penalty */
		struct line_prefixes delegated;
	} told;
	struct line_prefixes delegated; /* IPv6 prefixes that are ours by this line now */
};
