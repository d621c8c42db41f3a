/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/ip.h"
#include "probe/window.h"

#include <systemd/sd-event.h>

/*
 * Checks of whether something answers: a real server, or a host beyond a line. Any number of them
 * run at once on one event loop, without a thread and, scripts apart, without a process each.
 */
struct probes;
struct probe;

enum probe_kind {
	PROBE_TCP,    /* a connection can be made */
	PROBE_HTTP,   /* a page with the right status and text */
	PROBE_HTTPS,  /* the same over TLS */
	PROBE_DNS,    /* a question is answered */
	PROBE_SMTP,   /* greeting 220, then EHLO 250 */
	PROBE_ICMP,   /* echo; the port is not used */
	PROBE_UDP,    /* a datagram is answered */
	PROBE_SCRIPT, /* a program ends with 0 */
	PROBE_AGENT,  /* what the server says of itself (HAProxy's agent-check) */
	PROBE_ARP,    /* a neighbour on the device is there (IPv4); needs device and source */
	PROBE_ND,     /* the same of IPv6 */
	PROBE_KIND_MAX
};

/* A value; the strings are the caller's and outlive the probe. NULL and 0 mean the default. */
struct probe_spec {
	enum probe_kind kind;
	struct ip_address target;
	uint16_t port;            /* host byte order */
	const char *device;       /* send over this interface only (SO_BINDTODEVICE); NULL: any */
	uint32_t mark;            /* SO_MARK; 0: none */
	struct ip_address source; /* of the target's family; unset: as the kernel chooses */
	uint64_t interval_us;     /* from start to start */
	uint64_t timeout_us;      /* of one check, however many steps it has */
	uint32_t fail, pass;      /* answers in a row to go down, to go up; 0 is 1 */
	bool initial_up;          /* what holds until answers say otherwise */
	bool unsent_fails;        /* a check that cannot be sent counts as one that failed */

	const char *host;   /* http: Host header and name for TLS; smtp: name for EHLO */
	const char *path;   /* http: what is asked for, default "/" */
	const char *status; /* http: "200-299,404", default "200-399" */
	const char *body;   /* http: must occur in the first 64 KiB */
	const char *regex;  /* http: POSIX extended, must match there; up to a NUL byte */
	bool redirects;     /* http: follow them, never away from the target */
	bool verify;        /* https: the certificate must be valid, and be for `host` */

	const char *dns_name; /* dns: default the root */
	const char *dns_type; /* dns: "A", "SOA", "TYPE65", ...; default "A", for the root "NS" */
	uint8_t dns_rcode;    /* dns: what is wanted; 0, NOERROR, wants a record besides */
	bool dns_any;         /* dns: any answer, but for SERVFAIL: "I could not ask myself" */

	const char *payload; /* udp, agent: is sent, with the escapes of C */
	const char *expect;  /* udp: how the answer must begin, with escapes; NULL: any answer */

	const char *script; /* run as `script ADDRESS PORT`; the target may be unset */
};

struct probe_result {
	bool up;              /* the verdict */
	bool known;           /* false until the first answer that confirms or changes it */
	bool unsent;          /* the last check could not be sent */
	char reason[96];      /* of the last check: "http status 503"; "" before the first */
	int agent_weight;     /* percent of the configured weight, -1: not told */
	int agent_maxconn;    /* -1: not told */
	bool agent_drain;     /* no new clients */
	bool agent_maint;     /* out of service */
	uint64_t rtt_us;      /* from start to answer of the last good check */
	uint64_t runs;        /* checks that ended, in whatever way */
	uint64_t failures;    /* of those, the ones that failed or could not be sent */
	uint64_t answered_us; /* CLOCK_MONOTONIC of the last good check, 0: never */
};

int probes_new(sd_event *event, struct probes **ret);
/* Removes the probes that are left. Takes NULL. */
void probes_free(struct probes *probes);
DEFINE_CLEANUP(struct probes *, probes_free)

/*
 * The first check starts within one interval; those of many probes are spread over it. `changed` is
 * called when anything but the counters and times has changed, and may remove the probe; NULL:
 * nobody wants to know. -EINVAL: the spec makes no sense (probe_spec_error() says why), -ELIBACC:
 * no libcurl for a check over HTTP, -ENOMEM, or what sd-event says.
 */
int probe_add(struct probes *probes, const struct probe_spec *spec,
	      void (*changed)(struct probe *probe, const struct probe_result *result,
			      void *userdata),
	      void *userdata, struct probe **ret);

/* What became of a single check. Times are CLOCK_MONOTONIC. */
struct probe_answer {
	enum evidence evidence;
	char reason[96]; /* "echo reply", "no answer in 2s"; why it could not be sent: "network is
			    down" */
	uint64_t sent_us, ended_us;
};

/*
 * Starts one check now, whatever others of the same target are under way; the interval does not
 * matter. It ends with one call of `done`, from the event loop and not before this returns, when
 * the probe is already gone. Errors as of probe_add().
 */
int probe_once(struct probes *probes, const struct probe_spec *spec,
	       void (*done)(const struct probe_answer *answer, void *userdata), void *userdata,
	       struct probe **ret);

/* Ends what runs; `changed` or `done` is not called any more. Takes NULL. */
void probe_remove(struct probe *probe);
/* Lives as long as the probe, which is one of probe_add(). */
const struct probe_result *probe_result(const struct probe *probe);

/* What is wrong with a spec, in a few words (static storage); NULL when nothing is. */
const char *probe_spec_error(const struct probe_spec *spec);
/* A hash of all that it says, going on from `hash` (base/hash.h). */
uint64_t probe_spec_hash(uint64_t hash, const struct probe_spec *spec);
/* Gives it strings of the arena's instead of the caller's. 0 or -ENOMEM. */
int probe_spec_own(struct arena *arena, struct probe_spec *spec);
/* "tcp", "http", ... */
const char *probe_kind_name(enum probe_kind kind);
