/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"
#include "control/control.h"
#include "control/hooks.h"
#include "daemon/runtime.h"
#include "intent/objects.h"
#include "intent/world.h"
#include "ipvs/table.h"
#include "kernel/kernel.h"
#include "service/census.h"
#include "service/flows.h"
#include "uplink/deprecation.h"

#include <systemd/sd-event.h>

enum {
	RETRY_US = 5 * 1000 * 1000 /* after something was refused */
};

/* Connections of one family that a reload has taken the line away from. */
struct ended {
	enum family_index f;
	uint32_t mark, mask;
};

/* One that the box had. */
struct lost_address {
	struct ip_address address;
	int link; /* where, which may be gone; 0: nowhere */
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

/* Connections of a metered line are looked for that could have a better one. */
struct sweep {
	enum family_index f;
	unsigned metered;                  /* number of the line */
	uint32_t labels[FLOW_LABEL_WORDS]; /* of those lines: they are as good again */
	bool again;                        /* some were found, or nobody has looked twice */
	uint64_t at_us;                    /* monotonic: when to look next */
};

struct telling;
struct checks;
struct monitors;
struct ppp;
struct redials;
struct associations;
struct dns;
struct usage;

/* The daemon's own state, shared by the files of this folder and nobody else. */
struct daemon {
	const char *config_path;
	int claim; /* to the network namespace, see claim.h */
	sd_event *event;
	struct kernel *kernel;
	struct control *control;
	struct hooks *hooks;
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
	struct monitors *monitors;
	struct ppp *ppp;
	struct redials *redials;
	struct census *census;
	struct associations *associations;
	struct usage *usage;
	sd_event_source *schedule; /* when some line begins or ends to rest; NULL: not yet */
	sd_event_source *clock;    /* the time on the wall is another one */
	bool recheck;              /* what is checked, or over which line, may have changed */
	ARRAY(struct dead) dead;
	struct telling *telling;
	ARRAY(struct deadline) deadlines;

