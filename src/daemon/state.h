/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"
#include "control/control.h"
#include "daemon/runtime.h"
#include "intent/objects.h"
#include "intent/world.h"
#include "ipvs/table.h"
#include "kernel/kernel.h"
#include "service/census.h"
#include "service/flows.h"

#include <systemd/sd-event.h>

/* Connections of one family that a reload has taken the line away from. */
struct ended {
	enum family_index f;
	uint32_t mark, mask;
};

/* A real server whose connections are to be ended, by index. */
struct dead {
	size_t service, server;
};

/* When the connections that a draining server still has are ended. */
struct deadline {
	char service[CONFIG_DYNAMIC_NAME_MAX + 1];
	char server[IP_TEXT_MAX + 8];
	uint64_t at_us; /* monotonic */
};

struct checks;
struct associations;

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
	struct ipvs_table ipvs;
	struct {
		size_t written, appended; /* bytes, by this daemon; see ipvs_keep.c */
	} kept;
	struct checks *checks;
	struct census *census;
	struct associations *associations;
	bool recheck; /* what is checked, or over which line, may have changed */
	ARRAY(struct dead) dead;
	ARRAY(struct flow) bereaved; /* deleted connections whose clients are told again */
	uint64_t again_us;
	ARRAY(struct deadline) deadlines;

	unsigned dirty;        /* enum kernel_part: to be read again */
	bool settled;          /* the first arrangement is in */
	enum flow_watch watch; /* the events of connections that come in */
	bool recount;          /* connections are to be counted afresh */
	bool miscounted;       /* the same, when there is time: events were lost */
	/* Whose connections were not cleared away yet, as no line may carry others: */
	ARRAY(struct ended) ended;
	ARRAY(struct ip_address) lost;
	uint64_t failures; /* hash of the steps that failed last, to report each once */
	unsigned parts;    /* changes of one service since the last reading of everything */
	uint64_t counted_us, census_us, ring_us;
	sd_event_source *soon;  /* deferred: after all pending events */
	sd_event_source *storm; /* a bound on that */
	sd_event_source *later; /* retries, recounts and what was put off */
	sd_event_source *census_due;
	sd_event_source *rings; /* of services that go by load */
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
/* Some policy spreads over lines by how many connections they have. */
bool lines_go_by_load(const struct config *config);
bool recount_is_due(struct daemon *d);
/* Counts every connection afresh; at the start also finds those of addresses that went unseen. */
int recount(struct daemon *d);
/* Connections rewritten to this address are to be ended, unless it is ours. 0 or -ENOMEM. */
int note_address(struct daemon *d, const struct ip_address *address);
/* Ends connections that cannot go on, where another line may carry them. */
void clear_flows(struct daemon *d, const struct before *before);
/* Connections that began without our rules join the line whose address they use. */
void adopt_flows(struct daemon *d);

/* touched.c */

/* Services have been touched (world.touched): they are caught up with in a moment, or now. */
void touched_soon(struct daemon *d);
/* 0, or the first thing that the kernel refused. */
int touched_now(struct daemon *d);

/* census.c */

/* Connections that pass by conntrack are counted by a timer, as far as the configuration wants. */
int census_timer(struct daemon *d);
void census_plan(struct daemon *d);
/* ... and at once. */
void census_now(struct daemon *d);

/* associations.c: of IPsec services */

/* 0 or a negative errno; d->associations is to be freed either way. */
int associations_new(struct daemon *d);
void associations_free(struct associations *associations);
/* Looks after them from time to time, if the configuration has such services. */
void associations_use(struct daemon *d);

/* direct.c: the connections of the dead that conntrack does not know; their clients are bereaved.
 */

void end_direct(struct daemon *d);
/* A connection by its key in such a map; false: another key. The caller says the rest. */
bool read_direct(const uint8_t *key, size_t size, struct flow *ret);

/* checks.c */

int checks_new(sd_event *event, struct checks **ret);
void checks_free(struct checks *checks);
/* Starts the checks that the configuration wants, and ends others. Failures are logged. */
void checks_use(struct daemon *d);
/* Notes which servers are down, for the daemon after us. 0 or -ENOMEM. */
int checks_remember(struct daemon *d);

/* servers.c */

enum service_change {
	SERVICE_SAME,
	SERVICE_TURNED, /* other picks in slots that exist */
	SERVICE_CHANGED /* anything else */
};

/*
 * Judges the servers of a service, tells of changes, and brings its rings up to the counts. Returns
 * enum service_change, or -ENOMEM.
 */
int judge_service(struct daemon *d, size_t service, uint64_t now_us);
/* The same for all; 0 or -ENOMEM. */
int judge_services(struct daemon *d);
/* A draining server's connections end then; or not, because it takes new ones again. */
int set_deadline(struct daemon *d, const char *service, const char *server, uint64_t after_ms);
void drop_deadline(struct daemon *d, const char *service, const char *server);
/* After the arrangement: ends the connections of servers that went, and tells their clients. */
void bury(struct daemon *d);

/* ipvs.c */

/* What was kept of the services made by ipvs; damage is logged. 0 or -ENOMEM. */
int ipvs_load(struct daemon *d);
/* config_load() of the file with the services made by ipvs. */
int load_config(struct daemon *d, struct config **ret, char **ret_errors);
/* Services made by ipvs that the file does not go with now are no reason not to start: logged. */
int load_config_at_start(struct daemon *d, struct config **ret, char **ret_errors);
/* See struct control_requests. */
int request_ipvs(void *userdata, char *const *const *lines, size_t n, bool reading,
		 char **ret_text);

/* ipvs_list.c: what a command shows. 0, or a negative errno and maybe why. */
int ipvs_show(struct daemon *d, const struct ipvs_command *command, FILE *out,
	      struct ipvs_refusal *refusal);

/* ipvs_keep.c: the table as a file. 0 or a negative errno. */
int ipvs_keep(struct daemon *d);
/* The same when this command is all that has changed since, which takes much less. */
int ipvs_keep_change(struct daemon *d, const struct ipvs_command *command);

/* traffic.c */

/* A connection that exists, between traffic_begin() and traffic_end(). */
void count_traffic(struct daemon *d, const struct flow *flow);
/* Brings the sums and rates of struct traffic up to date. 0 or a negative errno. */
int look_at_traffic(struct daemon *d);

/* configuration.c: takes a checked one over. On failure nothing has changed, and it is the
 * caller's. */
int use_config(struct daemon *d, struct config *config);

/* requests.c */
extern const struct control_requests daemon_requests;
