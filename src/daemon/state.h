/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"
#include "control/control.h"
#include "daemon/runtime.h"
#include "intent/objects.h"
#include "intent/world.h"
#include "kernel/kernel.h"
#include "service/flows.h"

#include <systemd/sd-event.h>

/* Connections of one family that a reload has taken the line away from. */
struct ended {
	enum family_index f;
	uint32_t mark, mask;
};

/* The daemon's own state, shared by the files of this folder and nobody else. */
struct daemon {
	const char *config_path;
	int claim; /* to the network namespace, see claim.h */
	sd_event *event;
	struct kernel *kernel;
	struct control *control;
	struct config *config;
	struct world world;
	struct facts facts;
	struct objects found;
	struct flows *flows;
	struct runtime runtime;

	unsigned dirty;  /* enum kernel_part: to be read again */
	bool settled;    /* the first arrangement is in */
	bool watching;   /* flow events come in */
	bool recount;    /* connections are to be counted afresh */
	bool miscounted; /* the same, when there is time: events were lost */
	/* Whose connections were not cleared away yet, as no line may carry others: */
	ARRAY(struct ended) ended;
	ARRAY(struct ip_address) lost;
	uint64_t failures; /* hash of the steps that failed last, to report each once */
	uint64_t counted_us, ring_us;
	sd_event_source *soon;  /* deferred: after all pending events */
	sd_event_source *storm; /* a bound on that */
	sd_event_source *later; /* retries, recounts and rings */
};

/* What there was before the facts were read again. */
struct before {
	struct line *lines;
	__typeof__(((struct facts *)0)->links) links;
	__typeof__(((struct facts *)0)->addresses) addresses;
};

/* Arranges after all pending events, or in `delay_us` at the latest. */
void daemon_soon(struct daemon *d);
void daemon_later(struct daemon *d, uint64_t delay_us);

/* arrange.c */

/* What should be, and the steps to it. 0 or a negative errno; both are to be done either way. */
int make_plan(struct daemon *d, struct objects *wanted, struct plan *plan);
/* From what may have changed to a kernel arranged. 0, or the first thing that the kernel refused.
 */
int arrange(struct daemon *d);

/* connections.c; failures are logged and ignored: connections then end by their own time-outs */

void on_flow(enum flow_event event, const struct flow *flow, void *userdata);
bool recount_is_due(struct daemon *d);
/* Counts every connection afresh; at the start also finds those of addresses that went unseen. */
int recount(struct daemon *d);
/* Connections rewritten to this address are to be ended, unless it is ours. 0 or -ENOMEM. */
int note_address(struct daemon *d, const struct ip_address *address);
/* Ends connections that cannot go on, where another line may carry them. */
void clear_flows(struct daemon *d, const struct before *before);
/* Connections that began without our rules join the line whose address they use. */
void adopt_flows(struct daemon *d);

/* configuration.c: takes a checked one over. On failure nothing has changed, and it is the
 * caller's. */
int use_config(struct daemon *d, struct config *config);

/* requests.c */
extern const struct control_requests daemon_requests;