	unsigned dirty; /* enum kernel_part: to be read again */
	struct {
		unsigned parts;  /* could not be read, and are not tried again ... */
		uint64_t due_us; /* ... before this, monotonic */
		int error;       /* why; 0: all could be */
		bool nft;        /* it was read some time, so that what was found is known */
	} unread;
	bool arranging; /* what happens is told when the kernel is arranged */
	ARRAY(struct event) untold;
	bool settled;          /* the first arrangement is in */
	enum flow_watch watch; /* the events of connections that come in */
	bool recount;          /* connections are to be counted afresh */
	bool miscounted;       /* the same, when there is time: events were lost */
	/* Whose connections were not cleared away yet, as no line may carry others: */
	ARRAY(struct ended) ended;
	ARRAY(struct lost_address) lost;
	/* Whose connections are cleared away once more: some began while the rules changed. */
	ARRAY(struct ended) late;
	uint64_t late_us;
	ARRAY(struct sweep) sweeps;
	ARRAY(struct ip_prefix) lost_prefixes;
	struct deprecation deprecation;
	struct dns *dns;
	uint64_t failures; /* hash of the steps that failed last, to report each once */
	unsigned parts;    /* changes of one service since the last reading of everything */
	uint64_t counted_us, census_us, ring_us;
	uint64_t counting_us;   /* how long it took to count them */
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

/* events.c */

/* To the log, the bus and the hooks; takes over what is in the event. */
void daemon_tell(struct daemon *d, struct event *event);
/* The kernel is arranged: what waited for it is told now, and what comes is told at once. */
void tell_untold(struct daemon *d);
/* An event of a line, with all that there is to know of it. */
void tell_line(struct daemon *d, enum event_type type, const struct line *line, const char *format,
	       ...) _printf_(4, 5);
void tell_daemon(struct daemon *d, enum event_type type, const char *format, ...) _printf_(3, 4);
/* The state is another one, or its reason. */
void tell_state(struct daemon *d, struct line *line, const char *was);
/* What else of the lines has changed since it was told: see line.told. */
void tell_lines(struct daemon *d);

/* usage.c */

/* What earlier daemons kept in the state directory; damage is logged. 0 or -ENOMEM. */
int usage_new(struct daemon *d, const char *state_dir);
void usage_free(struct usage *usage);
/* Looks after the lines of a new configuration. Failures are logged and ignored. */
void usage_use(struct daemon *d);
/* After the lines were learned: looks at those whose interface came, went or lost its carrier. */
void usage_follow(struct daemon *d, const struct before *before);
/* Looks at all of them now: the time may be another one. */
void usage_look(struct daemon *d);
/* Once more, and keeps it. */
void usage_leave(struct daemon *d);

/* failback.c */

/* Hears of the clock being set. 0 or a negative errno. */
int failback_new(struct daemon *d);
/* After the lines were judged, before they are graded: who rests, and who is held back. */
void failback_follow(struct daemon *d, const struct before *before);
/* The operator's word; arrange() is to follow. -EALREADY when the line is not held back. */
int failback(struct daemon *d, size_t line);

/* arrange.c */

/* What should be, and the steps to it. 0 or a negative errno; both are to be done either way. */
int make_plan(struct daemon *d, struct objects *wanted, struct plan *plan);
/* Everything is to be read, also what could not be lately. */
void look_anew(struct daemon *d);
/* From what may have changed to a kernel arranged. 0, or the first thing that the kernel refused.
 */
int arrange(struct daemon *d);

/* resolver.c: the lines' DNS servers */

/* 0 or -ENOMEM; d->dns is to be freed either way. */
int resolver_new(struct daemon *d);
void resolver_free(struct dns *dns);
/* Tells whom the configuration says what is new; failures are logged and ignored. */
void resolver_use(struct daemon *d);

/* delegation.c */

/* See struct control_requests. */
int request_delegate(void *userdata, const char *uplink, char **prefixes, char **ret_message);
/* Ends the connections of prefixes that went; failures are logged and ignored. */
void clear_delegated(struct daemon *d);
/* Tells hosts inside which prefixes not to use, and which to use again. */
void look_inside(struct daemon *d);
void deprecate(struct daemon *d);

/* connections.c; failures are logged and ignored: connections then end by their own time-outs */

void on_flow(enum flow_event event, const struct flow *flow, void *userdata);
/* Some policy spreads over lines by how many connections they have. */
bool lines_go_by_load(const struct config *config);
bool recount_is_due(struct daemon *d);
/* Counts every connection afresh; at the start also finds those of addresses that went unseen. */
int recount(struct daemon *d);

/* moving.c; likewise */

/* Connections rewritten to this address are to be ended, unless it is ours; it was on that link, or
 * on none. 0 or -ENOMEM. */
int note_address(struct daemon *d, const struct ip_address *address, int link);
/* An address of this box, or one that the file gives to a line. */
bool is_ours(const struct daemon *d, const struct ip_address *address);
/* Ends connections that cannot go on, where another line may carry them, and tells their ends. */
void clear_flows(struct daemon *d, const struct before *before);
/* Connections that began without our rules join the line whose address they use. */
void adopt_flows(struct daemon *d);

/* sweeping.c: ends what a metered line need not carry any more. 0 or a negative errno. */
int sweep_metered(struct daemon *d);

/* telling.c: the ends of TCP connections that were deleted */

int telling_new(struct daemon *d, struct telling **ret);
void telling_free(struct telling *telling);
/* The client, by the line of that mark. 0 or a negative errno. */
int tell_client(struct daemon *d, const struct flow *flow, uint32_t mark);
/* What is asked of entries that may have to go, and the first failure. */
struct ending {
	struct daemon *d;
	int error;
};
/* Both ends, as far as they are not outside. */
void tell_ends(struct ending *ending, const struct flow *flow);

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

/* direct.c: the connections of the dead that conntrack does not know; their clients are told. */

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

/* monitors.c */

int monitors_new(sd_event *event, struct monitors **ret);
void monitors_free(struct monitors *monitors); /* takes NULL */
/*
 * The lines are known as they are now, and not yet judged: probes them as the configuration wants,
 * and brings their quality up to date. Failures are logged.
 */
void monitors_use(struct daemon *d);
/* Something else casts doubt on a line: asks at once. */
void monitors_suspect(struct daemon *d, const struct line *line);
/* Whether a connection is one of a line's probes, which are no load to be shared out. */
bool monitors_ask(const struct daemon *d, const struct flow *flow);
/* What is known of the target `i` of a line; false: it has none. The texts are valid until the next
 * monitors_use(). */
bool monitors_target(const struct daemon *d, const struct line *line, size_t i,
		     struct control_probe *ret);

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

/* ppp.c: what pppd tells */

/* Listens on RUNTIME_DIR/ppp, which must be claimed. 0 or a negative errno, logged; d->ppp is to be
 * freed either way. */
int ppp_new(struct daemon *d, const char *runtime_dir);
void ppp_free(struct ppp *ppp);
/* A hook's words; `details` are of the form KEY=VALUE, NULL at the end, or NULL. 0, -EINVAL or
 * -ENOMEM. */
int ppp_hook(struct daemon *d, const char *event, const char *interface, char *const *details);

/* sessions.c: what is known of PPP sessions */

/* Sets line->ppp; its link is known. */
void ppp_look(struct daemon *d, struct line *line);
/* Writes down which sessions are up, if that has changed. */
void ppp_keep(struct daemon *d);

/* redial.c */

/* 0 or a negative errno; d->redials is to be freed either way. */
int redials_new(struct daemon *d);
void redials_free(struct redials *redials);
/* The lines were judged: dials those again that need it. */
void redials_look(struct daemon *d);

/* configuration.c: takes a checked one over. On failure nothing has changed, and it is the
 * caller's. */
int use_config(struct daemon *d, struct config *config);

/* requests.c */
extern const struct control_requests daemon_requests;
