/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/program.h"
#include "probe/probe.h"
#include "probe/window.h"

#include <sys/queue.h>

/* What the kinds of probes share, for the files of src/probe alone. */
struct web;

/* Of what is heard: an answer that lies there counts, though its time was up before it was read. */
enum {
	PROBE_PRIORITY = SD_EVENT_PRIORITY_NORMAL - 1
};

struct probes {
	sd_event *event;
	LIST_HEAD(probe_list, probe) list;
	uint32_t spread;          /* the share of an interval at which the last began */
	struct web *web;          /* NULL until there is a check over HTTP */
	struct programs programs; /* scripts, also those that were killed and have not ended yet */
};

struct probe {
	LIST_ENTRY(probe) entry;
	struct probes *probes;
	const struct probe_method *method;
	struct probe_spec spec;
	void (*changed)(struct probe *probe, const struct probe_result *result, void *userdata);
	void *userdata;
	void (*done)(const struct probe_answer *answer, void *userdata); /* of a single check */
	struct probe_answer answer;                                      /* its own */
	bool starting; /* probe_once() has not returned */
	struct window window;
	struct probe_result result;
	sd_event_source *timer; /* the next start; while running, the time limit */
	bool running;
	uint64_t due_us; /* when the present or next check was to start */
	uint64_t started_us;
	int fd; /* the socket of the running check, or -1 */
	sd_event_source *io;
	void (*ready)(struct probe *probe, uint32_t events);
	void (*connected)(struct probe *probe); /* see socket_dial() */
	void *state;                            /* the method's, zeroed, of its size */
};

/*
 * A kind of probe. A check begins with start() and ends with one call of probe_end(), which may
 * happen within start(), and after which the probe may be gone. The engine sees to the time limit.
 */
struct probe_method {
	const char *name;
	size_t state_size;
	bool no_port;
	bool forgiving; /* a check that fails is no evidence against the target */
	const char *(*error)(const struct probe_spec *spec); /* may be NULL, as all below start */
	int (*start)(struct probe *probe);                   /* negative errno: cannot be sent */
	int (*init)(struct probe *probe);                    /* 0 or negative errno */
	void (*stop)(struct probe *probe); /* ends a check, with or without its answer */
	void (*done)(struct probe *probe); /* undoes init(), also half of it */
};

extern const struct probe_method probe_tcp, probe_http, probe_https, probe_dns, probe_smtp,
	probe_icmp, probe_udp, probe_script, probe_agent, probe_arp, probe_nd;

/* How the reason of one that was not sent begins, where nothing else says so. */
#define PROBE_UNSENT "cannot be sent: "

/* The check has ended, for this reason. The probe may be gone afterwards. */
void probe_end(struct probe *probe, enum evidence evidence, const char *reason, ...) _printf_(3, 4);
/* The same; `result` is the probe's with what has changed, the reason above all. */
void probe_conclude(struct probe *probe, enum evidence evidence, struct probe_result result);
/* The same with the text of an error; ended in vain, or was never sent. */
void probe_end_error(struct probe *probe, int error);
void probe_end_unsent(struct probe *probe, int error);
